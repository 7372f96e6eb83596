#include "dialect/duckdb/file_tools.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"

namespace metaxy::migrate::duckdb {
namespace {

std::string all_of(const Descriptor& input) {
  std::string text;
  std::array<char, 1024> piece{};
  while (true) {
    const ssize_t length = read(input.number(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
}

}  // namespace

Error failed(const std::string& message, std::vector<std::string> notes, std::string hint) {
  return {ErrorKind::failure, message, {.where = {}, .hint = std::move(hint), .notes = std::move(notes)}};
}

void Descriptor::reset() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

void copy_in_child(const std::string& from, const std::string& to) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw failed(fmt::format("no pipe: {}", std::strerror(errno)));
  const Descriptor errors(ends[0]);
  Descriptor written(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, written.number(), STDERR_FILENO);
  std::array<std::string, 4> words = {"cp", "--", from, to};
  std::array<char*, 5> arguments = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                                    nullptr};
  std::array<char*, 1> no_environment = {nullptr};
  pid_t child = 0;
  const int not_started =
      posix_spawnp(&child, "cp", &actions, nullptr, arguments.data(), no_environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (not_started != 0) throw failed(fmt::format("'cp' cannot be started: {}", std::strerror(not_started)));
  written.reset();
  const std::string words_of_child = all_of(errors);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw failed(fmt::format("'{}' cannot be copied to '{}'", from, to), {std::string(trimmed(words_of_child))},
               "free some space, or run with --backup=never");
}

void sync(const std::string& path, int flags) {
  const Descriptor file(open(path.c_str(), flags | O_CLOEXEC));
  if (file.number() < 0 || fsync(file.number()) != 0) {
    throw failed(fmt::format("'{}' cannot be synced to disk: {}", path, std::strerror(errno)));
  }
}

void copy_mode(const std::string& from, const std::string& to) {
  struct stat original {};
  if (stat(from.c_str(), &original) != 0 || chmod(to.c_str(), original.st_mode & 07777) != 0) {
    throw failed(fmt::format("the mode of '{}' cannot be set: {}", to, std::strerror(errno)));
  }
}

PartialFile::PartialFile(std::string final_path) : final_(std::move(final_path)), path_(final_ + ".part") {}

PartialFile::~PartialFile() {
  if (!is_kept_) unlink(path_.c_str());
}

void PartialFile::keep() {
  if (rename(path_.c_str(), final_.c_str()) != 0) {
    throw failed(fmt::format("'{}' cannot be renamed to '{}': {}", path_, final_, std::strerror(errno)));
  }
  is_kept_ = true;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace metaxy::migrate::duckdb
