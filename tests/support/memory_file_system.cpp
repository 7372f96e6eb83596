#include "support/memory_file_system.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace metaxy::migrate {

namespace {

/// Small, so that a reader of pieces meets borders in small files.
constexpr std::size_t kChunkBytes = 16;

}  // namespace

MemoryFileSystem::MemoryFileSystem(std::string working_directory)
    : working_directory_(std::move(working_directory)) {
  create_directory(working_directory_);
}

void MemoryFileSystem::create(const std::string& path, std::string_view content) {
  const std::string where = absolute(path);
  files_[where] = std::string(content);
  create_directory(parent_path(where));
}

void MemoryFileSystem::create_directory(const std::string& path) {
  for (std::string where = absolute(path); directories_.insert(where).second;) {
    where = parent_path(where);
  }
}

void MemoryFileSystem::make_unreadable(const std::string& path) { unreadable_.insert(absolute(path)); }
void MemoryFileSystem::make_unwritable(const std::string& path) { unwritable_.insert(absolute(path)); }

std::optional<std::string> MemoryFileSystem::read(const std::string& path) const {
  const std::string where = absolute(path);
  const auto file = files_.find(where);
  if (file == files_.end()) {
    return std::nullopt;
  }
  if (unreadable_.count(where) > 0) {
    throw Error(ErrorKind::failure, fmt::format("cannot read '{}': Permission denied", path));
  }
  return file->second;
}

std::optional<std::string> MemoryFileSystem::read_head(const std::string& path, std::size_t limit) const {
  std::optional<std::string> content = read(path);
  if (content) {
    content->resize(std::min(limit, content->size()));
  }
  return content;
}

std::function<std::string()> MemoryFileSystem::open_chunks(const std::string& path) const {
  std::optional<std::string> content = read(path);
  if (!content) {
    throw Error(ErrorKind::failure, fmt::format("cannot read '{}': No such file or directory", path));
  }
  return [text = std::move(*content), from = std::size_t{0}]() mutable {
    std::string piece = text.substr(from, kChunkBytes);
    from += piece.size();
    return piece;
  };
}

void MemoryFileSystem::write(const std::string& path, std::string_view content) {
  if (unwritable_.count(absolute(path)) > 0) {
    throw Error(ErrorKind::failure, fmt::format("cannot write '{}': No space left on device", path));
  }
  create(path, content);
  written_.push_back(path);
}

bool MemoryFileSystem::remove(const std::string& path) {
  if (files_.erase(absolute(path)) == 0) {
    return false;
  }
  removed_.push_back(path);
  return true;
}

bool MemoryFileSystem::is_file(const std::string& path) const { return files_.count(absolute(path)) > 0; }

bool MemoryFileSystem::is_directory(const std::string& path) const {
  return directories_.count(absolute(path)) > 0;
}

std::vector<std::string> MemoryFileSystem::list(const std::string& directory) const {
  std::vector<std::string> names;
  for (const auto& [path, content] : files_) {
    if (parent_path(path) == absolute(directory)) {
      names.push_back(file_name(path));
    }
  }
  return names;
}

std::vector<std::string> MemoryFileSystem::list_directories(const std::string& directory) const {
  std::vector<std::string> names;
  for (const std::string& path : directories_) {
    if (path != "/" && parent_path(path) == absolute(directory)) {
      names.push_back(file_name(path));
    }
  }
  return names;
}

std::string MemoryFileSystem::absolute(const std::string& path) const {
  return normal_path(joined_path(working_directory_, path));
}

}  // namespace metaxy::migrate
