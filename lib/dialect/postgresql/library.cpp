#include "dialect/postgresql/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/error.hpp"

namespace metaxy::migrate::postgresql {

namespace {

constexpr const char* kVariable = "METAXY_MIGRATE_POSTGRESQL_LIBRARY";

std::string module_path() {
  const char* named = std::getenv(kVariable);
  if (named != nullptr && *named != '\0') return named;
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  const std::string program(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return fmt::format("{}/{}/{}", program.substr(0, program.rfind('/')), MM_MODULE_INSTALL_DIR,
                     MM_POSTGRESQL_MODULE);
}

[[noreturn]] void refuse(const std::string& message, const std::string& note) {
  throw Error(ErrorKind::failure, message,
              {.where = {},
               .hint = fmt::format("install it beside the program, or set {} to its path", kVariable),
               .notes = {note}});
}

void* symbol(void* handle, const char* name, const std::string& path) {
  void* found = dlsym(handle, name);
  if (found == nullptr)
    refuse(fmt::format("'{}' is not the PostgreSQL module", path), fmt::format("it has no '{}'", name));
  return found;
}

OpenDriver load() {
  const std::string path = module_path();
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    refuse("the module that PostgreSQL stores need cannot be loaded",
           fmt::format("tried {}", reason != nullptr ? reason : path));
  }
  const auto version = reinterpret_cast<DriverVersion>(symbol(handle, kDriverVersionSymbol, path));
  if (std::string(version()) != MM_VERSION) {
    refuse(fmt::format("'{}' is of version {}, the program of version {}", path, version(), MM_VERSION),
           "both are installed together");
  }
  return reinterpret_cast<OpenDriver>(symbol(handle, kOpenDriverSymbol, path));
}

}  // namespace

std::unique_ptr<Driver> open_driver(const std::string& connection) {
  static const OpenDriver open = load();
  return std::unique_ptr<Driver>(open(connection));
}

}  // namespace metaxy::migrate::postgresql
