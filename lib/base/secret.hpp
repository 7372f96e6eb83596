#pragma once
// A value that must never be printed. It has no stream or format operator; taking it out is a visible act.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metaxy::migrate {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  /// The value itself, for the call that needs it (opening a connection). Never pass it to a message.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

/// Whether what a key of this name holds is a secret ("password", "s3_secret_access_key"). A name or a path
/// of one is none.
bool names_secret(std::string_view key);

/// Whether a line of a configuration may hold a secret and is therefore not to be shown.
bool may_hold_secret(std::string_view line);

/// A URL or connection string with every password in it replaced by `***`: the user-info part,
/// `password=`/`token=`-like query parameters and libpq key-value pairs.
std::string masked(std::string_view url);

/// `text` with every occurrence of each secret replaced by `***`; for driver messages. Empty secrets are
/// skipped.
std::string redacted(std::string text, const std::vector<Secret>& secrets);

}  // namespace metaxy::migrate
