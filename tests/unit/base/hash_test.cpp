#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

// The first three are the examples of FIPS 180-2 and the empty text.
TEST(Sha256, KnownTexts) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, PiecesAreOneText) {
  Sha256 hash;
  hash.update("a");
  hash.update("");
  hash.update("bc");
  EXPECT_EQ(hash.digest(), sha256("abc"));
}

TEST(Fingerprint, PiecesAreOneTextAndEveryByteCounts) {
  const auto of = [](std::initializer_list<std::string_view> pieces) {
    Fingerprint print;
    for (const std::string_view piece : pieces) print.update(piece);
    return print.value();
  };
  const std::string text(1000, 'x');
  EXPECT_EQ(of({text, "", "bc"}), of({text + "bc"}));
  EXPECT_NE(of({text}), of({text + "x"}));
  EXPECT_NE(of({text}), of({text.substr(1) + "y"}));
  EXPECT_NE(of({std::string_view("a\0", 2)}), of({"a"}));
}

TEST(Sha256, ANulByteCounts) { EXPECT_NE(sha256(std::string_view("a\0", 2)), sha256("a")); }

}  // namespace
}  // namespace metaxy::migrate
