#include "diff/operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

std::string column_text(const TableName& table, std::string_view column) {
  return fmt::format("{}.{}", to_text(table), column);
}

std::string member_text(const std::vector<std::string>& path) { return join(path, "."); }

std::string constraint_text(const Constraint& constraint) {
  const auto named = [](std::string_view kind, const std::string& name) {
    return name.empty() ? std::string(kind) : fmt::format("{} {}", kind, name);
  };
  const auto with_columns = [](const std::string& text, const std::vector<std::string>& columns) {
    return fmt::format("{} ({})", text, join(columns, ", "));
  };
  return std::visit(
      Overloaded{
          [&](const PrimaryKey& key) { return with_columns(named("primary key", key.name), key.columns); },
          [&](const Unique& unique) { return with_columns(named("unique", unique.name), unique.columns); },
          [&](const Check& check) {
            return fmt::format("{} ({})", named("check", check.name), check.expression);
          },
          [&](const ForeignKey& key) {
            return fmt::format("{} to {}", with_columns(named("foreign key", key.name), key.columns),
                               to_text(key.referenced_table));
          },
      },
      constraint);
}

/// `change X from A to B`, or `set X to B` and `drop X` where one side has none.
std::string change_text(std::string_view what, const std::string& column,
                        const std::optional<std::string>& from, const std::optional<std::string>& to) {
  if (from && to) {
    return fmt::format("change {} of {} from {} to {}", what, column, *from, *to);
  }
  return to ? fmt::format("set {} of {} to {}", what, column, *to)
            : fmt::format("drop {} of {}", what, column);
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<std::string> expression_of(const std::optional<Generated>& generated) {
  return generated
             ? std::optional<std::string>(generated->expression + (generated->is_stored ? " stored" : ""))
             : std::nullopt;
}

std::string comment_text(const std::string& what, const std::string& to) {
  return fmt::format("{} comment of {}", to.empty() ? "drop" : "set", what);
}

/// One line stays one line: it becomes a comment in a script, where the rest of a broken line would be run.
std::string without_control_characters(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

struct Summary {
  std::string operator()(const CreateTable& o) const {
    return fmt::format("create table {}", to_text(o.table.name));
  }
  std::string operator()(const DropTable& o) const {
    return fmt::format("drop table {}", to_text(o.table.name));
  }
  std::string operator()(const RenameTable& o) const {
    return fmt::format("rename table {} to {}", to_text(o.from), to_text(o.to));
  }
  std::string operator()(const AddColumn& o) const {
    return fmt::format("add column {}", column_text(o.table, o.column.name));
  }
  std::string operator()(const DropColumn& o) const {
    return fmt::format("drop column {}", column_text(o.table, o.column.name));
  }
  std::string operator()(const RenameColumn& o) const {
    return fmt::format("rename column {} to {}", column_text(o.table, o.from), o.to);
  }
  std::string operator()(const AlterType& o) const {
    return change_text("type", column_text(o.table, o.column), to_text(o.from), to_text(o.to));
  }
  std::string operator()(const AlterNullable& o) const {
    return fmt::format("make {} {}", column_text(o.table, o.column),
                       o.is_nullable ? "nullable" : "not nullable");
  }
  std::string operator()(const AlterDefault& o) const {
    return change_text("default", column_text(o.table, o.column), o.from, o.to);
  }
  std::string operator()(const AlterGenerated& o) const {
    return change_text("generation", column_text(o.table, o.column), expression_of(o.from),
                       expression_of(o.to));
  }
  std::string operator()(const AlterCollation& o) const {
    return change_text("collation", column_text(o.table, o.column), unless_empty(o.from), unless_empty(o.to));
  }
  std::string operator()(const AlterColumnComment& o) const {
    return comment_text(column_text(o.table, o.column), o.to);
  }
  std::string operator()(const AlterTableComment& o) const { return comment_text(to_text(o.table), o.to); }
  std::string operator()(const AlterTableOptions& o) const {
    return change_text("options", to_text(o.table), unless_empty(join(o.from, ", ")),
                       unless_empty(join(o.to, ", ")));
  }
  std::string operator()(const AddMember& o) const {
    return fmt::format("add member {} to {}", member_text(o.path), column_text(o.table, o.column));
  }
  std::string operator()(const DropMember& o) const {
    return fmt::format("drop member {} of {}", member_text(o.path), column_text(o.table, o.column));
  }
  std::string operator()(const CreateIndex& o) const {
    return fmt::format("create index {} on {}", o.index.name, to_text(o.table));
  }
  std::string operator()(const DropIndex& o) const {
    return fmt::format("drop index {} of {}", o.index.name, to_text(o.table));
  }
  std::string operator()(const AddConstraint& o) const {
    return fmt::format("add {} to {}", constraint_text(o.constraint), to_text(o.table));
  }
  std::string operator()(const DropConstraint& o) const {
    return fmt::format("drop {} of {}", constraint_text(o.constraint), to_text(o.table));
  }
};

/// Paths of the members that `from` has and `to` has not, as people write them.
void collect_lost_members(const Type& from, const Type& to, const std::string& prefix,
                          std::vector<std::string>& lost) {
  if (from.name != "STRUCT" || to.name != "STRUCT") {
    return;
  }
  for (const TypeMember& member : from.members) {
    const TypeMember* kept = find_member(to, member.name);
    if (kept == nullptr) {
      lost.push_back(prefix + member.name);
    } else {
      collect_lost_members(member.type, kept->type, prefix + member.name + ".", lost);
    }
  }
}

std::string values_lost(const std::string& what) { return fmt::format("the values of {} are lost", what); }

struct DataLoss {
  std::string operator()(const DropTable& o) const {
    return fmt::format("all rows of {} are lost", to_text(o.table.name));
  }
  std::string operator()(const DropColumn& o) const { return values_lost(o.column.name); }
  std::string operator()(const DropMember& o) const {
    return values_lost(fmt::format("{}.{}", o.column, member_text(o.path)));
  }
  std::string operator()(const AlterType& o) const {
    std::vector<std::string> lost;
    collect_lost_members(o.from, o.to, o.column + ".", lost);
    return lost.empty() ? std::string() : values_lost(join(lost, ", "));
  }
  std::string operator()(const AlterGenerated& o) const {
    return !o.from && o.to ? values_lost(o.column) : std::string();
  }
  template <class Other>
  std::string operator()(const Other& /*operation*/) const {
    return {};
  }
};

struct Reversed {
  Operation operator()(const CreateTable& o) const { return DropTable{o.table}; }
  Operation operator()(const DropTable& o) const { return CreateTable{o.table}; }
  Operation operator()(const RenameTable& o) const { return RenameTable{o.to, o.from}; }
  Operation operator()(const AddColumn& o) const { return DropColumn{o.table, o.column}; }
  Operation operator()(const DropColumn& o) const { return AddColumn{o.table, o.column}; }
  Operation operator()(const RenameColumn& o) const { return RenameColumn{o.table, o.to, o.from}; }
  Operation operator()(const AlterNullable& o) const {
    return AlterNullable{o.table, o.column, !o.is_nullable};
  }
  Operation operator()(const AddMember& o) const { return DropMember{o.table, o.column, o.path, o.type}; }
  Operation operator()(const DropMember& o) const { return AddMember{o.table, o.column, o.path, o.type}; }
  Operation operator()(const CreateIndex& o) const { return DropIndex{o.table, o.index}; }
  Operation operator()(const DropIndex& o) const { return CreateIndex{o.table, o.index}; }
  Operation operator()(const AddConstraint& o) const { return DropConstraint{o.table, o.constraint}; }
  Operation operator()(const DropConstraint& o) const { return AddConstraint{o.table, o.constraint}; }
  /// The alterations that say `from` and `to`.
  template <class Alteration>
  Operation operator()(const Alteration& o) const {
    Alteration back = o;
    std::swap(back.from, back.to);
    return back;
  }
};

}  // namespace

Operation reversed(const Operation& operation) { return std::visit(Reversed{}, operation); }

std::vector<Operation> reversed(const std::vector<Operation>& operations) {
  std::vector<Operation> result;
  result.reserve(operations.size());
  std::transform(operations.rbegin(), operations.rend(), std::back_inserter(result),
                 [](const Operation& operation) { return reversed(operation); });
  return result;
}

const TableName& table_of(const Operation& operation) {
  return std::visit(Overloaded{
                        [](const CreateTable& o) -> const TableName& { return o.table.name; },
                        [](const DropTable& o) -> const TableName& { return o.table.name; },
                        [](const RenameTable& o) -> const TableName& { return o.from; },
                        [](const auto& o) -> const TableName& { return o.table; },
                    },
                    operation);
}

std::string column_of(const Operation& operation) {
  return std::visit(
      [](const auto& o) -> std::string {
        if constexpr (requires { o.column.name; }) {
          return o.column.name;
        } else if constexpr (requires { std::string(o.column); }) {
          return o.column;
        } else {
          return {};
        }
      },
      operation);
}

std::string summary(const Operation& operation) {
  return without_control_characters(std::visit(Summary{}, operation));
}

std::string data_loss(const Operation& operation) {
  return without_control_characters(std::visit(DataLoss{}, operation));
}

}  // namespace metaxy::migrate
