#pragma once
// The heap of a process that fills it once and ends.

namespace metaxy::migrate {

/// From now on the heap grows in large steps, of pages of 2 MiB where the kernel gives them: a seventh of the
/// time of `check` on a thousand tables went into faulting in small ones. Does nothing where that is not to
/// be had.
void use_large_pages();

}  // namespace metaxy::migrate
