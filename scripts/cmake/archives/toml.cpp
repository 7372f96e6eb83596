// Compiles the part of toml++ that is not templates into a static archive; Debian ships none.
//
// Its parser asserts what a user's file may break ("[/x]"), and tells the compiler to assume it where NDEBUG
// is set. The code behind the assertion handles the fault, so the assertion must be nothing in every build.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
