#include "run/offline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "run/done_part.hpp"
#include "run/script_facts.hpp"

namespace metaxy::migrate {

namespace {

/// How much is collected before it is written.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

}  // namespace

class OfflineWriter {
 public:
  OfflineWriter(const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                const OfflineOptions& options, const std::function<void(std::string_view)>& write)
      : dialect_(dialect),
        shell_(*dialect.shell()),
        sql_(sql),
        files_(files),
        options_(options),
        write_(write),
        rows_(options.rows) {}

  void start() {
    comment(options_.title);
    comment(fmt::format("Run it so that the first error ends it: {}", shell_.call()));
    comment("Each block fails, and changes nothing, unless version table and log say what it expects.");
    put_all(shell_.start(options_.target));
  }

  void write_step(const RunStep& step) {
    text_ += fmt::format("\n-- {} {}: {}\n", to_text(step.step.direction), step.step.revision,
                         step.facts->revision.message);
    std::vector<std::size_t> sections;
    for (std::size_t i = 0; i < step.facts->sections.size(); ++i) {
      if (step.facts->sections[i].direction == step.step.direction) {
        sections.push_back(i);
      }
    }
    done_part_ = DonePart();
    progress_ = 0;
    can_stop_half_way_ = sections.size() > 1 ||
                         (sections.size() == 1 && !step.facts->sections[sections.front()].is_transactional);
    std::size_t ordinal = 0;
    std::size_t index = 0;
    bool is_entered = false;
    const auto enter_until = [&](std::size_t wanted) {
      for (; ordinal < wanted; ++ordinal, is_entered = false, index = 0) {
        if (!is_entered) {
          enter(step, step.facts->sections[sections[ordinal]]);
        }
        leave(step, ordinal, ordinal + 1 == sections.size());
      }
    };
    visit_statements(step, [&](std::size_t section, const Statement& statement) {
      const auto found = std::find(sections.begin(), sections.end(), section);
      if (found == sections.end()) {
        return;
      }
      enter_until(static_cast<std::size_t>(found - sections.begin()));
      if (!is_entered) {
        enter(step, step.facts->sections[section]);
        is_entered = true;
      }
      put_statement(step, ordinal, index++, statement);
    });
    enter_until(sections.size());
    finish(step, sections);
  }

  void finish() {
    end_block();
    put_all(shell_.finish());
    write_(text_);
  }

  void stamp(const std::vector<StampStep>& steps, const std::vector<LogRow>& log) {
    start();
    begin_block(false);
    for (const StampStep& step : steps) {
      for (const RowChange& change : step.rows) {
        put_row_change(change);
      }
    }
    for (const LogRow& row : log) {
      put_log(row);
    }
    finish();
  }

  void tables() {
    start();
    put(sql_.create_version_table());
    put(sql_.create_log_table());
    finish();
  }

 private:
  void comment(std::string_view text) { text_ += fmt::format("-- {}\n", text); }

  void put(std::string_view statement) {
    text_.append(statement).append(";\n");
    if (text_.size() >= kPiece) {
      write_(text_);
      text_.clear();
    }
  }

  /// The state tables first, so that the guard has something to look at in an empty database.
  void put_guard() {
    if (!has_state_tables_) {
      put(sql_.create_version_table());
      put(sql_.create_log_table());
      has_state_tables_ = true;
    }
    put_all(sql_.guard(rows_));
  }

  /// Connected, a downgrade keeps what its upgrade found there.
  void put_adopted_guard(const RunStep& step, const SectionFacts& section) {
    if (step.step.direction == Direction::upgrade) {
      return;
    }
    std::set<std::string> parts;
    for (const Statement& statement : section.ddl) {
      for (std::string& name : names_of_dropped(statement, dialect_.splitter_options())) {
        parts.insert(std::move(name));
      }
    }
    if (!parts.empty()) {
      put(sql_.adopted_guard(row_of(step), parts));
    }
  }

