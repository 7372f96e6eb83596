#include "dialect/sqlite/lock_holder.hpp"

#include <gtest/gtest.h>

namespace metaxy::migrate::sqlite {
namespace {

constexpr int kOwnPid = 7;

TEST(SqliteLockHolder, TheWriterOfTheFileIsNamed) {
  const std::string locks =
      "1: POSIX  ADVISORY  READ 31 08:01:500 1073741826 1073742335\n"
      "2: POSIX  ADVISORY  WRITE 42 08:01:500 1073741825 1073741825\n"
      "3: POSIX  ADVISORY  WRITE 43 08:01:501 0 EOF\n";
  EXPECT_EQ(lock_holder_pid(locks, 500, 0, kOwnPid), 42);
}

TEST(SqliteLockHolder, InWalModeTheWriterLocksTheSharedFile) {
  const std::string locks =
      "1: POSIX  ADVISORY  READ 31 08:01:500 1073741826 1073742335\n"
      "2: POSIX  ADVISORY  READ 31 08:01:502 123 123\n"
      "3: POSIX  ADVISORY  WRITE 44 08:01:502 120 120\n";
  EXPECT_EQ(lock_holder_pid(locks, 500, 502, kOwnPid), 44);
}

TEST(SqliteLockHolder, AReaderIsNamedWhenNobodyWrites) {
  EXPECT_EQ(lock_holder_pid("1: POSIX  ADVISORY  READ 31 08:01:500 1073741826 1073742335\n", 500, 0, kOwnPid),
            31);
}

TEST(SqliteLockHolder, WhoReadsIsNoWriter) {
  const std::string locks =
      "1: POSIX  ADVISORY  READ 31 08:01:500 1073741826 1073742335\n"
      "2: POSIX  ADVISORY  WRITE 32 08:01:502 123 123\n";
  EXPECT_EQ(lock_holder_pid(locks, 500, 502, kOwnPid, Holders::writers), 0);
  EXPECT_EQ(lock_holder_pid(locks + "3: POSIX  ADVISORY  WRITE 44 08:01:502 120 120\n", 500, 502, kOwnPid,
                            Holders::writers),
            44);
}

TEST(SqliteLockHolder, OwnLocksWaitersAndOtherKindsAreNobody) {
  const std::string locks =
      "1: POSIX  ADVISORY  WRITE 7 08:01:500 1073741825 1073741825\n"
      "1: -> POSIX  ADVISORY  WRITE 45 08:01:500 1073741825 1073741825\n"
      "2: FLOCK  ADVISORY  WRITE 46 08:01:500 0 EOF\n"
      "3: OFDLCK ADVISORY  WRITE -1 08:01:500 0 EOF\n"
      "nonsense\n\n";
  EXPECT_EQ(lock_holder_pid(locks, 500, 0, kOwnPid), 0);
}

TEST(SqliteLockHolder, AFileWithoutLocksIsHeldByAnotherConnection) {
  EXPECT_EQ(lock_holder("/nonexistent/database"), "another connection");
}

}  // namespace
}  // namespace metaxy::migrate::sqlite
