#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "files/file_system.hpp"

namespace metaxy::migrate {

namespace {

/// One path part against one pattern part; `*` and `?` only. Linear in both but for the last `*`.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool has_wildcard(std::string_view part) { return part.find_first_of("*?") != std::string_view::npos; }

/// A wildcard does not stand for the dot of a hidden file.
bool matches_visible(std::string_view pattern, std::string_view name) {
  return (name.empty() || name.front() != '.' || pattern.front() == '.') && matches(pattern, name);
}

class Search {
 public:
  Search(const FileSystem& files, std::vector<std::string> parts) : files_(files), parts_(std::move(parts)) {}

  std::vector<std::string> run(const std::string& directory) {
    descend(directory, 0);
    return {found_.begin(), found_.end()};
  }

 private:
  void descend(const std::string& directory, std::size_t part) {
    const std::string& pattern = parts_[part];
    const bool is_last = part + 1 == parts_.size();
    if (pattern == "**") {
      if (is_last) {
        collect_files(directory, "*");
      } else {
        descend(directory, part + 1);
      }
      for (const std::string& name : files_.list_directories(directory)) {
        if (name.front() != '.') {
          descend(joined_path(directory, name), part);
        }
      }
    } else if (is_last) {
      collect_files(directory, pattern);
    } else if (!has_wildcard(pattern)) {
      const std::string next = joined_path(directory, pattern);
      if (files_.is_directory(next)) {
        descend(next, part + 1);
      }
    } else {
      for (const std::string& name : files_.list_directories(directory)) {
        if (matches_visible(pattern, name)) {
          descend(joined_path(directory, name), part + 1);
        }
      }
    }
  }

  void collect_files(const std::string& directory, const std::string& pattern) {
    if (!has_wildcard(pattern)) {
      if (files_.is_file(joined_path(directory, pattern))) {
        found_.insert(joined_path(directory, pattern));
      }
      return;
    }
    for (const std::string& name : files_.list(directory)) {
      if (matches_visible(pattern, name)) {
        found_.insert(joined_path(directory, name));
      }
    }
  }

  const FileSystem& files_;
  std::vector<std::string> parts_;
  std::set<std::string> found_;
};

}  // namespace

std::vector<std::string> glob(const FileSystem& files, const std::string& root, const std::string& pattern) {
  std::vector<std::string> parts;
  for (std::string& part : split(pattern, '/')) {
    // `**/**` finds what `**` finds, in exponential time.
    const bool is_repeated = part == "**" && !parts.empty() && parts.back() == "**";
    if (!part.empty() && part != "." && !is_repeated) {
      parts.push_back(std::move(part));
    }
  }
  if (parts.empty()) {
    return {};
  }
  return Search(files, std::move(parts)).run(pattern.front() == '/' ? "/" : root);
}

}  // namespace metaxy::migrate
