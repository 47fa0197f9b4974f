#include "console.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tables/csv_table.hpp"

namespace normrun::app {
namespace {

LogFormat format = LogFormat::kText;
bool colored = false;

void write_log(spdlog::level::level_enum level, const char* word, const std::string& message) {
  if (format == LogFormat::kJson) {
    const nlohmann::ordered_json line = {{"level", word}, {"message", message}};
    spdlog::log(level, "{}", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  const char* paint = level == spdlog::level::err ? "\x1b[31m" : "\x1b[33m";
  if (level == spdlog::level::info || level == spdlog::level::debug) {
    spdlog::log(level, "normrun: {}", message);
  } else if (colored) {
    spdlog::log(level, "normrun: {}{}\x1b[0m: {}", paint, word, message);
  } else {
    spdlog::log(level, "normrun: {}: {}", word, message);
  }
}

bool wants_color(When when) {
  if (when != When::kAuto) return when == When::kAlways;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr && std::strcmp(term, "dumb") != 0;
}

nlohmann::ordered_json json_value(const std::string& field) {
  if (field.empty()) return nullptr;
  const nlohmann::ordered_json value = nlohmann::ordered_json::parse(field, nullptr, false);
  return value.is_number() ? value : nlohmann::ordered_json(field);
}

}  // namespace

void set_up_log(const ConsoleOptions& options) {
  format = options.log_format;
  colored = options.log_format == LogFormat::kText && wants_color(options.color);
  auto logger = spdlog::stderr_logger_mt("normrun");
  logger->set_pattern("%v");
  logger->set_level(options.verbosity == Verbosity::kQuiet     ? spdlog::level::warn
                    : options.verbosity == Verbosity::kVerbose ? spdlog::level::debug
                                                               : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

void log_info(const std::string& message) { write_log(spdlog::level::info, "info", message); }
void log_detail(const std::string& message) { write_log(spdlog::level::debug, "debug", message); }
void log_warning(const std::string& message) { write_log(spdlog::level::warn, "warning", message); }
void log_error(const Problem& problem) { write_log(spdlog::level::err, "error", to_line(problem)); }
void log_error(const Error& error) {
  for (const Problem& problem : error.problems()) log_error(problem);
}

bool shows_progress(const ConsoleOptions& options) {
  if (options.progress != When::kAuto) return options.progress == When::kAlways;
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && std::getenv("CI") == nullptr && term != nullptr && std::strcmp(term, "dumb") != 0 &&
         options.verbosity != Verbosity::kQuiet && options.log_format == LogFormat::kText;
}

void print_result(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  throw Error(ExitCode::kWriteFailed, {"standard output", std::strerror(errno), ""});
}

std::string csv_to_json(const std::string& csv) {
  const tables::ResultTable table(csv);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t r = 0; r < table.rows(); ++r) {
    nlohmann::ordered_json row = nlohmann::ordered_json::object();
    for (std::size_t c = 0; c < table.header().size(); ++c) row[table.header()[c]] = json_value(table.at(r, static_cast<int>(c)));
    rows.push_back(row);
  }
  return rows.dump(2) + "\n";
}

}  // namespace normrun::app
