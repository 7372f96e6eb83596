#include "raw_scripts.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace metaxy::migrate::bench {

namespace {

constexpr std::string_view kRevision = "-- revision = \"";
constexpr std::string_view kDownRevision = "-- down_revision = ";
constexpr std::string_view kUpgrade = "-- migrate: upgrade\n";
constexpr std::string_view kDowngrade = "\n-- migrate: downgrade\n";

/// The texts in double quotes in `line`, but empty ones.
std::vector<std::string_view> quoted_in(std::string_view line) {
  std::vector<std::string_view> found;
  for (std::size_t begin = line.find('"'); begin != std::string_view::npos;) {
    const std::size_t end = line.find('"', begin + 1);
    if (end > begin + 1) found.push_back(line.substr(begin + 1, end - begin - 1));
    begin = line.find('"', end + 1);
  }
  return found;
}

void parse(RawScript& script) {
  const std::string_view text = script.text;
  for (std::size_t at = 0; at < text.size() && text[at] == '-';) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(kRevision)) {
      script.revision = line.substr(kRevision.size(), line.size() - kRevision.size() - 1);
    } else if (line.starts_with(kDownRevision)) {
      script.down_revisions = quoted_in(line);
    }
    at = end + 1;
  }
  const std::size_t upgrade = text.find(kUpgrade);
  if (script.revision.empty() || upgrade == std::string_view::npos) fail("not a script: " + script.name);
  script.upgrade_begin = upgrade + kUpgrade.size();
  script.downgrade_begin = std::min(text.find(kDowngrade, upgrade), text.size());
}

std::vector<std::string> script_names(const char* directory) {
  DIR* folder = opendir(directory);
  if (folder == nullptr) fail(std::string("cannot list ") + directory);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) {
    std::string name = static_cast<const char*>(entry->d_name);
    if (name.ends_with(".sql")) names.push_back(std::move(name));
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

std::string read_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) fail("cannot open " + path + ": " + std::strerror(errno));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t size = 0; size < text.size();) {
    const ssize_t count = read(file, text.data() + size, text.size() - size);
    if (count <= 0) fail("cannot read " + path);
    size += static_cast<std::size_t>(count);
  }
  close(file);
  return text;
}

std::string_view RawScript::upgrade() const {
  return std::string_view(text).substr(upgrade_begin, downgrade_begin - upgrade_begin);
}

std::string_view RawScript::downgrade() const {
  return std::string_view(text).substr(std::min(text.size(), downgrade_begin + kDowngrade.size()));
}

RawGraph load_graph(const char* directory) {
  RawGraph graph;
  const std::vector<std::string> names = script_names(directory);
  graph.scripts.resize(names.size());
  std::unordered_map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    RawScript& script = graph.scripts[i];
    script.name = names[i];
    script.text = read_file(std::string(directory) + "/" + names[i]);
    parse(script);
    positions.emplace(script.revision, i);
  }
  std::vector<std::vector<std::size_t>> children(names.size());
  std::vector<std::size_t> waiting(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const std::string_view parent : graph.scripts[i].down_revisions) {
      const std::size_t at = positions.at(parent);
      children[at].push_back(i);
      ++graph.scripts[at].child_count;
      ++waiting[i];
    }
    if (waiting[i] == 0) graph.order.push_back(i);
  }
  for (std::size_t next = 0; next < graph.order.size(); ++next) {
    for (const std::size_t child : children[graph.order[next]]) {
      if (--waiting[child] == 0) graph.order.push_back(child);
    }
  }
  if (graph.order.size() != names.size()) fail("the scripts go round in a circle");
  return graph;
}

std::vector<std::string> statements_of(std::string_view section) {
  std::vector<std::string> statements;
  for (std::size_t end = section.find(";\n"); end != std::string_view::npos; end = section.find(";\n")) {
    statements.emplace_back(section.substr(0, end));
    section.remove_prefix(end + 2);
  }
  return statements;
}

}  // namespace metaxy::migrate::bench
