#pragma once
// Reads one script in pieces: header, sections, statements, changes, checksums. Both parse_script and
// survey_script are made of it.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "revision/script.hpp"
#include "revision/script_text.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// Where a section's text goes to be hashed: without blanks at its end, which are kept until more text
/// follows.
class SectionHash {
 public:
  void update(std::string_view text);
  void end_section();
  /// Call once.
  std::string digest() const { return hash_.digest(); }

 private:
  Sha256 hash_;
  std::string blanks_;
};

class ScriptReader {
 public:
  using Visit = std::function<void(std::size_t section, Statement statement)>;

  /// `visit` gets each statement that may stand where it stands.
  ScriptReader(std::string file, const SplitterOptions& options, Visit visit,
               const SurveyOptions& leaving_out = {});

  /// A piece of the file; any cut is fine. Throws Error(script).
  void feed(std::string_view piece);
  /// The end of the file. Call once.
  ScriptSurvey finish();
  /// Free comment lines of the header, unless that was read before.
  const std::vector<std::string>& comments() const { return comments_; }
  /// For each section the comment lines behind its last statement.
  const std::vector<std::vector<std::string>>& section_comments() const { return section_comments_; }

 private:
  void take_text(std::string_view text);
  void take_header(bool is_final);
  void take_lines(std::string_view lines);
  void take_event(SplitterEvent event);
  void take_marker(const SplitterEvent& event);
  void take_statement(Statement statement);
  void take_change(const SplitterEvent& event);
  void end_section();
  /// The hash of the section that is being read; nullptr for text that is not hashed.
  SectionHash* current_hash();

  std::string file_;
  SplitterOptions options_;
  Visit visit_;
  SurveyOptions leaving_out_;
  ScriptText text_;
  /// Made when the header is known, since it counts lines from there.
  std::unique_ptr<Splitter> splitter_;
  /// The header as far as it is known; later the line that is not whole.
  std::string held_;
  /// Lines that are being split, where they begin, and how far they are hashed, both counted from the
  /// header's end.
  std::string_view lines_;
  std::size_t lines_begin_ = 0;
  std::size_t hashed_ = 0;
  SectionHash upgrade_;
  SectionHash downgrade_;
  bool is_in_section_ = false;
  ScriptSurvey survey_;
  std::vector<std::string> comments_;
  std::vector<std::vector<std::string>> section_comments_;
};

/// What a marker says: a section, or changes. Throws Error(script) at `where` for anything else.
struct Marker {
  bool is_changes = false;
  Section section;
};
Marker marker_of(std::string_view text, const SourcePosition& where);

/// Throws Error(script) for a statement that no section, or not this one, may hold: transaction control where
/// the section is one transaction (decision 7), and PRAGMA foreign_keys (decision 13). `where` is asked only
/// then.
void check_statement(const Statement& statement, bool is_transactional, const SplitterOptions& options,
                     const std::function<SourcePosition()>& where);

}  // namespace metaxy::migrate
