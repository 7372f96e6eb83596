#pragma once
// The voice on stderr while a command works: events of the engine as lines.

#include <mutex>
#include <string>

#include "run/events.hpp"

namespace metaxy::migrate {

enum class Verbosity { quiet, normal, verbose };

class ProgressPrinter final : public Observer {
 public:
  ProgressPrinter(Verbosity verbosity, bool is_colored) : verbosity_(verbosity), is_colored_(is_colored) {}

  void on(const Event& event) override;

 private:
  void line(const std::string& text);
  std::string styled(const std::string& text, const char* code) const;

  Verbosity verbosity_;
  bool is_colored_;
  std::mutex mutex_;
};

}  // namespace metaxy::migrate
