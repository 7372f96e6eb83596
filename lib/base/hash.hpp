#pragma once
// Hashes of texts: SHA-256 through OpenSSL's libcrypto, and a quick one through xxHash.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace metaxy::migrate {

/// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view text);

/// The same, for text that arrives in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view text);
  /// 64 lower-case hexadecimal digits of all text so far; more may follow.
  std::string digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 128 bits of XXH3, some twenty times as quick: tells whether a text that was read twice was the same both
/// times. Nothing that is stored or printed.
class Fingerprint {
 public:
  Fingerprint();
  ~Fingerprint();
  Fingerprint(const Fingerprint&) = delete;
  Fingerprint& operator=(const Fingerprint&) = delete;

  void update(std::string_view text);
  struct Value {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    bool operator==(const Value&) const = default;
  };
  /// Of all text so far; more may follow.
  Value value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace metaxy::migrate
