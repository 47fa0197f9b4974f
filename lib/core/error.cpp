#include "core/error.hpp"

namespace normrun {
namespace {

std::string to_lines(const std::vector<Problem>& problems) {
  std::string lines;
  for (const Problem& problem : problems) {
    if (!lines.empty()) lines += '\n';
    lines += to_line(problem);
  }
  return lines;
}

}  // namespace

std::string to_line(const Problem& problem) {
  std::string line = problem.where;
  if (!line.empty()) line += ": ";
  line += problem.what;
  if (!problem.hint.empty()) line += "; " + problem.hint;
  return line;
}

Error::Error(ExitCode code, Problem problem) : Error(code, std::vector<Problem>{std::move(problem)}) {}

Error::Error(ExitCode code, std::vector<Problem> problems)
    : std::runtime_error(to_lines(problems)), code_(code), problems_(std::move(problems)) {}

void refuse_usage(std::string where, std::string what, std::string hint) {
  throw Error(ExitCode::kUsage, Problem{std::move(where), std::move(what), std::move(hint)});
}

}  // namespace normrun