  /// What an earlier run of the same statements, or another run, has done of the revision is not done again.
  void put_progress_guard(const RunStep& step) {
    if (can_stop_half_way_) {
      put(sql_.progress_guard(row_of(step), progress_));
    }
  }

  /// As far as guards look for rows of a revision.
  LogRow row_of(const RunStep& step) const {
    LogRow row;
    row.project = options_.actor.binding.project;
    row.part = options_.actor.binding.part;
    row.revision = step.step.revision;
    return row;
  }

  void begin_block(bool has_foreign_keys_on) {
    if (is_open_) {
      return;
    }
    text_ += '\n';
    const std::array<std::string, 2> locked_tables = {sql_.version_table(), sql_.log_table()};
    put_all(shell_.begin(has_foreign_keys_on, locked_tables));
    is_open_ = true;
    has_foreign_keys_on_ = has_foreign_keys_on;
    put_guard();
  }

  void end_block() {
    if (!is_open_) {
      return;
    }
    put_all(shell_.commit(ddl_, has_foreign_keys_on_));
    is_open_ = false;
    ddl_.clear();
  }

  void visit_statements(const RunStep& step,
                        const std::function<void(std::size_t, const Statement&)>& visit) {
    if (step.facts->kept) {
      for (const auto& [section, statement] : step.facts->kept->statements) {
        visit(section, statement);
      }
      return;
    }
    const ScriptSurvey survey = survey_script(open_text(files_, step.facts->text), step.facts->text.shown_as,
                                              dialect_.splitter_options(), visit);
    if (survey.checksums != step.facts->checksums) {
      throw Error(ErrorKind::integrity,
                  fmt::format("script '{}' was changed while it was printed", step.facts->text.shown_as),
                  {.where = {}, .hint = "run the command again", .notes = {}});
    }
  }

  void put_all(const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) {
      put(statement);
    }
  }

  /// Statements of our own between those of a script that may have set something.
  template <class Act>
  void at_home(Act act) {
    const bool is_away = is_away_;
    if (is_away) {
      put_all(shell_.visit_home(options_.target));
    }
    act();
    if (is_away) {
      put_all(shell_.go_back());
    }
  }

  void come_home() {
    if (is_away_) {
      put_all(shell_.come_home(options_.target, is_open_));
      is_away_ = false;
    }
  }

  void enter(const RunStep& step, const SectionFacts& section) {
    at_home([&] { enter_at_home(step, section); });
  }

  void enter_at_home(const RunStep& step, const SectionFacts& section) {
    if (!section.is_transactional) {
      end_block();
      text_ += '\n';
      put_guard();
      put_progress_guard(step);
      put_adopted_guard(step, section);
      return;
    }
    if (section.has_foreign_keys_on) {
      end_block();
    }
    begin_block(section.has_foreign_keys_on);
    put_progress_guard(step);
    put_adopted_guard(step, section);
    ddl_.insert(ddl_.end(), section.ddl.begin(), section.ddl.end());
  }

  void put_statement(const RunStep& step, std::size_t ordinal, std::size_t index,
                     const Statement& statement) {
    for (const std::string& line : statement.comments) {
      comment(line);
    }
    const bool is_alone = !is_open_;
    if (is_alone) {
      put_progress(step, "started", ordinal, index);
    }
    put_all(shell_.statement(statement));
    is_away_ |= !shell_.stays_home(statement.text);
    if (can_stop_half_way_) {
      done_part_.add(statement);
    }
    if (is_alone) {
      put_progress(step, "statement", ordinal, index);
    }
  }

  void leave(const RunStep& step, std::size_t ordinal, bool is_last) {
    if (is_last) {
      return;
    }
    put_progress(step, "section", ordinal, std::nullopt);
    if (options_.mode == TransactionMode::per_revision || has_foreign_keys_on_) {
      end_block();
    }
  }

