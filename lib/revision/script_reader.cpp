#include "revision/script_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "revision/header.hpp"

namespace metaxy::migrate {

namespace {

/// No person writes a longer header; a longer one is a file that is something else.
constexpr std::size_t kLongestHeader = std::size_t{1} << 20U;

}  // namespace

void SectionHash::update(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\n\f\v");
  if (last == std::string_view::npos) {
    blanks_ += text;
    return;
  }
  hash_.update(blanks_);
  hash_.update(text.substr(0, last + 1));
  blanks_ = text.substr(last + 1);
}

void SectionHash::end_section() {
  hash_.update("\n");
  blanks_.clear();
}

ScriptReader::ScriptReader(std::string file, const SplitterOptions& options, Visit visit,
                           const SurveyOptions& leaving_out)
    : file_(std::move(file)),
      options_(options),
      visit_(std::move(visit)),
      leaving_out_(leaving_out),
      text_(file_) {}

void ScriptReader::feed(std::string_view piece) { take_text(text_.take(piece)); }

void ScriptReader::take_text(std::string_view text) {
  if (splitter_ == nullptr) {
    held_ += text;
    take_header(false);
    return;
  }
  const std::size_t end = text.rfind('\n');
  if (end == std::string_view::npos) {
    held_ += text;
    return;
  }
  const std::string_view lines = text.substr(0, end + 1);
  if (held_.empty()) {
    take_lines(lines);
  } else {
    held_ += lines;
    take_lines(held_);
  }
  held_ = text.substr(end + 1);
}

void ScriptReader::take_header(bool is_final) {
  const std::optional<std::size_t> size = header_size(held_);
  if (!size && !is_final) {
    if (held_.size() > kLongestHeader) {
      throw Error(ErrorKind::script, fmt::format("the header has no end within {} bytes", kLongestHeader),
                  {.where = SourcePosition{file_, 1, 1, {}},
                   .hint = "a header is a few comment lines at the beginning of the file",
                   .notes = {}});
    }
    return;
  }
  std::string text = std::exchange(held_, {});
  if (!size) {
    text += '\n';
  }
  if (leaving_out_.revision != nullptr) {
    survey_.revision = *leaving_out_.revision;
  } else {
    const HeaderParts parts = header_parts(text, file_);
    survey_.revision = revision_of(parts, file_);
    comments_ = parts.comments;
  }
  const std::string_view header =
      std::string_view(text).substr(0, size ? *size : header_size(text).value_or(text.size()));
  const auto lines = static_cast<std::size_t>(std::count(header.begin(), header.end(), '\n'));
  splitter_ = std::make_unique<Splitter>(options_, file_, lines + 1);
  take_text(std::string_view(text).substr(header.size()));
}

/// Only whole lines reach the splitter, so a marker is reported with the lines that it stands in, and the
/// text before it can be told from the text behind it.
void ScriptReader::take_lines(std::string_view lines) {
  lines_ = lines;
  splitter_->feed(lines, [this](SplitterEvent event) { take_event(std::move(event)); });
  if (SectionHash* const hash = current_hash()) {
    hash->update(lines.substr(hashed_ - lines_begin_));
  }
  lines_begin_ += lines.size();
  hashed_ = lines_begin_;
}

ScriptSurvey ScriptReader::finish() {
  text_.finish();
  if (splitter_ == nullptr) {
    take_header(true);
  }
  if (!held_.empty()) {
    const std::string last = std::exchange(held_, {}) + "\n";
    take_lines(last);
  }
  splitter_->finish([this](SplitterEvent event) { take_event(std::move(event)); });
  end_section();
  if (leaving_out_.has_checksums) {
    survey_.checksums = {upgrade_.digest(), downgrade_.digest()};
  }
  return std::move(survey_);
}

SectionHash* ScriptReader::current_hash() {
  if (!is_in_section_ || !leaving_out_.has_checksums) {
    return nullptr;
  }
  return survey_.sections.back().direction == Direction::upgrade ? &upgrade_ : &downgrade_;
}

void ScriptReader::end_section() {
  if (SectionHash* const hash = current_hash()) {
    hash->end_section();
  }
  if (is_in_section_) {
    section_comments_.push_back(splitter_->comments());
  }
}

void ScriptReader::take_event(SplitterEvent event) {
  switch (event.kind) {
    case SplitterEvent::Kind::statement:
      take_statement(std::move(event.statement));
      return;
    case SplitterEvent::Kind::marker:
      take_marker(event);
      return;
    case SplitterEvent::Kind::line:
      take_change(event);
      return;
  }
}

void ScriptReader::take_marker(const SplitterEvent& event) {
  const SourcePosition where = splitter_->position();
  const Marker marker = marker_of(event.text, where);
  if (SectionHash* const hash = current_hash()) {
    hash->update(lines_.substr(hashed_ - lines_begin_, event.offset - hashed_));
  }
  end_section();
  hashed_ = event.offset;
  is_in_section_ = !marker.is_changes;
  if (!marker.is_changes) {
    const Section& section = marker.section;
    survey_.sections.push_back(
        {section.direction, section.is_transactional, section.has_foreign_keys_on, 0, event.line});
    return;
  }
  if (survey_.has_changes) {
    throw Error(ErrorKind::script, "the script has a second section of changes",
                {.where = where, .hint = "put all changes into one section", .notes = {}});
  }
  survey_.has_changes = true;
  splitter_->read_lines();
}

void ScriptReader::take_statement(Statement statement) {
  if (!is_in_section_) {
    throw Error(ErrorKind::script, "a statement stands outside of every section",
                {.where = splitter_->position(),
                 .hint = "begin a section with the line '-- migrate: upgrade'",
                 .notes = {}});
  }
  ScriptSurvey::SectionFacts& section = survey_.sections.back();
  check_statement(statement, section.is_transactional, options_, [this] { return splitter_->position(); });
  ++section.statement_count;
  if (visit_) {
    visit_(survey_.sections.size() - 1, std::move(statement));
  }
}

/// One operation a line, as a comment; `--` alone is a blank line.
void ScriptReader::take_change(const SplitterEvent& event) {
  const std::string_view line = trimmed(event.text);
  const SourcePosition where = splitter_->position();
  if (line.substr(0, 2) != "--") {
    throw Error(ErrorKind::script, "a section of changes has only lines '-- {...}'",
                {.where = where, .hint = "put statements into a section of their own", .notes = {}});
  }
  const std::string_view json = trimmed(line.substr(2));
  if (json.empty()) {
    return;
  }
  try {
    survey_.changes.push_back(operation_from_json_line(json));
  } catch (const Error& error) {
    const auto begin = static_cast<std::size_t>(json.data() - event.text.data());
    const std::size_t column = error.where() ? std::max<std::size_t>(error.where()->column, 1) : 1;
    throw Error(error.kind(), error.what(),
                {.where = SourcePosition{file_, where.line, begin + column, where.line_text},
                 .hint = error.hint(),
                 .notes = error.notes()});
  }
}

}  // namespace metaxy::migrate
