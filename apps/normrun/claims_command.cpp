#include <algorithm>
#include <cmath>

#include "commands.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/claims/claims.hpp"
#include "report/claims/power.hpp"

namespace normrun::app {
namespace {

std::string interval(const report::DecidedClaim& decided) {
  if (decided.n < 2 || std::isnan(decided.ci95_low)) return fmt::format("{:.4g}", decided.observed);
  return fmt::format("{:.4g} [{:.4g}, {:.4g}]", decided.observed, decided.ci95_low, decided.ci95_high);
}

std::string verdict_table(const std::vector<report::DecidedClaim>& claims) {
  std::string text = fmt::format("{:<34} {:<10} {:<10} {:<26} {}\n", "claim", "verdict", "expected", "observed", "holds where");
  for (const report::DecidedClaim& decided : claims) {
    text += fmt::format("{:<34} {:<10} {:<10} {:<26} {}\n", decided.claim.id, study::verdict_text(decided.verdict),
                        study::verdict_text(decided.claim.expect), interval(decided), decided.threshold);
  }
  return text;
}

std::vector<report::ClaimPower> powers_of(const std::vector<report::DecidedClaim>& claims) {
  std::vector<report::ClaimPower> powers;
  powers.reserve(claims.size());
  for (const report::DecidedClaim& decided : claims) powers.push_back(report::power_of(decided));
  return powers;
}

std::string number_or_dash(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

std::string power_table(const std::vector<report::ClaimPower>& powers) {
  std::string text = fmt::format("{:<34} {:>5} {:>10} {:>10} {:>7} {:>9}\n", "claim", "n", "sd", "margin", "power", "seeds");
  for (const report::ClaimPower& one : powers) {
    const std::string power = one.power ? fmt::format("{:.2f}", *one.power) : "-";
    const std::string seeds = !one.seeds ? "- (" + one.note + ")" : *one.seeds == 0 ? "> 100000" : std::to_string(*one.seeds);
    text += fmt::format("{:<34} {:>5} {:>10} {:>10} {:>7} {:>9}\n", one.id, one.n, number_or_dash(one.sd), number_or_dash(one.margin),
                        power, seeds);
  }
  return text;
}

/// Returns what the command prints: the verdicts, or with --power how many seeds each claim needs.
std::string answer(const ClaimsRequest& request, const std::vector<report::DecidedClaim>& all) {
  if (!request.power) return request.json ? csv_to_json(report::claims_csv(all)) : verdict_table(all);
  const std::vector<report::ClaimPower> powers = powers_of(all);
  return request.json ? csv_to_json(report::powers_csv(powers)) : power_table(powers);
}

/// Decides the claims of one folder, writes the verdicts beside the folder's tables, and appends them to `all`.
void decide_folder(const std::string& folder, std::vector<report::DecidedClaim>& all) {
  const std::vector<report::DecidedClaim> decided = report::decide_claims(folder);
  if (decided.empty()) log_warning(folder + ": its config makes no claims");
  all.insert(all.end(), decided.begin(), decided.end());
  files::write_file(folder + "/claims.csv", report::claims_csv(decided));
}

/// Returns the problems of `error`, each with the name of the folder in front.
std::vector<Problem> problems_of(const std::string& folder, const Error& error) {
  std::vector<Problem> problems = error.problems();
  for (Problem& problem : problems) {
    if (!problem.where.starts_with(folder + "/")) problem.where = folder + ": " + problem.where;
  }
  return problems;
}

}  // namespace

int claims_command(const ClaimsRequest& request) {
  std::vector<report::DecidedClaim> all;
  std::vector<Problem> problems;
  ExitCode code = ExitCode::kDone;  // the exit code of the first folder that could not be decided
  for (const std::string& folder : request.folders) {
    try {
      decide_folder(folder, all);
    } catch (const Error& error) {
      if (problems.empty()) code = error.code();
      const std::vector<Problem> found = problems_of(folder, error);
      problems.insert(problems.end(), found.begin(), found.end());
    }
  }
  if (!all.empty() || problems.empty()) print_result(answer(request, all));
  if (!problems.empty()) throw Error(code, problems);
  if (request.power) return static_cast<int>(ExitCode::kDone);
  const auto differs = [](const report::DecidedClaim& decided) { return decided.verdict != decided.claim.expect; };
  return static_cast<int>(std::any_of(all.begin(), all.end(), differs) ? ExitCode::kClaimDiffers : ExitCode::kDone);
}

}  // namespace normrun::app
