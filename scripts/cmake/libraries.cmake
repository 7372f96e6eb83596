# The libraries that we use, as the targets that their own CMake files would give.
#
# Every shared library costs start-up time, and this program starts often (in CI, in completions). So all but the C and
# C++ run time are linked statically. Debian has static archives of SQLite, SQLiteCpp and libcrypto; fmt, spdlog and
# toml++ come as headers that can be compiled into an archive by one file each.
find_package(Threads REQUIRED)

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)

find_library(SQLite3_LIBRARY NAMES libsqlite3.a sqlite3)
find_package(SQLite3 3.38 REQUIRED)
find_package(SQLiteCpp REQUIRED)
target_link_libraries(SQLite::SQLite3 INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)

find_package(CLI11 2.1 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

# mm_compiled_headers(<target> <package's own target name> <source text>): an archive of a header library's non-template part.
function(mm_compiled_headers target alias source)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/libraries/${target}.cpp" CONTENT "${source}" @ONLY)
  add_library(${target} STATIC "${CMAKE_BINARY_DIR}/libraries/${target}.cpp")
  add_library(${alias} ALIAS ${target})
endfunction()

find_path(MM_FMT_INCLUDE_DIR fmt/format-inl.h REQUIRED)
mm_compiled_headers(mm_fmt fmt::fmt "#include <fmt/format-inl.h>
FMT_BEGIN_NAMESPACE
template FMT_API auto detail::thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto detail::decimal_point_impl(locale_ref) -> char;
template FMT_API void detail::buffer<char>::append(const char*, const char*);
template FMT_API auto detail::dragonbox::to_decimal(float) noexcept -> dragonbox::decimal_fp<float>;
template FMT_API auto detail::dragonbox::to_decimal(double) noexcept -> dragonbox::decimal_fp<double>;
template FMT_API void detail::vformat_to(detail::buffer<char>&, string_view,
                                         basic_format_args<FMT_BUFFER_CONTEXT(char)>, detail::locale_ref);
FMT_END_NAMESPACE
")

find_path(MM_SPDLOG_INCLUDE_DIR spdlog/spdlog-inl.h REQUIRED)
mm_compiled_headers(mm_spdlog spdlog::spdlog "#include <spdlog/spdlog-inl.h>
#include <spdlog/common-inl.h>
#include <spdlog/details/backtracer-inl.h>
#include <spdlog/details/log_msg-inl.h>
#include <spdlog/details/log_msg_buffer-inl.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/os-inl.h>
#include <spdlog/details/periodic_worker-inl.h>
#include <spdlog/details/registry-inl.h>
#include <spdlog/logger-inl.h>
#include <spdlog/pattern_formatter-inl.h>
#include <spdlog/sinks/base_sink-inl.h>
#include <spdlog/sinks/sink-inl.h>
#include <spdlog/sinks/ansicolor_sink-inl.h>
#include <spdlog/sinks/stdout_sinks-inl.h>
#include <spdlog/sinks/stdout_color_sinks-inl.h>
#include <mutex>
template class spdlog::sinks::base_sink<std::mutex>;
template class spdlog::sinks::base_sink<spdlog::details::null_mutex>;
template class spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;
template class spdlog::sinks::stdout_sink_base<spdlog::details::console_nullmutex>;
template class spdlog::sinks::ansicolor_sink<spdlog::details::console_mutex>;
template class spdlog::sinks::ansicolor_sink<spdlog::details::console_nullmutex>;
template class spdlog::sinks::ansicolor_stderr_sink<spdlog::details::console_mutex>;
template class spdlog::sinks::ansicolor_stderr_sink<spdlog::details::console_nullmutex>;
template std::shared_ptr<spdlog::logger> spdlog::stderr_color_mt<spdlog::synchronous_factory>(const std::string&, color_mode);
template std::shared_ptr<spdlog::logger> spdlog::stderr_color_st<spdlog::synchronous_factory>(const std::string&, color_mode);
template std::shared_ptr<spdlog::logger> spdlog::stderr_logger_mt<spdlog::synchronous_factory>(const std::string&);
template std::shared_ptr<spdlog::logger> spdlog::stderr_logger_st<spdlog::synchronous_factory>(const std::string&);
")
target_compile_definitions(mm_spdlog PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(mm_spdlog PUBLIC fmt::fmt Threads::Threads)

find_path(MM_TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
mm_compiled_headers(mm_toml tomlplusplus::tomlplusplus "#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
")
target_compile_definitions(mm_toml PUBLIC TOML_HEADER_ONLY=0)

list(APPEND CMAKE_MODULE_PATH "${PROJECT_SOURCE_DIR}/lib/dialect/duckdb")
find_package(DuckDB REQUIRED)

if(BUILD_TESTING)
  find_package(GTest 1.12 REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
