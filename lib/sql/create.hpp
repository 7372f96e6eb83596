#pragma once
// Statements that make something, made harmless where it is there already.

#include <string>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// ALTER TABLE ... ADD COLUMN with IF NOT EXISTS, where the database has that; other statements as they are.
std::string add_unless_there(std::string sql);

/// CREATE TABLE and CREATE INDEX with IF NOT EXISTS; other statements as they are.
std::string create_unless_there(const std::string& sql, const SplitterOptions& options);

}  // namespace metaxy::migrate
