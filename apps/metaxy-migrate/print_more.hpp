#pragma once
// The reports of the commands about stores, as text and JSON.

#include <string>
#include <vector>

#include "command/adopt.hpp"
#include "command/difference.hpp"
#include "command/doctor.hpp"
#include "command/export.hpp"
#include "command/file_commands.hpp"
#include "command/metadata.hpp"
#include "command/rebase.hpp"
#include "command/replay.hpp"
#include "command/stamp.hpp"
#include "command/take_over.hpp"
#include "command/workspace.hpp"
#include "print.hpp"

namespace metaxy::migrate {

std::string text_of(const InitResult& result, const Style& style);
std::string text_of(const TakeOverResult& result, const Style& style);
std::string text_of(const AdoptResult& result, const Style& style);
std::string text_of(const StampResult& result, const Style& style);
std::string text_of(const DiffResult& result, const Style& style);
std::string text_of(const DoctorReport& report, const Style& style);
std::string text_of(const MetadataResult& result, const Style& style);
std::string text_of(const ReplayResult& result, const Style& style);
std::string text_of(const RestoreResult& result, const Style& style);
std::string text_of(const RecoverResult& result, const Style& style);
std::string text_of(const ExportResult& result, const Style& style);
std::string text_of(const RebaseResult& result, const Style& style);
std::string text_of(const ConfigReport& report, const Style& style);

std::string json_of(const InitResult& result);
std::string json_of(const TakeOverResult& result);
std::string json_of(const AdoptResult& result);
std::string json_of(const StampResult& result);
std::string json_of(const DiffResult& result);
std::string json_of(const DoctorReport& report);
std::string json_of(const MetadataResult& result);
std::string json_of(const ReplayResult& result);
std::string json_of(const RestoreResult& result);
std::string json_of(const RecoverResult& result);
std::string json_of(const ExportResult& result);
std::string json_of(const RebaseResult& result);
std::string json_of(const ConfigReport& report);

std::string github_of(const DiffResult& result);
std::string github_of(const DoctorReport& report);
std::string markdown_of(const DiffResult& result);
std::string markdown_of(const DoctorReport& report);

/// Statements with their comments, each ended by `;`.
std::string sql_of(const std::vector<Statement>& statements);

}  // namespace metaxy::migrate
