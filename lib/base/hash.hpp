#pragma once
// SHA-256 of texts, through OpenSSL's libcrypto.

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

}  // namespace metaxy::migrate
