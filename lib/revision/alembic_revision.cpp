#include "revision/alembic_revision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <span>

#include "base/text.hpp"
#include "revision/python_tokens.hpp"

namespace metaxy::migrate {

namespace {

using Kind = PythonToken::Kind;
using Tokens = std::span<const PythonToken>;

constexpr std::array<std::string_view, 4> kVariables = {"revision", "down_revision", "branch_labels",
                                                        "depends_on"};

bool is_variable(const PythonToken& token) {
  return token.kind == Kind::name &&
         std::find(kVariables.begin(), kVariables.end(), token.value) != kVariables.end();
}

bool is_sign(const PythonToken& token, char sign) {
  return token.kind == Kind::other && token.value.size() == 1 && token.value.front() == sign;
}

bool is_name(const PythonToken& token, std::string_view name) {
  return token.kind == Kind::name && token.value == name;
}

bool opens(const PythonToken& token) {
  return is_sign(token, '(') || is_sign(token, '[') || is_sign(token, '{');
}

bool closes(const PythonToken& token) {
  return is_sign(token, ')') || is_sign(token, ']') || is_sign(token, '}');
}

/// None (no list), a string or several.
struct Value {
  bool is_none = false;
  bool is_single = false;
  std::vector<std::string> texts;
  std::size_t line = 0;
};

/// Reads an expression of None, strings, and collections of strings; nullopt for anything else.
class ValueReader {
 public:
  explicit ValueReader(Tokens tokens) : tokens_(tokens) {}

  std::optional<Value> read() {
    Value value;
    value.line = tokens_.empty() ? 0 : tokens_.front().line;
    const bool is_fine = read_items(value, tokens_.size(), false);
    return is_fine && at_ == tokens_.size() ? std::optional(value) : std::nullopt;
  }

 private:
  /// `"a", "b",` up to `end`; with one item and no comma it is that item, unless `is_collection`.
  bool read_items(Value& value, std::size_t end, bool is_collection) {
    std::size_t items = 0;
    bool has_comma = false;
    Value found;
    while (at_ < end) {
      if (!read_item(found)) {
        return false;
      }
      ++items;
      if (at_ >= end) {
        break;
      }
      if (!is_sign(tokens_[at_], ',')) {
        return false;
      }
      has_comma = true;
      ++at_;
    }
    const bool is_several = is_collection || has_comma;
    if ((items == 0 && !is_collection) || (is_several && !is_all_text_)) {
      return false;
    }
    value.is_none = found.is_none && !is_several;
    value.is_single = found.is_single && !is_several;
    value.texts = std::move(found.texts);
    return true;
  }

  bool read_item(Value& value) {
    const PythonToken& token = tokens_[at_];
    if (is_name(token, "None")) {
      ++at_;
      value.is_none = true;
      is_all_text_ = false;
      return true;
    }
    if (token.kind == Kind::text) {
      std::string text;
      while (at_ < tokens_.size() && tokens_[at_].kind == Kind::text) {
        text += tokens_[at_++].value;
      }
      value.texts.push_back(std::move(text));
      value.is_single = true;
      return true;
    }
    return opens(token) && read_group(value);
  }

  /// `( ... )`, `[ ... ]` or `{ ... }`.
  bool read_group(Value& value) {
    const bool is_collection = !is_sign(tokens_[at_], '(');
    const std::size_t end = closing(at_);
    const bool is_empty_tuple = !is_collection && end == at_ + 1;
    ++at_;
    Value inner;
    if (!read_items(inner, end, is_collection || is_empty_tuple)) {
      return false;
    }
    at_ = end + 1;
    // A collection within another is no list of ids.
    is_all_text_ = is_all_text_ && inner.is_single;
    value.is_none = inner.is_none;
    value.is_single = inner.is_single;
    value.texts.insert(value.texts.end(), inner.texts.begin(), inner.texts.end());
    return true;
  }

  std::size_t closing(std::size_t open) const {
    std::size_t depth = 0;
    for (std::size_t i = open; i < tokens_.size(); ++i) {
      depth += opens(tokens_[i]) ? 1 : 0;
      depth -= closes(tokens_[i]) ? 1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return tokens_.size();
  }

  Tokens tokens_;
  std::size_t at_ = 0;
  bool is_all_text_ = true;
};

/// The value assigned in a line, with the names that get it; no names: the line is no assignment.
struct Assignment {
  std::vector<std::string> names;
  Tokens value;
};

Assignment assignment_in(Tokens tokens) {
  Assignment assignment;
  std::size_t begin = 0;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += opens(tokens[i]) ? 1 : 0;
    depth -= closes(tokens[i]) ? 1 : 0;
    if (depth != 0 || !is_sign(tokens[i], '=')) {
      continue;
    }
    // `name = `, or `name: annotation = `.
    const bool is_plain = i == begin + 1 && tokens[begin].kind == Kind::name;
    const bool is_annotated =
        i > begin + 2 && tokens[begin].kind == Kind::name && is_sign(tokens[begin + 1], ':');
    if (!is_plain && !is_annotated) {
      return {};
    }
    assignment.names.push_back(tokens[begin].value);
    begin = i + 1;
  }
  assignment.value = tokens.subspan(begin);
  return assignment;
}

/// The sign of an assignment outside of brackets; the number of tokens when the line has none. `+=` is one,
/// comparisons are not.
std::size_t assignment_sign(Tokens tokens) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    depth += opens(tokens[i]) ? 1 : 0;
    depth -= closes(tokens[i]) ? 1 : 0;
    const bool is_comparison = (i + 1 < tokens.size() && is_sign(tokens[i + 1], '=')) ||
                               (i > 0 && (is_sign(tokens[i - 1], '=') || is_sign(tokens[i - 1], '<') ||
                                          is_sign(tokens[i - 1], '>') || is_sign(tokens[i - 1], '!')));
    if (depth == 0 && is_sign(tokens[i], '=') && !is_comparison) {
      return i;
    }
  }
  return tokens.size();
}

