#pragma once
// A dialect without a database, for tests of what is made from definitions: types are spelled as in
// logical_text.hpp's kinds, and which live type may stand for which is told to it. Everything that would need
// a database throws.

#include <map>
#include <string>
#include <utility>

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

class FakeDialect final : public Dialect {
 public:
  Capabilities abilities;
  /// (wanted, live) as text -> what is said about them, in every role.
  std::map<std::pair<std::string, std::string>, Acceptance> acceptances;

  std::string_view name() const override { return "fake"; }
  const Capabilities& capabilities() const override { return abilities; }
  const SplitterOptions& splitter_options() const override { return splitter_options_; }
  std::string quoted(std::string_view identifier) const override;
  std::string literal(std::string_view text) const override;
  /// TEXT, INTEGER, ..., LIST, MAP, STRUCT.
  Type column_type(const LogicalType& type) const override;
  Type by_field_type(const std::vector<std::string>& members, bool is_map) const override;
  /// Upper case; throws for NONSENSE.
  Type canonical_type(const Type& type) const override;
  /// Drops the comments of tables, so that a test sees that it was called.
  Schema canonical(const Schema& schema) const override;
  Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) const override;
  std::vector<std::vector<Statement>> render(const Schema& before, const Schema& after,
                                             std::span<const Operation> operations,
                                             const RenderOptions& options) const override;
  std::vector<TableName> rebuilt_tables(const Schema& before, const Schema& after,
                                        std::span<const Operation> operations) const override;
  std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) const override;
  Reflected reflect(Connection& connection, const ReflectScope& scope) const override;

 private:
  SplitterOptions splitter_options_;
};

}  // namespace metaxy::migrate
