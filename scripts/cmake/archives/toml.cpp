// Compiles the part of toml++ that is not templates into a static archive; Debian ships none.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