  void finish(const RunStep& step, const std::vector<std::size_t>& sections) {
    come_home();
    begin_block(false);
    for (const RowChange& change : step.step.rows) {
      put_row_change(change);
    }
    LogRow row = log_row_of(step);
    row.outcome = "done";
    const std::optional<KeptScript>& kept = step.facts->kept;
    row.script = kept && kept->text.size() <= kMaxLoggedScript ? std::optional(kept->text)
                                                               : logged_text(files_, step.facts->text);
    for (const std::size_t section : sections) {
      row.statements += static_cast<std::int64_t>(step.facts->sections[section].statement_count);
    }
    put_log(std::move(row));
    rows_ = step.step.heads_after;
    if (options_.mode == TransactionMode::per_revision || has_foreign_keys_on_) {
      end_block();
    }
  }

  void put_row_change(const RowChange& change) {
    switch (change.kind) {
      case RowChange::Kind::insert:
        put(sql_.insert_version(change.to));
        return;
      case RowChange::Kind::remove:
        put(sql_.delete_version(change.from));
        return;
      case RowChange::Kind::update:
        put(sql_.update_version(change.from, change.to));
        return;
    }
  }

  void put_progress(const RunStep& step, std::string outcome, std::size_t ordinal,
                    std::optional<std::size_t> index) {
    LogRow row = log_row_of(step);
    row.outcome = std::move(outcome);
    row.section = static_cast<std::int64_t>(ordinal);
    row.statement = index ? static_cast<std::int64_t>(*index) : -1;
    (step.step.direction == Direction::upgrade ? row.upgrade_checksum : row.downgrade_checksum) =
        done_part_.checksum();
    at_home([&] { put_log(std::move(row)); });
    ++progress_;
  }

  void put_log(LogRow row) {
    row.project = options_.actor.binding.project;
    row.environment = options_.actor.binding.environment;
    row.part = options_.actor.binding.part;
    row.tool_version = options_.actor.tool_version;
    put(sql_.insert_log_offline(row));
  }

  const Dialect& dialect_;
  const Shell& shell_;
  const StateSql& sql_;
  const FileSystem& files_;
  const OfflineOptions& options_;
  const std::function<void(std::string_view)>& write_;
  std::string text_;
  /// What the version table holds at this point.
  std::vector<std::string> rows_;
  /// Of the open block.
  std::vector<Statement> ddl_;
  DonePart done_part_;
  /// Rows of progress that the log has got of this revision.
  std::size_t progress_ = 0;
  /// Whether anything asks for the done part of this revision.
  bool can_stop_half_way_ = false;
  bool is_open_ = false;
  bool has_foreign_keys_on_ = false;
  bool has_state_tables_ = false;
  /// Whether a statement of this revision may have changed what the session holds.
  bool is_away_ = false;
};

OfflineRun::OfflineRun(const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                       const OfflineOptions& options)
    : write_([this](std::string_view piece) { held_.emplace_back(piece); }) {
  writer_ = std::make_unique<OfflineWriter>(dialect, sql, files, options, write_);
  writer_->start();
}

OfflineRun::~OfflineRun() = default;

void OfflineRun::add(RunStep step) {
  if (later_.empty() && step.facts->kept) {
    writer_->write_step(step);
  } else {
    later_.push_back(std::move(step));
  }
}

void OfflineRun::finish(const std::function<void(std::string_view)>& write) {
  for (const std::string& piece : held_) {
    write(piece);
  }
  held_.clear();
  write_ = write;
  for (const RunStep& step : later_) {
    writer_->write_step(step);
  }
  writer_->finish();
}

void write_offline_stamp(const std::vector<StampStep>& steps, const std::vector<LogRow>& log,
                         const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                         const OfflineOptions& options, const std::function<void(std::string_view)>& write) {
  OfflineWriter(dialect, sql, files, options, write).stamp(steps, log);
}

void write_offline_tables(const Dialect& dialect, const StateSql& sql, const FileSystem& files,
                          const OfflineOptions& options, const std::function<void(std::string_view)>& write) {
  OfflineWriter(dialect, sql, files, options, write).tables();
}

}  // namespace metaxy::migrate
