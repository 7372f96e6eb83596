#pragma once
// A project in memory, for tests of the configuration.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "metaxy/config.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {

/// Files below /project, variables and flags of one load. The working directory is /project unless set.
struct ConfigSetup {
  std::map<std::string, std::string> files = {};
  ProcessEnvironment variables = {};
  ConfigFlags flags = {};
  std::string working_directory = "/project";

  Config load() const {
    MemoryFileSystem memory;
    memory.create_directory(working_directory);
    for (const auto& [path, text] : files) {
      memory.create(path, text);
    }
    return load_config(memory, working_directory, variables, flags);
  }

  /// What people see of the error; empty when there is none.
  std::string error() const {
    return error_of([&] { load(); });
  }

  template <class Act>
  static std::string error_of(const Act& act) {
    try {
      act();
    } catch (const Error& error) {
      return describe(error);
    }
    return {};
  }
};

/// A project of one metaxy.toml.
inline ConfigSetup with_toml(const std::string& text, ProcessEnvironment variables = {},
                             ConfigFlags flags = {}) {
  return {{{"metaxy.toml", text}}, std::move(variables), std::move(flags), "/project"};
}

/// "value (origin)" of an entry; "absent" when there is none.
inline std::string entry_of(const std::vector<Config::Entry>& entries, const std::string& key) {
  for (const Config::Entry& entry : entries) {
    if (entry.key == key) {
      return entry.value + " (" + entry.origin + ")";
    }
  }
  return "absent";
}

}  // namespace metaxy::migrate
