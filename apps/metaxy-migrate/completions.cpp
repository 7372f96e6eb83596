// `completions`: shell scripts made from the same table as the help.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "cli.hpp"

namespace metaxy::migrate {

namespace {

std::vector<std::string> option_words(const std::vector<OptionSpec>& options) {
  std::vector<std::string> words;
  for (const OptionSpec& spec : options) {
    if (spec.is_hidden) {
      continue;
    }
    for (const std::string& name : split(spec.names, ',')) {
      if (name.rfind("--", 0) == 0) {
        words.push_back(name);
      }
    }
  }
  return words;
}

std::vector<std::string> command_names(const CommandLine& line) {
  std::vector<std::string> names;
  for (const CommandSpec& spec : line.commands) {
    names.push_back(spec.name);
  }
  return names;
}

/// The values that options take, of all commands: `--format|--color) ... ;;`. Those that may be anything are
/// left to the shell's own completion of files.
std::string bash_values(const CommandLine& line) {
  std::map<std::string, std::set<std::string>> choices;
  std::set<std::string> free;
  const auto add = [&](const std::vector<OptionSpec>& options) {
    for (const OptionSpec& spec : options) {
      const bool is_flag = std::holds_alternative<bool*>(spec.target) || spec.has_optional_value;
      for (const std::string& name : split(spec.names, ',')) {
        if (name.starts_with('-') && !is_flag && !spec.is_hidden) {
          choices[name].insert(spec.choices.begin(), spec.choices.end());
        }
      }
    }
  };
  add(line.options);
  for (const CommandSpec& spec : line.commands) {
    add(spec.options);
  }
  std::string text;
  for (const auto& [name, values] : choices) {
    if (values.empty()) {
      free.insert(name);
    } else {
      text += fmt::format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); return ;;\n", name,
                          fmt::join(values, " "));
    }
  }
  return text +
         fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", fmt::join(free, "|"));
}

/// What says where the project is goes on to the calls that ask it.
constexpr std::string_view kBashStart =
    R"bash(# bash completion for {0}; source it, or put it into a bash-completion directory.
_metaxy_migrate() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" word before=""
  local place=()
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$before" in -n|--name|-c|--config|-C|--directory|--script-location) place+=("$before" "$word") ;; esac
    before="$word"
    [[ -n "$command" ]] || case "$word" in {1}) command="$word" ;; esac
  done
  local options="{2} --help"
  case "$previous" in
    -n|--name) COMPREPLY=($(compgen -W "$({0} "${{place[@]}}" config --format json 2>/dev/null | sed -n 's/.*"key": "stores\.\([^."]*\)\..*/\1/p' | sort -u)" -- "$current")); return ;;
)bash";
constexpr std::string_view kBashEnd = R"bash(    "") options="$options {1}" ;;
  esac
  case "$command" in upgrade|downgrade|show|stamp|edit)
    [[ "$current" == -* ]] || options="head base $({0} "${{place[@]}}" history --format alembic 2>/dev/null | sed 's/.* -> \([^ ,]*\).*/\1/')" ;;
  esac
  COMPREPLY=($(compgen -W "$options" -- "$current"))
}}
complete -F _metaxy_migrate {0}
)bash";

std::string bash_completion(const CommandLine& line) {
  const std::string commands = join(command_names(line), "|");
  std::string text = fmt::format(kBashStart, line.name, commands, join(option_words(line.options), " "));
  text += bash_values(line);
  text += "  esac\n  case \"$command\" in\n";
  for (const CommandSpec& spec : line.commands) {
    const std::vector<std::string> words = option_words(spec.options);
    if (!words.empty()) {
      text += fmt::format("    {}) options=\"$options {}\" ;;\n", spec.name, join(words, " "));
    }
  }
  return text + fmt::format(kBashEnd, line.name, join(command_names(line), " "));
}

std::string zsh_completion(const CommandLine& line) {
  return fmt::format(
      "#compdef {0}\n# zsh completion for {0}, by way of the bash one.\nautoload -U bashcompinit && "
      "bashcompinit\n{1}",
      line.name, bash_completion(line));
}

/// fish puts quotes around texts in single quotes; a backslash escapes.
std::string fish_quoted(const std::string& text) { return replace_all(text, "'", "\\'"); }

std::string fish_completion(const CommandLine& line) {
  std::string text = fmt::format("# fish completion for {}\n", line.name);
  const std::string names = join(command_names(line), " ");
  for (const CommandSpec& spec : line.commands) {
    text += fmt::format("complete -c {} -f -n 'not __fish_seen_subcommand_from {}' -a {} -d '{}'\n",
                        line.name, names, spec.name, fish_quoted(spec.summary));
    for (const OptionSpec& option_spec : spec.options) {
      for (const std::string& name : option_words({option_spec})) {
        text += fmt::format("complete -c {} -f -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n",
                            line.name, spec.name, name.substr(2), fish_quoted(option_spec.help));
      }
    }
  }
  for (const OptionSpec& option_spec : line.options) {
    for (const std::string& name : option_words({option_spec})) {
      text += fmt::format("complete -c {} -f -l {} -d '{}'\n", line.name, name.substr(2),
                          fish_quoted(option_spec.help));
    }
  }
  return text;
}

}  // namespace

void add_completion_command(CommandLine& line, Cli& cli) {
  const auto shell = std::make_shared<std::string>();
  CommandSpec spec;
  spec.name = "completions";
  spec.formats = {"text"};
  spec.summary = "print completions for a shell";
  spec.examples = {
      {"metaxy-migrate completions bash > /etc/bash_completion.d/metaxy-migrate", "for everybody here"}};
  spec.options = {
      required(one_of(option("shell", "bash, zsh or fish", shell.get(), "SHELL"), {"bash", "zsh", "fish"}))};
  spec.run = [shell, &line, &cli] {
    cli.print(*shell == "bash"  ? bash_completion(line)
              : *shell == "zsh" ? zsh_completion(line)
                                : fish_completion(line));
    return 0;
  };
  line.commands.push_back(std::move(spec));
}

}  // namespace metaxy::migrate
