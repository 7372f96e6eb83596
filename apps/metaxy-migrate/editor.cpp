// The user's editor, as another process.

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "terminal.hpp"

extern char** environ;

namespace metaxy::migrate {

namespace {

bool is_in_path(std::string_view program, const ProcessEnvironment& environment) {
  const auto path = environment.find("PATH");
  if (path == environment.end()) {
    return false;
  }
  for (const std::string& folder : split(path->second, ':')) {
    if (!folder.empty() && access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

/// A command, perhaps with options of its own. EDITOR comes first, as in Alembic.
std::string editor_command(const ProcessEnvironment& environment) {
  for (const char* const name : {"EDITOR", "VISUAL"}) {
    const auto found = environment.find(name);
    if (found != environment.end() && !trimmed(found->second).empty()) {
      return found->second;
    }
  }
  for (const char* const program : {"sensible-editor", "editor", "nano", "vim", "vi"}) {
    if (is_in_path(program, environment)) {
      return program;
    }
  }
  throw Error(ErrorKind::failure, "there is no editor: none is installed, and EDITOR is not set",
              {.where = {}, .hint = "EDITOR=/path/to/editor metaxy-migrate edit ...", .notes = {}});
}

/// The wait status of `command file`, run by the shell so that the command may have options.
int run_shell(const std::string& command, const std::string& file) {
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string script = command + " \"$1\"";
  std::string name = "sh";
  std::string argument = file;
  const std::array<char*, 6> arguments = {shell.data(), flag.data(),     script.data(),
                                          name.data(),  argument.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawn(&child, shell.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (failed != 0) {
    throw Error(ErrorKind::failure, fmt::format("cannot start '{}': {}", command, std::strerror(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

void open_in_editor(const std::vector<std::string>& files, const ProcessEnvironment& environment) {
  const std::string command = editor_command(environment);
  for (const std::string& file : files) {
    const int status = run_shell(command, file);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      throw Error(ErrorKind::failure,
                  fmt::format("error executing editor '{}' on '{}': {}", command, file,
                              WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status))
                                                : std::string("it was killed")));
    }
  }
}

}  // namespace metaxy::migrate
