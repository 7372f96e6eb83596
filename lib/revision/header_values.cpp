#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "revision/header.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::size_t kTimeSize = std::string_view("2026-11-22T13:05:00Z").size();

/// Reads one line; every step gives false when the line is not in the subset.
class PlainLine {
 public:
  explicit PlainLine(std::string_view text) : text_(text) {}

  bool is_done() {
    skip_blanks();
    return at_ == text_.size() || text_[at_] == '#';
  }
  /// Control characters are errors in TOML, also in comments, and toml++ words them well.
  bool has_control() const {
    return std::any_of(text_.begin(), text_.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
  }

  bool read(HeaderValue& value) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_bare_key_char(text_[at_])) {
      ++at_;
    }
    value.key = text_.substr(begin, at_ - begin);
    return !value.key.empty() && take('=') && read_value(value) && is_done();
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool take(char c) {
    skip_blanks();
    const bool is_there = at_ < text_.size() && text_[at_] == c;
    at_ += is_there ? 1 : 0;
    return is_there;
  }

  bool read_value(HeaderValue& value) {
    skip_blanks();
    value.column = at_;
    if (take('[')) {
      value.kind = HeaderValue::Kind::list;
      return read_list(value.texts);
    }
    if (is_utc_time(text_.substr(at_, kTimeSize))) {
      value.kind = HeaderValue::Kind::time;
      value.texts.emplace_back(text_.substr(at_, kTimeSize));
      at_ += kTimeSize;
      return true;
    }
    value.kind = HeaderValue::Kind::text;
    return read_text(value.texts);
  }

  /// A basic string without escapes; three quotes begin another kind of string.
  bool read_text(std::vector<std::string>& texts) {
    if (!take('"')) {
      return false;
    }
    const std::size_t end = text_.find('"', at_);
    const std::string_view text = text_.substr(at_, end - at_);
    if (end == std::string_view::npos || text.find('\\') != std::string_view::npos) {
      return false;
    }
    texts.emplace_back(text);
    at_ = end + 1;
    return at_ == text_.size() || text_[at_] != '"';
  }

  bool read_list(std::vector<std::string>& texts) {
    for (;;) {
      if (take(']')) {
        return true;
      }
      if (!read_text(texts)) {
        return false;
      }
      if (!take(',')) {
        return take(']');
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// What the values of a header are put into, key by key.
class RevisionReader {
 public:
  RevisionReader(const HeaderParts& parts, const std::string& file) : parts_(parts), file_(file) {}

  Revision read(const std::vector<HeaderValue>& values);

 private:
  using Check = bool (*)(std::string_view);

  [[noreturn]] void refuse(const HeaderValue& value, std::size_t column, const std::string& message,
                           std::string hint) const;
  void read_value(const HeaderValue& value, Revision& revision) const;
  std::string text(const HeaderValue& value) const;
  std::vector<std::string> list(const HeaderValue& value) const;
  std::string time(const HeaderValue& value) const;
  void check_all(const HeaderValue& value, Check check, std::string_view what, std::string_view hint) const;
  void refuse_missing(const std::vector<HeaderValue>& values) const;

  const HeaderParts& parts_;
  const std::string& file_;
};

constexpr std::string_view kRevision = "revision";
constexpr std::string_view kDownRevision = "down_revision";
constexpr std::string_view kCreated = "created";
constexpr std::string_view kDialect = "dialect";
constexpr std::string_view kBranchLabels = "branch_labels";
constexpr std::string_view kDependsOn = "depends_on";
constexpr std::string_view kTablePrefix = "table_prefix";
constexpr std::string_view kReplaces = "replaces";
constexpr std::array<std::string_view, 8> kKeys = {kRevision,     kDownRevision, kCreated,     kDialect,
                                                   kBranchLabels, kDependsOn,    kTablePrefix, kReplaces};

constexpr std::string_view kIdHint =
    "an id has letters, digits, '_' and '.'; head, heads, base and current are taken";
constexpr std::string_view kLabelHint =
    "a label has letters, digits, '_', '.' and '-' (not before a digit); head, heads, base and current are "
    "taken";

bool is_id_or_label(std::string_view text) { return is_revision_id(text) || is_branch_label(text); }

void RevisionReader::refuse(const HeaderValue& value, std::size_t column, const std::string& message,
                            std::string hint) const {
  throw Error(
      ErrorKind::script, message,
      {.where = position_in(parts_.lines, file_, value.line, column), .hint = std::move(hint), .notes = {}});
}

Revision RevisionReader::read(const std::vector<HeaderValue>& values) {
  Revision revision;
  revision.file = file_;
  revision.message = parts_.message;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (values[j].key == values[i].key) {
        refuse(values[i], 4, fmt::format("{} is given twice", in_quotes(values[i].key)), {});
      }
    }
    read_value(values[i], revision);
  }
  refuse_missing(values);
  return revision;
}

void RevisionReader::read_value(const HeaderValue& value, Revision& revision) const {
  if (value.key == kRevision) {
    revision.id = text(value);
    check_all(value, is_revision_id, "a revision id", kIdHint);
  } else if (value.key == kDownRevision) {
    revision.down_revisions = list(value);
    check_all(value, is_revision_id, "a revision id", kIdHint);
  } else if (value.key == kCreated) {
    revision.created = time(value);
  } else if (value.key == kDialect) {
    revision.dialect = text(value);
  } else if (value.key == kBranchLabels) {
    revision.branch_labels = list(value);
    check_all(value, is_branch_label, "a branch label", kLabelHint);
  } else if (value.key == kDependsOn) {
    revision.depends_on = list(value);
    check_all(value, is_id_or_label, "a revision id or branch label", kLabelHint);
  } else if (value.key == kTablePrefix) {
    revision.table_prefix = text(value);
  } else if (value.key == kReplaces) {
    revision.replaces = list(value);
    check_all(value, is_revision_id, "a revision id", kIdHint);
  } else {
    const std::vector<std::string> keys(kKeys.begin(), kKeys.end());
    std::string hint = did_you_mean(value.key, keys);
    refuse(value, 4, fmt::format("the header has an unknown key {}", in_quotes(value.key)),
           hint.empty() ? fmt::format("known are {}", join(keys, ", ")) : std::move(hint));
  }
}

std::string RevisionReader::text(const HeaderValue& value) const {
  if (value.kind == HeaderValue::Kind::text) {
    return value.texts.front();
  }
  for (const HeaderLine& line : parts_.lines) {
    const std::optional<Error> unquoted =
        line.line == value.line ? unquoted_value(line, file_) : std::nullopt;
    if (unquoted) {
      throw Error(*unquoted);
    }
  }
  refuse(value, value.column, fmt::format("the value of {} must be a text in quotes", in_quotes(value.key)),
         {});
}

/// A list, or one text; an empty text is the empty list.
std::vector<std::string> RevisionReader::list(const HeaderValue& value) const {
  if (value.kind == HeaderValue::Kind::list) {
    return value.texts;
  }
  const std::string only = text(value);
  return only.empty() ? std::vector<std::string>() : std::vector<std::string>{only};
}

std::string RevisionReader::time(const HeaderValue& value) const {
  if (value.kind != HeaderValue::Kind::time || !is_utc_time(value.texts.front())) {
    refuse(value, value.column, fmt::format("the value of {} must be a time in UTC", in_quotes(value.key)),
           "write it without quotes, such as 2026-11-22T13:05:00Z");
  }
  return value.texts.front();
}

void RevisionReader::check_all(const HeaderValue& value, Check check, std::string_view what,
                               std::string_view hint) const {
  for (std::size_t i = 0; i < value.texts.size(); ++i) {
    const std::string& item = value.texts[i];
    const bool is_base = item.empty() && value.kind == HeaderValue::Kind::text && value.key != kRevision;
    if (!is_base && !check(item)) {
      refuse(value, value.column, fmt::format("{} is not {}", in_quotes(item), what), std::string(hint));
    }
    if (std::find(value.texts.begin(), value.texts.begin() + static_cast<std::ptrdiff_t>(i), item) !=
        value.texts.begin() + static_cast<std::ptrdiff_t>(i)) {
      refuse(value, value.column, fmt::format("{} names {} twice", in_quotes(value.key), in_quotes(item)),
             {});
    }
  }
}

void RevisionReader::refuse_missing(const std::vector<HeaderValue>& values) const {
  for (const std::string_view key : {kRevision, kDownRevision, kDialect}) {
    const bool is_there =
        std::any_of(values.begin(), values.end(), [&](const HeaderValue& value) { return value.key == key; });
    if (!is_there) {
      throw Error(
          ErrorKind::script, fmt::format("the header has no {}", in_quotes(key)),
          {.where = parts_.begin, .hint = fmt::format("add the line '-- {} = \"...\"'", key), .notes = {}});
    }
  }
}

unsigned number_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned>(text[at] - '0') * 10U + static_cast<unsigned>(text[at + 1] - '0');
}

unsigned days_in(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && is_leap ? 1U : 0U);
}

}  // namespace

