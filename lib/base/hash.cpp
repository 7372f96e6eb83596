#include "base/hash.hpp"

// The one-purpose functions are used rather than EVP: linked statically they are a few kilobytes instead of
// all of libcrypto's providers, which would cost milliseconds at every start. OpenSSL 3 marks them
// deprecated.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
// Compiled in here, which needs no library at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

namespace metaxy::migrate {

struct Sha256::State {
  SHA256_CTX context{};
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view text) { SHA256_Update(&state_->context, text.data(), text.size()); }

std::string Sha256::digest() const {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes{};
  SHA256_CTX context = state_->context;
  SHA256_Final(bytes.data(), &context);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0x0FU];
  }
  return text;
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.digest();
}

struct Fingerprint::State {
  XXH3_state_t context;
};

Fingerprint::Fingerprint() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->context); }

Fingerprint::~Fingerprint() = default;

void Fingerprint::update(std::string_view text) {
  XXH3_128bits_update(&state_->context, text.data(), text.size());
}

Fingerprint::Value Fingerprint::value() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->context);
  return {.low = hash.low64, .high = hash.high64};
}

}  // namespace metaxy::migrate
