#include "dialect/duckdb/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate::duckdb {
namespace {

constexpr const char* kVariable = "METAXY_MIGRATE_DUCKDB_LIBRARY";
/// The oldest release whose C interface has all that we call, and that Metaxy allows.
constexpr std::array<int, 2> kOldestVersion = {1, 4};

std::string program_folder() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string file(path.data(), static_cast<std::size_t>(length));
  return file.substr(0, file.rfind('/'));
}

std::vector<std::string> candidates() {
  const char* named = std::getenv(kVariable);
  if (named != nullptr && *named != '\0') return {named};
  return {fmt::format("{}/{}/libduckdb.so", program_folder(), MM_DUCKDB_INSTALL_DIR), "libduckdb.so"};
}

/// The handle and the path it was found under; a null handle leaves what was tried in `tried`.
void* open_library(std::string& path, std::vector<std::string>& tried) {
  for (const std::string& candidate : candidates()) {
    if (void* handle = dlopen(candidate.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
      path = candidate;
      return handle;
    }
    const char* reason = dlerror();
    tried.push_back(fmt::format("tried {}", reason != nullptr ? reason : candidate.c_str()));
  }
  return nullptr;
}

template <class Function>
void find_function(void* handle, const char* name, const std::string& path, Function& function) {
  void* symbol = dlsym(handle, name);
  if (symbol == nullptr) {
    throw Error(ErrorKind::failure, fmt::format("'{}' has no function '{}'", path, name),
                {.where = {}, .hint = "use libduckdb 1.4.1 or newer", .notes = {}});
  }
  function = reinterpret_cast<Function>(symbol);
}

/// "v1.5.6" -> "1.5.6". Throws when it is too old.
std::string checked_version(const std::string& path, std::string version) {
  if (!version.empty() && version.front() == 'v') version.erase(0, 1);
  const std::vector<std::string> parts = split(version, '.');
  std::array<int, 2> found{};
  for (std::size_t i = 0; i < found.size() && i < parts.size(); ++i)
    found.at(i) = std::atoi(parts[i].c_str());
  if (found < kOldestVersion) {
    throw Error(ErrorKind::failure, fmt::format("'{}' is DuckDB {}, which is too old", path, version),
                {.where = {}, .hint = "use libduckdb 1.4.1 or newer", .notes = {}});
  }
  return version;
}

Library load() {
  Library library;
  std::vector<std::string> tried;
  void* handle = open_library(library.path, tried);
  if (handle == nullptr) {
    throw Error(ErrorKind::failure, "libduckdb.so cannot be loaded, which DuckDB stores need",
                {.where = {},
                 .hint = fmt::format("install it beside the program, or set {} to its path", kVariable),
                 .notes = tried});
  }
#define MM_DUCKDB_FIND(function) find_function(handle, "duckdb_" #function, library.path, library.function);
  MM_DUCKDB_FUNCTIONS(MM_DUCKDB_FIND)
#undef MM_DUCKDB_FIND
  library.version = checked_version(library.path, library.library_version());
  return library;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();
  return loaded;
}

}  // namespace metaxy::migrate::duckdb
