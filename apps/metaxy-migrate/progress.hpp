#pragma once
// The voice on stderr while a command works: events of the engine as lines.

#include <map>
#include <mutex>
#include <string>

#include "run/events.hpp"

namespace metaxy::migrate {

enum class Verbosity { quiet, normal, verbose };

class ProgressPrinter final : public Observer {
 public:
  ProgressPrinter(Verbosity verbosity, bool is_colored) : verbosity_(verbosity), is_colored_(is_colored) {}

  void on(const Event& event) override;

  /// Each statement of the database with its time.
  void show_statements() { shows_statements_ = true; }
  /// What was measured, largest first; nothing when nothing was.
  void print_stats(std::chrono::microseconds total);

 private:
  struct Measured {
    std::size_t count = 0;
    std::chrono::microseconds elapsed{};
  };

  void line(const std::string& text);
  void measure(const std::string& what, std::chrono::microseconds elapsed);
  std::string styled(const std::string& text, const char* code) const;

  Verbosity verbosity_;
  bool is_colored_;
  bool shows_statements_ = false;
  std::map<std::string, Measured> measured_;
  std::mutex mutex_;
};

}  // namespace metaxy::migrate
