#include "dialect/postgresql/options.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

std::string identity_option(std::string_view column, bool is_always) {
  return fmt::format("IDENTITY ({}) {}", quoted_name(column), is_always ? "ALWAYS" : "BY DEFAULT");
}

std::string serial_option(std::string_view column) { return fmt::format("SERIAL ({})", quoted_name(column)); }

std::string constraint_option(std::string_view name, std::string_view definition) {
  return fmt::format("CONSTRAINT {} {}", quoted_name(name), definition);
}

std::string storage_option(std::string_view parameters) { return fmt::format("WITH ({})", parameters); }

std::string partition_option(std::string_view key) { return fmt::format("PARTITION BY {}", key); }

std::optional<std::string> option_behind(std::string_view option, std::string_view beginning) {
  if (option.substr(0, beginning.size()) != beginning) {
    return std::nullopt;
  }
  return std::string(trimmed(option.substr(beginning.size())));
}

std::optional<std::string> column_option(const Table& table, std::string_view kind, std::string_view column) {
  const std::string beginning = fmt::format("{} ({})", kind, quoted_name(column));
  for (const std::string& option : table.options) {
    if (std::optional<std::string> rest = option_behind(option, beginning)) {
      return rest;
    }
  }
  return std::nullopt;
}

}  // namespace metaxy::migrate::postgresql
