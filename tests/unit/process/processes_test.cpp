// Other programs as the machine runs them.

#include "process/processes.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/types.h>

#include "base/error.hpp"

namespace metaxy::migrate {

namespace {

using testing::HasSubstr;

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", script, "{fd}"};
  request.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};
  request.timeout = std::chrono::seconds(60);
  return request;
}

ProcessResult run(const ProcessRequest& request) { return RealProcesses().run(request); }

TEST(Processes, KeepTheResultApartFromWhatIsPrinted) {
  const ProcessResult result =
      run(shell("echo noise; printf '%s' \"$GREETING\" >&$0; echo more >&2; exit 3"));
  EXPECT_EQ(result.result, "hello");
  EXPECT_EQ(result.output, "noise\nmore\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(result.is_timed_out);
}

TEST(Processes, TakeAResultOfAnySize) {
  const ProcessResult result = run(shell("head -c 5000000 /dev/zero >&$0"));
  EXPECT_EQ(result.result.size(), 5000000U);
}

TEST(Processes, KeepOnlyTheEndOfEndlessOutput) {
  const ProcessResult result = run(shell("head -c 9000000 /dev/zero; echo end"));
  EXPECT_LE(result.output.size(), std::size_t{1} << 20U);
  EXPECT_TRUE(result.output.ends_with("end\n"));
}

TEST(Processes, HaveNothingToRead) { EXPECT_EQ(run(shell("cat >&$0; echo read")).output, "read\n"); }

TEST(Processes, EndWithTheirTimeAndTakeAlongWhatTheyStarted) {
  ProcessRequest request = shell("trap '' TERM; sleep 300 & printf '%s' $! >&$0; wait");
  request.timeout = std::chrono::milliseconds(300);
  const ProcessResult result = run(request);
  EXPECT_TRUE(result.is_timed_out);
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
  const pid_t started = std::stoi(result.result);
  // The kernel may take a moment to reap it.
  for (int i = 0; i < 1000 && kill(started, 0) == 0; ++i) {
    run(shell("sleep 0.01"));
  }
  EXPECT_NE(kill(started, 0), 0);
}

TEST(Processes, DoNotWaitForWhatTheyLeaveBehind) {
  const ProcessResult result = run(shell("sleep 300 & echo done"));
  EXPECT_EQ(result.output, "done\n");
}

TEST(Processes, AreFoundInThePathThatIsGiven) {
  const RealProcesses processes;
  EXPECT_THAT(processes.find("sh", {{"PATH", "/nowhere:/usr/bin:/bin"}}), testing::EndsWith("bin/sh"));
  EXPECT_EQ(processes.find("sh", {{"PATH", "/nowhere"}}), "");
  EXPECT_EQ(processes.find("sh", {}), "");
  EXPECT_EQ(processes.find("/bin/sh", {}), "/bin/sh");
  EXPECT_EQ(processes.find("/etc/passwd", {}), "");
  EXPECT_EQ(processes.find("/etc", {}), "");
}

TEST(Processes, ThatAreNotThereAreAnError) {
  ProcessRequest request = shell("");
  request.program = "no-such-program";
  try {
    run(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot start 'no-such-program'"));
  }
}

TEST(Processes, EndWhenAPersonInterrupts) {
  ProcessRequest request = shell("sleep 300");
  request.waiting = [](std::chrono::milliseconds) { raise(SIGINT); };
  try {
    run(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
}

}  // namespace

}  // namespace metaxy::migrate