/// One of the variables, where the line gives it a value in a way that is not followed here: in a branch, by
/// unpacking, by `+=`, by an import.
const PythonToken* hidden_variable(Tokens tokens) {
  const bool is_import = is_name(tokens[0], "from") || is_name(tokens[0], "import");
  const std::size_t sign = assignment_sign(tokens);
  if (!is_import && sign == tokens.size()) {
    return nullptr;
  }
  // In brackets there is unpacking, or the index of something else.
  const std::size_t deepest = opens(tokens[0]) ? 1 : 0;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < sign; ++i) {
    depth += opens(tokens[i]) ? 1 : 0;
    depth -= closes(tokens[i]) ? 1 : 0;
    const bool is_attribute = i > 0 && is_sign(tokens[i - 1], '.');
    if (is_variable(tokens[i]) && !is_attribute && (is_import || depth <= deepest)) {
      return &tokens[i];
    }
  }
  return nullptr;
}

class AlembicReader {
 public:
  AlembicReader(std::string_view text, const std::string& file) : source_(python_lines(text)), file_(file) {}

  AlembicRevision read() {
    read_.revision.file = file_;
    read_.revision.is_alembic = true;
    read_docstring();
    for (const PythonLine& line : source_.lines) {
      read_line(line);
    }
    if (source_.fault) {
      report(source_.fault->message, source_.fault->line, source_.fault->column);
    }
    take_id();
    take_parents();
    take_lists();
    std::sort(read_.created_tables.begin(), read_.created_tables.end());
    read_.created_tables.erase(std::unique(read_.created_tables.begin(), read_.created_tables.end()),
                               read_.created_tables.end());
    return std::move(read_);
  }

 private:
  void report(const std::string& message, std::size_t line, std::size_t column = 0) {
    read_.problems.push_back(
        {.message = message,
         .where = SourcePosition{file_, line, column, {}},
         .hint = "write the value as a plain string, a tuple or a list of strings, or None"});
  }

  void read_docstring() {
    if (source_.lines.empty() || source_.lines.front().tokens.empty()) {
      return;
    }
    std::string text;
    for (const PythonToken& token : source_.lines.front().tokens) {
      if (token.kind != Kind::text) {
        return;
      }
      text += token.value;
    }
    read_.revision.docstring = trimmed(text);
    const std::string& whole = read_.revision.docstring;
    for (const std::string& line : split(whole.substr(0, whole.find("\n\n")), '\n')) {
      read_.revision.message += read_.revision.message.empty() ? "" : " ";
      read_.revision.message += trimmed(line);
    }
  }

  /// Bodies of functions and classes give the module nothing; those of `if`, `try` and `with` may.
  void read_line(const PythonLine& line) {
    const Tokens tokens(line.tokens);
    note_created_tables(tokens);
    if (line.is_at_margin) {
      const bool is_definition =
          is_name(tokens[0], "def") || is_name(tokens[0], "class") || is_name(tokens[0], "async");
      is_in_definition_ = is_definition || (is_in_definition_ && is_sign(tokens[0], '@'));
      if (!is_definition && take_assignment(tokens)) {
        return;
      }
    }
    if (is_in_definition_) {
      return;
    }
    if (const PythonToken* token = hidden_variable(tokens)) {
      report(fmt::format("'{}' gets its value in a way that only Python can follow", token->value),
             token->line, token->column);
    }
  }

  bool take_assignment(Tokens tokens) {
    const Assignment assignment = assignment_in(tokens);
    const bool is_ours = std::any_of(assignment.names.begin(), assignment.names.end(), [](const auto& name) {
      return std::find(kVariables.begin(), kVariables.end(), name) != kVariables.end();
    });
    if (!is_ours) {
      return false;
    }
    const std::optional<Value> value = ValueReader(assignment.value).read();
    if (!value) {
      report(fmt::format("the value of '{}' cannot be read without running Python", assignment.names.front()),
             tokens[0].line, tokens[0].column);
      is_reported_ = true;
    }
    for (const std::string& name : assignment.names) {
      values_[name] = value.value_or(Value{.is_none = true, .is_single = false, .texts = {}, .line = 0});
    }
    return true;
  }

