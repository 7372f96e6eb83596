#pragma once
// The statements of one direction that are done, as a checksum: a partly applied script may be edited behind
// its last done statement, and nowhere before it.

#include <string>

#include "base/hash.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

/// Fed with the direction's statements in order, those left out by hand included; comments do not count.
class DonePart {
 public:
  void add(const Statement& statement) {
    hash_.update(statement.text);
    hash_.update(";\n");
  }
  std::string checksum() const { return hash_.digest(); }

 private:
  Sha256 hash_;
};

}  // namespace metaxy::migrate
