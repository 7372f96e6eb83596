// Starts the command line; everything else is in cli.cpp and below.

#include <string>
#include <vector>

#include "cli.hpp"

int main(int argc, char** argv) {
  return metaxy::migrate::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
