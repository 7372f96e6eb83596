#pragma once
// A metadata block whose checksum does not fit. DuckDB fills free parts of a metadata block where it stands
// (src/storage/metadata/metadata_manager.cpp), so a process that is killed while it writes one leaves the
// block half old and half new. The parts in use are the same in both halves; what is wrong is the checksum
// over the whole. Blocks of rows are never written twice in one place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace metaxy::migrate::duckdb {

struct TornBlock {
  /// The checksum of what the block holds, and the one it says.
  std::uint64_t computed = 0;
  std::uint64_t stored = 0;
  /// Where the block begins in the file; its first 8 bytes are the checksum.
  std::uint64_t location = 0;

  bool operator==(const TornBlock&) const = default;
};

/// What DuckDB's message says of such a block; nullopt for any other message.
std::optional<TornBlock> torn_block(std::string_view message);

/// Makes the checksums of metadata blocks fit again in a copy, reads every row of it, and gives it the name
/// of the file, which is kept as `path.damaged`. Returns what was done in a sentence. Throws Error(failure)
/// when something else is wrong with the file; it is then as it was.
std::string mend_torn_blocks(const std::string& path);

}  // namespace metaxy::migrate::duckdb