  void note_created_tables(Tokens tokens) {
    for (std::size_t i = 2; i + 2 < tokens.size(); ++i) {
      if (is_name(tokens[i], "create_table") && is_sign(tokens[i - 1], '.') && is_sign(tokens[i + 1], '(') &&
          tokens[i + 2].kind == Kind::text) {
        read_.created_tables.push_back(tokens[i + 2].value);
      }
    }
  }

  void take_id() {
    const auto found = values_.find("revision");
    if (found == values_.end()) {
      take_id_from_name();
      return;
    }
    const Value& value = found->second;
    if (!value.is_single) {
      if (!is_reported_) {
        report("'revision' is not one string", value.line);
      }
      return;
    }
    read_.revision.id = value.texts.front();
    if (!is_revision_id(read_.revision.id)) {
      read_.problems.push_back(
          {.message = bad_revision_id(read_.revision.id),
           .where = SourcePosition{file_, value.line, 0, {}},
           .hint = "letters, digits, '_' and '.' are allowed; it can be given another id with "
                   "Alembic, in this file, in those that name it and in the version table"});
    }
  }

  void take_id_from_name() {
    const std::string name(file_name_of(file_));
    const std::string stem = name.substr(0, name.size() - 3);
    const bool is_hex = !stem.empty() && stem.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_hex) {
      read_.revision.id = stem;
      return;
    }
    read_.problems.push_back(
        {.message = "the file assigns no 'revision', and its name is no revision id",
         .where = SourcePosition{file_, 0, 0, {}},
         .hint = "Alembic cannot load it either: move it elsewhere if it is no revision"});
  }

  static std::string_view file_name_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
  }

  void take_parents() {
    const auto found = values_.find("down_revision");
    if (found == values_.end()) {
      if (read_.problems.empty()) {
        report("the file assigns no 'down_revision'", 0);
      }
      return;
    }
    read_.revision.down_revisions = without_repeats(found->second.texts);
  }

  void take_lists() {
    if (const auto found = values_.find("branch_labels"); found != values_.end()) {
      read_.revision.branch_labels = without_repeats(found->second.texts);
    }
    if (const auto found = values_.find("depends_on"); found != values_.end()) {
      read_.revision.depends_on = without_repeats(found->second.texts);
    }
  }

  static std::vector<std::string> without_repeats(const std::vector<std::string>& texts) {
    std::vector<std::string> result;
    for (const std::string& text : texts) {
      if (std::find(result.begin(), result.end(), text) == result.end()) {
        result.push_back(text);
      }
    }
    return result;
  }

  PythonSource source_;
  const std::string& file_;
  AlembicRevision read_;
  std::map<std::string, Value, std::less<>> values_;
  bool is_in_definition_ = false;
  bool is_reported_ = false;
};

}  // namespace

AlembicRevision read_alembic_revision(std::string_view text, const std::string& file) {
  return AlembicReader(text, file).read();
}

namespace {

/// As Python writes a string.
std::string python_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c;
  }
  return quoted + "\"";
}

std::string python_list(const std::vector<std::string>& texts) {
  if (texts.empty()) {
    return "None";
  }
  std::vector<std::string> quoted;
  std::transform(texts.begin(), texts.end(), std::back_inserter(quoted), python_text);
  return texts.size() == 1 ? quoted.front() : fmt::format("({})", join(quoted, ", "));
}

}  // namespace

std::string alembic_twin(const Revision& revision, std::string_view environment) {
  const std::string message = python_text(revision.message);
  return fmt::format(
      "\"\"{0}\n\n"
      "The place of a script of metaxy-migrate, which is beside this file and alone is run. Written by "
      "metaxy-migrate.\n"
      "\"\"\"\n\n"
      "revision = {1}\n"
      "down_revision = {2}\n"
      "branch_labels = {3}\n"
      "depends_on = {4}\n\n\n"
      "def upgrade():\n"
      "    raise RuntimeError(\"a script of metaxy-migrate: metaxy-migrate -n {5} upgrade {6}\")\n\n\n"
      "def downgrade():\n"
      "    raise RuntimeError(\"a script of metaxy-migrate: metaxy-migrate -n {5} downgrade {7}\")\n",
      std::string_view(message).substr(0, message.size() - 1), python_text(revision.id),
      python_list(revision.down_revisions), python_list(revision.branch_labels),
      python_list(revision.depends_on), environment, revision.id,
      revision.down_revisions.empty() ? "base" : revision.down_revisions.front());
}

bool is_alembic_file_name(std::string_view name) {
  return name.ends_with(".py") && !name.starts_with(".#") && !name.starts_with("__init__");
}

}  // namespace metaxy::migrate
