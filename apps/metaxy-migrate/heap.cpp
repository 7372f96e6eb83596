#include "heap.hpp"

// Any header of the C library says which one it is.
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace metaxy::migrate {

#ifdef __GLIBC__

void use_large_pages() {
  constexpr std::uintptr_t kStep = std::uintptr_t{64} << 20U;
  constexpr std::uintptr_t kPage = std::uintptr_t{2} << 20U;
  // Just below what malloc would map by itself.
  constexpr std::size_t kMoreThanIsLeft = std::size_t{127} << 10U;
  // Address space only: memory is given where it is written to.
  mallopt(M_TOP_PAD, static_cast<int>(kStep));
  mallopt(M_TRIM_THRESHOLD, static_cast<int>(4 * kStep));
  const auto before = reinterpret_cast<std::uintptr_t>(sbrk(0));
  void* volatile growth = std::malloc(kMoreThanIsLeft);
  std::free(growth);
  const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0));
  const std::uintptr_t first = (before + kPage - 1) / kPage * kPage;
  if (end > first) {
    madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
  }
}

#else

void use_large_pages() {}

#endif

}  // namespace metaxy::migrate
