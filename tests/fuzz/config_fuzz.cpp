// Whatever stands in metaxy.toml, alembic.ini and the environment, loading either works or ends with an
// Error: no crash, no other exception, no endless work. Parts of the input are separated by lines of "%%":
// TOML, ini, NAME=VALUE lines.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/config.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

constexpr std::string_view kSeparator = "\n%%\n";

std::string next_part(std::string_view& rest) {
  const std::size_t end = rest.find(kSeparator);
  std::string part(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + kSeparator.size());
  return part;
}

ProcessEnvironment variables_of(std::string_view text) {
  ProcessEnvironment variables;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) {
      variables[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  return variables;
}

void run(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    describe(error);
  }
}

void load_and_ask(std::string_view input) {
  MemoryFileSystem files;
  files.create("metaxy.toml", next_part(input));
  files.create("alembic.ini", next_part(input));
  const Config config = load_config(files, "/project", variables_of(next_part(input)), {});
  config.entries();
  for (const std::string& name : config.store_names()) {
    for (const std::string_view part : {"", ":metaxy_system", ":metaxy_features"}) {
      run([&] {
        const Environment environment = config.environment(name + std::string(part));
        entries(environment);
        target_to_connect(environment.store);
      });
    }
  }
  run([&] { config.environments(config.store_names()); });
}

}  // namespace
}  // namespace metaxy::migrate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  metaxy::migrate::run([&] { metaxy::migrate::load_and_ask(input); });
  return 0;
}
