#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"

namespace normrun::app {

enum class LogFormat { kText, kJson };
enum class Verbosity { kQuiet, kNormal, kVerbose };
enum class When { kAuto, kAlways, kNever };

/// What the global options say about output.
struct ConsoleOptions {
  LogFormat log_format = LogFormat::kText;
  Verbosity verbosity = Verbosity::kNormal;
  When progress = When::kAuto;
  When color = When::kAuto;
};

/// Everything but results goes to stderr through here: one line a message.
void set_up_log(const ConsoleOptions& options);
void log_info(const std::string& message);
void log_detail(const std::string& message);  // with -v
void log_warning(const std::string& message);
/// `normrun: error: WHERE: what; hint`, a line for every problem.
void log_error(const Error& error);
void log_error(const Problem& problem);

/// Whether a progress line may be drawn: on a terminal that is not dumb, outside CI, unless told otherwise.
bool shows_progress(const ConsoleOptions& options);

/// Writes results to stdout.  Throws Error(kWriteFailed) where that fails (a full disk, a closed pipe).
void print_result(const std::string& text);

/// A CSV text as a JSON array of objects, numbers as numbers.
std::string csv_to_json(const std::string& csv);

}  // namespace normrun::app