bool is_utc_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool fits = kShape[i] == '0' ? is_digit(text[i]) : text[i] == kShape[i];
    if (!fits) {
      return false;
    }
  }
  const unsigned year = number_at(text, 0) * 100U + number_at(text, 2);
  const unsigned month = number_at(text, 5);
  const unsigned day = number_at(text, 8);
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month) && number_at(text, 11) < 24 &&
         number_at(text, 14) < 60 && number_at(text, 17) < 60;
}

std::optional<std::vector<HeaderValue>> read_plain_values(std::span<const HeaderLine> lines) {
  std::vector<HeaderValue> values;
  values.reserve(lines.size());
  for (const HeaderLine& line : lines) {
    PlainLine plain(line.text);
    if (plain.has_control()) {
      return std::nullopt;
    }
    if (plain.is_done()) {
      continue;
    }
    HeaderValue value;
    if (!plain.read(value)) {
      return std::nullopt;
    }
    value.line = line.line;
    value.column += line.column;
    values.push_back(std::move(value));
  }
  return values;
}

std::optional<Error> unquoted_value(const HeaderLine& line, const std::string& file) {
  const std::size_t equals = line.text.find('=');
  if (equals == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view key = trimmed(line.text.substr(0, equals));
  const std::size_t begin = line.text.find_first_not_of(" \t", equals + 1);
  const bool is_known = key != kCreated && std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
  if (!is_known || begin == std::string_view::npos ||
      std::string_view("\"'[{#").find(line.text[begin]) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view value = trimmed(line.text.substr(begin, line.text.find('#', begin) - begin));
  return Error(ErrorKind::script, fmt::format("the value of {} is not in quotes", in_quotes(key)),
               {.where = SourcePosition{file, line.line, line.column + begin, std::string(line.whole)},
                .hint = fmt::format("put it in quotes: {} = \"{}\"", key, value),
                .notes = {}});
}

Revision revision_of(const HeaderParts& parts, const std::string& file) {
  const std::optional<std::vector<HeaderValue>> plain = read_plain_values(parts.lines);
  return RevisionReader(parts, file).read(plain ? *plain : read_toml_values(parts.lines, file));
}

}  // namespace metaxy::migrate
