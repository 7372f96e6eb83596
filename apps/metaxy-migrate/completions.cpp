// `completions`: shell scripts made from the same table as the help.

#include <fmt/format.h>

#include <memory>

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

std::string bash_completion(const CommandLine& line) {
  std::string text = fmt::format(
      "# bash completion for {0}; source it, or put it into a bash-completion directory.\n"
      "_metaxy_migrate() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\" "
      "command=\"\" word\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"$word\" in {1}) command=\"$word\"; break ;; esac\n"
      "  done\n"
      "  local options=\"{2} --help\"\n"
      "  case \"$previous\" in\n"
      "    -n|--name) COMPREPLY=($(compgen -W \"$({0} config --format json 2>/dev/null | sed -n "
      "'s/.*\"key\": \"stores\\.\\([^.\"]*\\)\\..*/\\1/p' | sort -u)\" -- \"$current\")); return ;;\n"
      "    upgrade|downgrade|show|stamp) COMPREPLY=($(compgen -W \"head base $({0} history --format alembic "
      "2>/dev/null | sed "
      "'s/.* -> \\([^ ,]*\\).*/\\1/')\" -- \"$current\")); return ;;\n"
      "  esac\n"
      "  case \"$command\" in\n",
      line.name, join(command_names(line), "|"), join(option_words(line.options), " "));
  for (const CommandSpec& spec : line.commands) {
    const std::vector<std::string> words = option_words(spec.options);
    if (!words.empty()) {
      text += fmt::format("    {}) options=\"$options {}\" ;;\n", spec.name, join(words, " "));
    }
  }
  return text + fmt::format(
                    "    \"\") options=\"$options {}\" ;;\n"
                    "  esac\n"
                    "  COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
                    "}}\n"
                    "complete -F _metaxy_migrate {}\n",
                    join(command_names(line), " "), line.name);
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
