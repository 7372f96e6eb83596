#include "base/text.hpp"
#include "files/file_system.hpp"

namespace metaxy::migrate {

std::string joined_path(std::string_view directory, std::string_view name) {
  if (directory.empty() || (!name.empty() && name.front() == '/')) {
    return std::string(name);
  }
  std::string path(directory);
  if (name.empty()) {
    return path;
  }
  if (path.back() != '/') {
    path += '/';
  }
  return path.append(name);
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') {
    path.remove_suffix(1);
  }
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == std::string_view::npos ? "/" : std::string(path.substr(0, end + 1));
}

std::string file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string normal_path(std::string_view path) {
  const bool is_absolute = !path.empty() && path.front() == '/';
  std::vector<std::string> parts;
  for (std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") {
      continue;
    }
    if (part != "..") {
      parts.push_back(std::move(part));
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!is_absolute) {
      parts.push_back(std::move(part));
    }
  }
  std::string text = join(parts, "/");
  if (is_absolute) {
    return "/" + text;
  }
  return text.empty() ? "." : text;
}

std::string path_from(std::string_view directory, std::string_view path) {
  const std::vector<std::string> from = split(normal_path(directory), '/');
  const std::vector<std::string> to = split(normal_path(path), '/');
  std::size_t common = 0;
  while (common < from.size() && common < to.size() && from[common] == to[common]) {
    ++common;
  }
  // Both begin with the empty part before the first '/': one common part is the root alone.
  if (common <= 1 && from.size() > 1 && !from.back().empty()) {
    return normal_path(path);
  }
  std::string result;
  for (std::size_t i = common; i < from.size(); ++i) {
    result += from[i].empty() ? "" : "../";
  }
  for (std::size_t i = common; i < to.size(); ++i) {
    result += to[i];
    result += i + 1 < to.size() ? "/" : "";
  }
  while (result.size() > 1 && result.back() == '/') {
    result.pop_back();
  }
  return result.empty() ? "." : result;
}

}  // namespace metaxy::migrate
