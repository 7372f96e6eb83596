// CLI11 is included here and nowhere else: it takes seconds to compile.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <variant>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "command_line.hpp"

namespace metaxy::migrate {

namespace {

/// Put before arguments such as `-1`, which are revisions here and would be options to CLI11, and before
/// those that are also the name of a command (`stamp heads`); taken off again after parsing.
constexpr char kNotAnOption = '\x01';

/// The command that a word names, by its own name or another spelling of it.
const CommandSpec* command_named(const CommandLine& line, const std::string& word) {
  for (const CommandSpec& spec : line.commands) {
    if (spec.name == word ||
        std::find(spec.aliases.begin(), spec.aliases.end(), word) != spec.aliases.end()) {
      return &spec;
    }
  }
  return nullptr;
}

/// Whether the next argument is the value of this one.
bool takes_next(const CommandLine& line, const std::string& argument) {
  return std::any_of(line.options.begin(), line.options.end(), [&](const OptionSpec& spec) {
    const std::vector<std::string> names = split(spec.names, ',');
    return !std::holds_alternative<bool*>(spec.target) && !spec.has_optional_value &&
           std::find(names.begin(), names.end(), argument) != names.end();
  });
}

/// The arguments as CLI11 must see them.
std::vector<std::string> guarded(const CommandLine& line, std::vector<std::string> arguments) {
  bool has_command = false;
  bool is_value = false;
  for (std::string& argument : arguments) {
    const CommandSpec* command = command_named(line, argument);
    const bool is_relative = argument.size() > 1 && argument[0] == '-' &&
                             std::isdigit(static_cast<unsigned char>(argument[1])) != 0;
    if (command != nullptr && !has_command && !is_value) {
      has_command = true;
      argument = command->name;
    } else if (is_relative || command != nullptr) {
      argument.insert(argument.begin(), kNotAnOption);
    }
    is_value = !is_value && takes_next(line, argument);
  }
  return arguments;
}

std::string unguarded(std::string value) {
  if (!value.empty() && value[0] == kNotAnOption) {
    value.erase(0, 1);
  }
  return value;
}

std::size_t number_from(const std::string& text, const std::string& names) {
  const bool is_number = !text.empty() && text.size() < 10 &&
                         std::all_of(text.begin(), text.end(),
                                     [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
  if (!is_number) {
    throw CLI::ValidationError(names, fmt::format("'{}' is not a whole number", text));
  }
  return std::stoul(text);
}

void require_choice(const OptionSpec& spec, const std::string& value) {
  if (spec.choices.empty() ||
      std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end()) {
    return;
  }
  const std::string hint = did_you_mean(value, spec.choices);
  throw CLI::ValidationError(spec.names,
                             fmt::format("'{}' is not one of {}{}{}", value, join(spec.choices, ", "),
                                         hint.empty() ? "" : "; ", hint));
}

struct Filler {
  const OptionSpec& spec;
  const CLI::results_t& values;

  void operator()(bool* target) const { *target = true; }
  void operator()(std::string* target) const { *target = one(); }
  void operator()(std::optional<std::string>* target) const { *target = one(); }
  void operator()(std::optional<std::size_t>* target) const { *target = number_from(one(), spec.names); }
  void operator()(std::vector<std::string>* target) const {
    for (const std::string& value : values) {
      require_choice(spec, unguarded(value));
      target->push_back(unguarded(value));
    }
  }

  std::string one() const {
    std::string value = unguarded(values.back());
    require_choice(spec, value);
    return value;
  }
};

void add_option(CLI::App& app, const OptionSpec& spec) {
  const bool is_flag = std::holds_alternative<bool*>(spec.target);
  const bool is_list = std::holds_alternative<std::vector<std::string>*>(spec.target);
  CLI::callback_t fill = [&spec](const CLI::results_t& values) {
    std::visit(Filler{spec, values}, spec.target);
    return true;
  };
  CLI::Option* option = app.add_option(spec.names, fill, spec.help);
  if (is_flag) {
    option->expected(0)->type_size(0)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  } else if (spec.has_optional_value) {
    option->expected(0, 1)->type_size(1);
  } else if (is_list) {
    // Written once a value (`-n dev -n prod`); only positional lists take several words.
    option->expected(1, spec.names[0] == '-' ? 1 : CLI::detail::expected_max_vector_size);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    option->allow_extra_args(spec.names[0] != '-');
  } else {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  option->required(spec.is_required);
  option->type_name(spec.value_name);
  if (spec.is_hidden) {
    option->group("");
  }
}

constexpr std::size_t kHelpWidth = 100;

/// Lines of at most kHelpWidth characters, broken at spaces.
std::string wrapped(const std::string& text) {
  std::string result;
  std::size_t width = 0;
  for (const std::string& word : split(text, ' ')) {
    if (width > 0 && width + 1 + word.size() > kHelpWidth) {
      result += '\n';
      width = 0;
    } else if (width > 0) {
      result += ' ';
      ++width;
    }
    result += word;
    width += word.size();
  }
  return result + "\n";
}

/// Below the options: what the command is about at length, and examples.
std::string footer_of(const CommandSpec& spec) {
  std::string text;
  if (!spec.description.empty()) {
    text += wrapped(spec.description) + "\n";
  }
  if (spec.formats.size() > 1) {
    text += fmt::format("Formats: {}\n\n", join(spec.formats, ", "));
  }
  if (!spec.examples.empty()) {
    text += "Examples:\n";
    for (const auto& [line, meaning] : spec.examples) {
      text += fmt::format("  {}\n      {}\n", line, meaning);
    }
  }
  return text;
}

std::vector<std::string> names_of_options(const std::vector<OptionSpec>& specs) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) {
    for (const std::string& name : split(spec.names, ',')) {
      if (name[0] == '-') {
        names.push_back(name);
      }
    }
  }
  return names;
}

[[noreturn]] void throw_unknown(const CommandLine& line, const CommandSpec* command,
                                const std::vector<std::string>& extras) {
  const std::string typed = unguarded(extras.front());
  std::vector<std::string> candidates = names_of_options(line.options);
  if (command != nullptr) {
    const std::vector<std::string> own = names_of_options(command->options);
    candidates.insert(candidates.end(), own.begin(), own.end());
  } else {
    for (const CommandSpec& spec : line.commands) {
      candidates.push_back(spec.name);
    }
  }
  const bool is_option = typed[0] == '-';
  const std::string what = is_option ? "option" : (command == nullptr ? "command" : "argument");
  std::string hint = did_you_mean(typed, candidates);
  if (hint.empty()) {
    hint = command == nullptr ? fmt::format("`{} --help` lists the commands", line.name)
                              : fmt::format("`{} {} --help` lists what it takes", line.name, command->name);
  }
  throw Error(ErrorKind::usage, fmt::format("unknown {} '{}'", what, typed),
              {.where = {}, .hint = hint, .notes = {}});
}

/// CLI11's words for a wrong value begin with the option's names: "-x,--yes: ...".
Error error_from(const CLI::ParseError& error, const CommandLine& line, const CommandSpec* command) {
  return Error(ErrorKind::usage, unguarded(error.what()),
               {.where = {},
                .hint = command == nullptr ? fmt::format("`{} --help`", line.name)
                                           : fmt::format("`{} {} --help`", line.name, command->name),
                .notes = {}});
}

const CommandSpec* chosen_command(const CLI::App& app, const CommandLine& line) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (chosen.empty()) {
    return nullptr;
  }
  for (const CommandSpec& spec : line.commands) {
    if (spec.name == chosen.front()->get_name()) {
      return &spec;
    }
  }
  return nullptr;
}

}  // namespace

Parsed parse(const CommandLine& line, const std::vector<std::string>& arguments) {
  CLI::App app(line.summary, line.name);
  app.set_version_flag("--version", line.version);
  app.set_help_flag("-h,--help", "print this help");
  app.get_formatter()->column_width(34);
  app.fallthrough();
  app.allow_extras();
  for (const OptionSpec& spec : line.options) {
    add_option(app, spec);
  }
  for (const CommandSpec& spec : line.commands) {
    CLI::App* command = app.add_subcommand(spec.name, spec.summary);
    command->fallthrough();
    command->allow_extras();
    command->footer([&spec] { return footer_of(spec); });
    for (const OptionSpec& option : spec.options) {
      add_option(*command, option);
    }
  }
  app.footer(fmt::format("`{} COMMAND --help` explains a command, with examples.", line.name));

  std::vector<std::string> guarded_arguments = guarded(line, arguments);
  std::reverse(guarded_arguments.begin(), guarded_arguments.end());
  try {
    app.parse(guarded_arguments);
  } catch (const CLI::CallForHelp&) {
    const bool is_whole = app.get_subcommands().empty();
    const CLI::App* shown = is_whole ? &app : app.get_subcommands().front();
    return {.command = nullptr, .exit_code = 0, .output = shown->help(is_whole ? "" : line.name)};
  } catch (const CLI::CallForVersion& version) {
    return {.command = nullptr, .exit_code = 0, .output = version.what() + std::string("\n")};
  } catch (const CLI::ParseError& error) {
    throw error_from(error, line, chosen_command(app, line));
  }
  const CommandSpec* command = chosen_command(app, line);
  const std::vector<std::string> extras = app.remaining(true);
  if (!extras.empty()) {
    throw_unknown(line, command, extras);
  }
  if (command == nullptr) {
    return {.command = nullptr, .exit_code = 2, .output = app.help()};
  }
  return {.command = command, .exit_code = 0, .output = {}};
}

}  // namespace metaxy::migrate
