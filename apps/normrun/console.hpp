#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"

namespace normrun::app {

enum class LogFormat { kText, kJson };
enum class Verbosity { kQuiet, kNormal, kVerbose };
/// When to do something.  With kAuto the terminal and the environment decide.
enum class When { kAuto, kAlways, kNever };

/// What the global options say about the output.
struct ConsoleOptions {
  LogFormat log_format = LogFormat::kText;
  Verbosity verbosity = Verbosity::kNormal;
  When progress = When::kAuto;
  When color = When::kAuto;
};

/// Prepares the functions below.  They write messages to stderr, one line for each; only results go to stdout.
void set_up_log(const ConsoleOptions& options);
void log_info(const std::string& message);
void log_detail(const std::string& message);  // writes only with -v
void log_warning(const std::string& message);
/// Writes `normrun: error: WHERE: what; hint`, one line for each problem.
void log_error(const Error& error);
void log_error(const Problem& problem);

/// Whether to draw a progress line.  With kAuto it is drawn on a terminal that is not dumb, but not in CI.
bool shows_progress(const ConsoleOptions& options);

/// Writes results to stdout.  Throws Error(kWriteFailed) if that fails, as on a full disk or a closed pipe.
void print_result(const std::string& text);

/// Returns CSV as a JSON array of objects.  Numbers become JSON numbers.
std::string csv_to_json(const std::string& csv);

}  // namespace normrun::app
