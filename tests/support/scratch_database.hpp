#pragma once
// An empty database of any dialect for one test: in memory, or a schema of the tests' server.

#include <memory>

#include "dialect/dialect.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {

class ScratchDatabase {
 public:
  explicit ScratchDatabase(const Dialect& dialect) : dialect_(dialect) {
    if (dialect.capabilities().is_file) {
      target_.location = Secret(":memory:");
    } else {
      schema_ = std::make_unique<TestSchema>();
      target_ = schema_->target();
    }
  }

  /// For writing; in memory each connection is a database of its own.
  std::unique_ptr<Connection> connected() const {
    ConnectOptions options = writing();
    options.may_create = true;
    return dialect_.connect(target_, options);
  }

 private:
  const Dialect& dialect_;
  std::unique_ptr<TestSchema> schema_;
  Target target_;
};

}  // namespace metaxy::migrate::test
