#include "dialect/postgresql/pipeline.hpp"

#include <exception>
#include <utility>

namespace metaxy::migrate::postgresql {

namespace {

constexpr std::size_t kBatchStatements = 256;
constexpr std::size_t kBatchBytes = std::size_t{1} << 17U;

}  // namespace

void Pipeline::add(std::string_view sql, std::size_t number) {
  unanswered_.push_back({number, std::string(sql)});
  ++batch_statements_;
  batch_bytes_ += sql.size();
  driver_.send(sql);
  if (batch_statements_ < kBatchStatements && batch_bytes_ < kBatchBytes) return;
  end_batch();
  // The server works on this batch while the next one is put together.
  if (marks_ > 1) receive_batch();
}

void Pipeline::settle() {
  if (batch_statements_ > 0) end_batch();
  while (marks_ > 0) receive_batch();
}

void Pipeline::abandon() noexcept {
  drain();
  unanswered_.clear();
}

void Pipeline::end_batch() {
  driver_.send_mark();
  ++marks_;
  batch_statements_ = 0;
  batch_bytes_ = 0;
}

void Pipeline::receive_batch() {
  try {
    while (driver_.receive() != Answer::mark) unanswered_.pop_front();
    --marks_;
  } catch (const DriverFailure&) {
    drain();
    throw;
  }
}

/// Takes what is still to come, so that the connection can be used again.
void Pipeline::drain() noexcept {
  try {
    if (batch_statements_ > 0) end_batch();
    while (marks_ > 0) {
      try {
        if (driver_.receive() == Answer::mark) --marks_;
      } catch (const DriverFailure& failure) {
        if (failure.is_connection_lost) break;
      }
    }
  } catch (const std::exception&) {
    // Without its connection nothing is to come.
  }
  marks_ = 0;
  batch_statements_ = 0;
  batch_bytes_ = 0;
}

}  // namespace metaxy::migrate::postgresql
