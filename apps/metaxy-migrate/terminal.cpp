#include "terminal.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "base/error.hpp"
#include "base/text.hpp"

extern char** environ;

namespace metaxy::migrate {

namespace {

bool is_set(const ProcessEnvironment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found != environment.end() && !found->second.empty();
}

void write_all(int file_descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file_descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      throw Error(ErrorKind::failure, std::string("cannot write the output: ") + std::strerror(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Meanwhile a pipe that nobody reads any more is an error of write(), not the end of the process.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec now{};
    if (!was_pending_) {
      sigtimedwait(&pipe_, nullptr, &now);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace

bool uses_color(ColorMode mode, int file_descriptor, const ProcessEnvironment& environment) {
  if (mode != ColorMode::automatic) {
    return mode == ColorMode::always;
  }
  if (is_set(environment, "NO_COLOR")) {
    return false;
  }
  const auto force = environment.find("CLICOLOR_FORCE");
  if (force != environment.end() && !force->second.empty() && force->second != "0") {
    return true;
  }
  const auto terminal = environment.find("TERM");
  const bool is_dumb = terminal == environment.end() || terminal->second == "dumb";
  return !is_dumb && is_terminal(file_descriptor);
}

bool shows_unicode(int file_descriptor, const ProcessEnvironment& environment) {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (is_set(environment, name)) {
      const std::string locale = lower(environment.at(name));
      const bool is_utf8 =
          locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
      return is_utf8 && is_terminal(file_descriptor);
    }
  }
  return false;
}

bool is_terminal(int file_descriptor) { return isatty(file_descriptor) == 1; }

ProcessEnvironment process_environment() {
  ProcessEnvironment variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t sign = text.find('=');
    if (sign != std::string_view::npos) {
      variables.emplace(text.substr(0, sign), text.substr(sign + 1));
    }
  }
  return variables;
}

std::string user_name(const ProcessEnvironment& environment) {
  for (const char* name : {"USER", "LOGNAME"}) {
    if (is_set(environment, name)) {
      return environment.at(name);
    }
  }
  const passwd* entry = getpwuid(geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(geteuid());
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

void write_output(std::string_view text) { write_all(STDOUT_FILENO, text); }

void write_message(std::string_view text) {
  const NoBrokenPipe kept;
  try {
    write_all(STDERR_FILENO, text);
  } catch (const Error&) {
    // Whom could it be told? What is said stops nothing that is done.
    return;
  }
}

bool TerminalPrompter::can_ask() const {
  return may_ask_ && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

std::string TerminalPrompter::ask(const std::string& question) {
  write_message(question);
  std::string line;
  if (!std::getline(std::cin, line)) {
    throw Error(ErrorKind::usage, "no answer was given; nothing was done");
  }
  return std::string(trimmed(line));
}

}  // namespace metaxy::migrate
