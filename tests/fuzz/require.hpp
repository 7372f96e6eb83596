#pragma once
// What a fuzz target checks: a claim that does not hold ends the process, so that the fuzzer keeps the input.

#include <cstdio>
#include <cstdlib>

namespace fuzz {

inline void require(bool holds, const char* claim) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", claim);
    std::abort();
  }
}

}  // namespace fuzz
