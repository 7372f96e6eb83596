#pragma once
// The process's surroundings: streams, colours, environment, questions to a person.

#include <string>
#include <string_view>
#include <vector>

#include "command/context.hpp"

namespace metaxy::migrate {

enum class ColorMode { automatic, always, never };

/// Whether to colour what goes to this stream (NO_COLOR, CLICOLOR_FORCE, TERM=dumb, a terminal or not).
bool uses_color(ColorMode mode, int file_descriptor, const ProcessEnvironment& environment);

/// Whether this stream is a terminal that shows more than ASCII, by its locale.
bool shows_unicode(int file_descriptor, const ProcessEnvironment& environment);
bool is_terminal(int file_descriptor);

ProcessEnvironment process_environment();
std::string user_name(const ProcessEnvironment& environment);
std::string host_name();

/// Writes all of it to stdout; a closed pipe ends the process quietly, as `head` expects. Throws
/// Error(failure) when the disk is full.
void write_output(std::string_view text);
/// To stderr, as far as that goes: a run does not stop because nobody can be told of it.
void write_message(std::string_view text);

/// Opens the files, one after the other, in the user's editor and waits. Throws Error(failure) when there is
/// none or it fails.
void open_in_editor(const std::vector<std::string>& files, const ProcessEnvironment& environment);

/// Lets Graphviz draw a graph in its language, straight to stdout. Throws Error(failure) when it is not
/// installed or fails.
void write_svg(std::string_view dot);

/// Asks on stderr, reads from stdin, when both are terminals.
class TerminalPrompter final : public Prompter {
 public:
  explicit TerminalPrompter(bool may_ask) : may_ask_(may_ask) {}
  bool can_ask() const override;
  std::string ask(const std::string& question) override;

 private:
  bool may_ask_;
};

}  // namespace metaxy::migrate
