// Graphviz, as another process.

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "terminal.hpp"

extern char** environ;

namespace metaxy::migrate {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

/// A file without a name, to be read from its beginning.
TemporaryFile file_with(std::string_view text) {
  TemporaryFile file(std::tmpfile());
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0 || std::fseek(file.get(), 0, SEEK_SET) != 0) {
    throw Error(ErrorKind::failure, fmt::format("cannot write a temporary file: {}", std::strerror(errno)));
  }
  return file;
}

[[noreturn]] void refuse_without_graphviz() {
  throw Error(ErrorKind::failure, "drawing an SVG needs Graphviz, and its program 'dot' is not installed",
              {.where = {},
               .hint = "install the package 'graphviz', or use --format dot or --format mermaid, which other "
                       "programs draw",
               .notes = {}});
}

}  // namespace

void write_svg(std::string_view dot) {
  const TemporaryFile input = file_with(dot);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input.get()), STDIN_FILENO);
  std::string program = "dot";
  std::string form = "-Tsvg";
  const std::array<char*, 3> arguments = {program.data(), form.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT) {
    refuse_without_graphviz();
  }
  if (failed != 0) {
    throw Error(ErrorKind::failure, fmt::format("cannot start '{}': {}", program, std::strerror(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorKind::failure, "Graphviz failed; what it says is above");
  }
}

}  // namespace metaxy::migrate
