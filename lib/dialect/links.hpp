#pragma once
// Database files whose name is a link.

#include <filesystem>
#include <string>
#include <system_error>

namespace metaxy::migrate {

/// The file that `path` leads to when it is a link, whether or not that is there; else `path`.
inline std::string behind_links(const std::string& path) {
  constexpr int kMost = 40;  // as Linux
  std::filesystem::path file = path;
  std::error_code error;
  for (int i = 0; i < kMost && std::filesystem::is_symlink(file, error); ++i) {
    const std::filesystem::path target = std::filesystem::read_symlink(file, error);
    file = target.is_absolute() ? target : file.parent_path() / target;
  }
  return file.string();
}

}  // namespace metaxy::migrate
