#include "process/processes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

using Time = std::chrono::steady_clock;

/// More of what a program prints is not kept.
constexpr std::size_t kOutputLimit = std::size_t{1} << 20U;
/// How long a program has to end after SIGTERM.
constexpr std::chrono::milliseconds kGrace{2000};
/// The result's descriptor in the child.
constexpr int kResultFd = 3;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }

  int number() const { return number_; }
  void reset() {
    if (number_ >= 0) {
      close(std::exchange(number_, -1));
    }
  }

 private:
  int number_ = -1;
};

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ErrorKind::failure, fmt::format("{}: {}", what, std::strerror(error)));
}

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

/// Both ends above the numbers that the child's descriptors get.
Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail("cannot make a pipe", errno);
  }
  const Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  constexpr int kAbove = 10;
  Pipe pipe{Descriptor(fcntl(reading.number(), F_DUPFD_CLOEXEC, kAbove)),
            Descriptor(fcntl(writing.number(), F_DUPFD_CLOEXEC, kAbove))};
  if (pipe.reading.number() < 0 || pipe.writing.number() < 0) {
    fail("cannot make a pipe", errno);
  }
  fcntl(pipe.reading.number(), F_SETFL, O_NONBLOCK);
  return pipe;
}

/// SIGINT and SIGTERM arrive on a descriptor while it lives.
class StopSignals {
 public:
  StopSignals() {
    const sigset_t set = stop_signals();
    arriving_ = Descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  int descriptor() const { return arriving_.number(); }
  const sigset_t& previous() const { return blocked_.previous(); }
  /// The signal that came; 0: none.
  int taken() const {
    signalfd_siginfo info{};
    return read(arriving_.number(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  StopSignalsBlocked blocked_;
  Descriptor arriving_;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

/// Starts the program in a process group of its own, so that it can be ended with all that it started.
pid_t start(const ProcessRequest& request, const std::string& path, const Pipe& output, const Pipe& result,
            const sigset_t& signals) {
  std::vector<std::string> arguments{request.program};
  for (const std::string& argument : request.arguments) {
    arguments.push_back(argument == "{fd}" ? std::to_string(kResultFd) : argument);
  }
  std::vector<std::string> variables;
  for (const auto& [name, value] : request.environment) {
    variables.push_back(fmt::format("{}={}", name, value));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.writing.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.writing.number(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, result.writing.number(), kResultFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &signals);
  pid_t child = 0;
  const int error = posix_spawn(&child, path.c_str(), &actions, &attributes, pointers(arguments).data(),
                                pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    fail(fmt::format("cannot start '{}'", path), error);
  }
  return child;
}

/// One run: reads both pipes until the program has ended, whoever else may still hold their other ends.
class Run {
 public:
  Run(const ProcessRequest& request, const std::string& path) : request_(request), began_(Time::now()) {
    Pipe output = make_pipe();
    Pipe result = make_pipe();
    child_ = start(request, path, output, result, signals_.previous());
    ended_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, child_, 0)));
    output_ = std::move(output.reading);
    result_ = std::move(result.reading);
  }

  ProcessResult to_end() {
    while (!has_ended()) {
      wait_for_news();
      if (const int signal = signals_.taken(); signal != 0) {
        end();
        throw Error(signal == SIGINT ? ErrorKind::interrupted : ErrorKind::terminated,
                    signal == SIGINT ? "interrupted" : "terminated");
      }
      read_pipes();
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Time::now() - began_);
      if (request_.timeout.count() > 0 && elapsed > request_.timeout) {
        end();
        outcome_.is_timed_out = true;
      }
      if (request_.waiting) {
        request_.waiting(elapsed);
      }
    }
    read_pipes();
    return std::move(outcome_);
  }

 private:
  void wait_for_news() {
    constexpr int kSecond = 1000;
    constexpr int kLook = 20;
    std::array<pollfd, 4> waits{pollfd{.fd = output_.number(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = result_.number(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = signals_.descriptor(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = ended_.number(), .events = POLLIN, .revents = 0}};
    poll(waits.data(), waits.size(), ended_.number() < 0 ? kLook : kSecond);
  }

  bool has_ended() {
    if (has_ended_) {
      return true;
    }
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
      return false;
    }
    // What it started and left behind must not go on. The group's number is ours until the child is reaped.
    kill(-child_, SIGKILL);
    int status = 0;
    waitpid(child_, &status, 0);
    has_ended_ = true;
    outcome_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  }

  void end() {
    kill(-child_, SIGTERM);
    const Time::time_point limit = Time::now() + kGrace;
    while (!has_ended() && Time::now() < limit) {
      read_pipes();
      constexpr int kLook = 20;
      poll(nullptr, 0, kLook);
    }
    if (!has_ended_) {
      kill(-child_, SIGKILL);
    }
    while (!has_ended()) {
      constexpr int kLook = 5;
      poll(nullptr, 0, kLook);
    }
  }

  void read_pipes() {
    read_into(output_, outcome_.output);
    if (outcome_.output.size() > kOutputLimit) {
      outcome_.output.erase(0, outcome_.output.size() - kOutputLimit);
    }
    read_into(result_, outcome_.result);
  }

  static void read_into(Descriptor& pipe, std::string& text) {
    std::array<char, 65536> buffer{};
    while (pipe.number() >= 0) {
      const ssize_t size = read(pipe.number(), buffer.data(), buffer.size());
      if (size > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
      } else if (size == 0) {
        pipe.reset();
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  const ProcessRequest& request_;
  Time::time_point began_;
  StopSignals signals_;
  pid_t child_ = 0;
  Descriptor output_;
  Descriptor result_;
  /// Readable once the child has ended; -1 where the kernel has no such thing.
  Descriptor ended_;
  bool has_ended_ = false;
  ProcessResult outcome_;
};

bool can_run(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string RealProcesses::find(const std::string& program,
                                const std::map<std::string, std::string>& environment) const {
  if (program.find('/') != std::string::npos) {
    return can_run(program) ? program : std::string();
  }
  const auto path = environment.find("PATH");
  if (path == environment.end()) {
    return {};
  }
  for (const std::string& folder : split(path->second, ':')) {
    std::string candidate = fmt::format("{}/{}", folder.empty() ? "." : folder, program);
    if (can_run(candidate)) {
      return candidate;
    }
  }
  return {};
}

ProcessResult RealProcesses::run(const ProcessRequest& request) {
  const std::string path = find(request.program, request.environment);
  if (path.empty()) {
    throw Error(ErrorKind::failure,
                fmt::format("cannot start '{}': there is no such program", request.program));
  }
  return Run(request, path).to_end();
}

}  // namespace metaxy::migrate
