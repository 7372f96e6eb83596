#include "command_line.hpp"

#include <utility>

namespace metaxy::migrate {

OptionSpec option(std::string names, std::string help, OptionTarget target, std::string value_name) {
  OptionSpec spec;
  spec.names = std::move(names);
  spec.help = std::move(help);
  spec.target = target;
  spec.value_name = std::move(value_name);
  return spec;
}

OptionSpec required(OptionSpec spec) {
  spec.is_required = true;
  return spec;
}

OptionSpec one_of(OptionSpec spec, std::vector<std::string> choices) {
  spec.choices = std::move(choices);
  return spec;
}

OptionSpec hidden(OptionSpec spec) {
  spec.is_hidden = true;
  return spec;
}

}  // namespace metaxy::migrate
