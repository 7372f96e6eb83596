#include "unit/duckdb/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "dialect/duckdb/connection.hpp"

namespace metaxy::migrate::testing {

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "duckdb_test.XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  root_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::unique_ptr<Connection> in_memory() { return opened(":memory:"); }

std::unique_ptr<Connection> opened(const std::string& path) {
  ConnectOptions options;
  options.access = Access::read_write;
  options.may_create = true;
  options.lock_wait = std::chrono::milliseconds(0);
  return opened(path, options);
}

std::unique_ptr<Connection> opened(const std::string& path, const ConnectOptions& options) {
  Target target;
  target.location = Secret(path);
  return duckdb::connect(target, options);
}

void run_all(Connection& connection, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) connection.execute(statement);
}

Failure failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return {error.kind(), describe(error)};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

std::vector<std::string> rows(Connection& connection, std::string_view sql) {
  std::vector<std::string> lines;
  for (const Row& row : connection.query(sql)) {
    std::string line;
    for (const Cell& cell : row) line += (&cell == &row.front() ? "" : "|") + cell.value_or("NULL");
    lines.push_back(line);
  }
  return lines;
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

Child::Child(const std::vector<std::string>& arguments,
             const std::map<std::string, std::string>& environment) {
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe(in.data()) != 0 || pipe(out.data()) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  for (const int descriptor : {in[0], in[1], out[0], out[1]}) {
    posix_spawn_file_actions_addclose(&actions, descriptor);
  }
  std::vector<std::string> words = {MM_DUCKDB_CHILD};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  const int failed = posix_spawn(&pid_, MM_DUCKDB_CHILD, &actions, nullptr, argv.data(), environ);
  for (const auto& [name, value] : environment) unsetenv(name.c_str());
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
  if (failed != 0) throw std::runtime_error("duckdb_child does not start");
}

Child::~Child() {
  kill();
  if (input_ >= 0) close(input_);
  close(output_);
}

void Child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string Child::line() const {
  std::string text;
  char c = 0;
  while (read(output_, &c, 1) == 1 && c != '\n') text += c;
  return text;
}

std::string Child::finish() {
  close(input_);
  input_ = -1;
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t length = 0;
  while ((length = read(output_, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return text;
}

std::string run_child(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment) {
  Child child(arguments, environment);
  return child.finish();
}

}  // namespace metaxy::migrate::testing
