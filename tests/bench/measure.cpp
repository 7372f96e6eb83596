// Runs a command and prints what it cost: wall, user and system seconds (of its children too), peak resident
// KiB, exit code.
//
//   measure ERRORS COMMAND [ARGUMENT...]      its standard error goes to the file ERRORS, its output nowhere
//
// The kernel counts into a process's peak what was resident before its exec, which is this program. So it is
// linked statically and allocates nothing; started by Python, every command would seem to need Python's 10
// MiB.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

namespace {

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const double start = now();
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[2], &actions, nullptr, arguments + 2, environ) != 0) return 127;
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  std::printf("%.6f %.6f %.6f %ld %d\n", now() - start, seconds(usage.ru_utime), seconds(usage.ru_stime),
              usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
