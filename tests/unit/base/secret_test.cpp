#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace metaxy::migrate {
namespace {

struct Masking {
  const char* what;
  const char* url;
  const char* masked_url;
};

const Masking kUrls[] = {
    {"plain", "postgresql://ann:hunter2@db:5432/metaxy", "postgresql://ann:***@db:5432/metaxy"},
    {"percent-encoded", "postgresql://ann:p%40ss@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"at sign", "postgresql://ann:hun@ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"colon", "postgresql://ann:hun:ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"slash", "postgresql://ann:hun/ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"slash and at sign", "postgresql://ann:h@un/ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"digits and slash", "postgresql://ann:12/34@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"hash", "postgresql://ann:hun#ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"question mark", "postgresql://ann:hun?ter2@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"question mark and equals sign", "postgresql://ann:hun?t=er2@db/metaxy",
     "postgresql://ann:***@db/metaxy"},
    {"no user", "postgresql://:hunter2@db/metaxy", "postgresql://:***@db/metaxy"},
    {"empty", "postgresql://ann:@db/metaxy", "postgresql://ann:***@db/metaxy"},
    {"IPv6 host", "postgresql://ann:hunter2@[::1]:5432/metaxy", "postgresql://ann:***@[::1]:5432/metaxy"},
    {"forgotten host", "postgresql://ann:hunter2/metaxy", "postgresql://ann:***/metaxy"},
    {"driver in the scheme", "postgresql+psycopg://ann:hunter2@db/m", "postgresql+psycopg://ann:***@db/m"},
    {"query parameter", "postgresql://db/m?user=ann&password=hun;t er2&sslmode=require",
     "postgresql://db/m?user=ann&password=***&sslmode=require"},
    {"both places", "postgresql://ann:a@db/m?sslpassword=b", "postgresql://ann:***@db/m?sslpassword=***"},
    {"at sign in the query", "postgresql://db:5432/m?user=ann@corp&password=x@y",
     "postgresql://db:5432/m?user=ann@corp&password=***"},
    {"MotherDuck token", "md:clips?motherduck_token=eyJhbGciOi.J9&x=1", "md:clips?motherduck_token=***&x=1"},
    {"S3 keys", "s3://bucket/x?secret_access_key=abc&region=eu",
     "s3://bucket/x?secret_access_key=***&region=eu"},
    {"libpq words", "host=db user=ann password=hun;t&er2 dbname=m", "host=db user=ann password=*** dbname=m"},
    {"libpq quotes", "password='hun ter2' host=db", "password=*** host=db"},
    {"empty in quotes", "password='' host=db", "password=*** host=db"},
    {"doubled quotes", "password=''hunter2'' host=db", "password=*** host=db"},
    {"doubled quote", "password='hun''ter2' host=db", "password=*** host=db"},
    {"libpq escaped quote", "password='hun\\'t er2' host=db", "password=*** host=db"},
    {"libpq escaped blank", "password=hun\\ ter2 host=db", "password=*** host=db"},
    {"libpq blanks around the sign", "password = hunter2 host = db", "password = *** host = db"},
    {"libpq in DuckLake", "ducklake:postgres:dbname=m password=hunter2",
     "ducklake:postgres:dbname=m password=***"},
    {"upper case", "PGPASSWORD=hunter2", "PGPASSWORD=***"},
    {"equals sign", "password=hun=ter2", "password=***"},
    {"twice", "password=a password=b", "password=*** password=***"},
    {"nothing behind", "password=", "password=***"},
};

TEST(Masked, HidesEveryPassword) {
  for (const Masking& one : kUrls) {
    EXPECT_EQ(masked(one.url), one.masked_url) << one.what;
  }
}

TEST(Masked, LeavesOtherTextAlone) {
  for (const char* url : {"", "clips.duckdb", ":memory:", "sqlite:////srv/data/a@b.db", "sqlite:///C:/x/a.db",
                          "postgresql://ann@db:5432/metaxy", "postgresql://db:5432/metaxy?sslmode=require",
                          "postgresql://[::1]:5432/metaxy", "host=db port=5432", "=x", "://", "a://b:"}) {
    EXPECT_EQ(masked(url), url);
  }
}

TEST(Masked, ANewMaskIsNotMaskedAgain) {
  for (const Masking& one : kUrls) {
    EXPECT_EQ(masked(one.masked_url), one.masked_url) << one.what;
  }
}

TEST(Redacted, ReplacesEverySecretEverywhere) {
  EXPECT_EQ(redacted("login 'ann' with pw1: pw1 refused, pw2 too", {Secret("pw1"), Secret(), Secret("pw2")}),
            "login 'ann' with ***: *** refused, *** too");
}

TEST(Redacted, ASecretThatBeginsLikeAnotherLeavesNoRest) {
  EXPECT_EQ(redacted("got hunter22", {Secret("hunter"), Secret("hunter22")}), "got ***");
}

TEST(Secret, IsNeitherStreamedNorConvertedToText) {
  EXPECT_FALSE((std::is_convertible_v<Secret, std::string>));
  EXPECT_FALSE((std::is_convertible_v<std::string, Secret>));
}

TEST(Secret, NamesOfKeysTellWhetherTheyHoldOne) {
  for (const char* key : {"password", "PGPASSWORD", "motherduck_token", "s3_secret_access_key", "credentials",
                          "key_id", "api_key"}) {
    EXPECT_TRUE(names_secret(key)) << key;
  }
  for (const char* key : {"database", "secret_name", "credentials_path", "threads", "table_prefix"}) {
    EXPECT_FALSE(names_secret(key)) << key;
  }
}

TEST(Secret, LinesThatMayHoldOneAreNotToBeShown) {
  for (const char* line :
       {"password = \"x\"", "connection_string = x", "url = postgresql://ann:hunter2@db/m", "KEY_ID = 'x'"}) {
    EXPECT_TRUE(may_hold_secret(line)) << line;
  }
  for (const char* line :
       {"database = \"dev.duckdb\"", "[stores.dev]", "url = \"duckdb:///x\"", "mail = \"a@b\""}) {
    EXPECT_FALSE(may_hold_secret(line)) << line;
  }
}

}  // namespace
}  // namespace metaxy::migrate
