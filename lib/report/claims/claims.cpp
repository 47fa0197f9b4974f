#include "report/claims/claims.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/claims/question.hpp"
#include "study/experiment.hpp"
#include "tables/record.hpp"
#include "tables/t_interval.hpp"

namespace normrun::report {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

study::Verdict decide(const study::Claim& claim, const Question& question, const tables::SampleSummary& summary) {
  if (!is_decided_by_interval(claim)) {
    const auto held = std::count_if(question.values.begin(), question.values.end(), [&](double value) { return question.holds(value); });
    if (held == static_cast<std::ptrdiff_t>(question.values.size())) return study::Verdict::kConfirmed;
    return held == 0 || is_exact(claim) ? study::Verdict::kRefuted : study::Verdict::kUndecided;
  }
  if (summary.n < 2) return study::Verdict::kUndecided;
  if (question.holds(summary.ci95_low) && question.holds(summary.ci95_high)) return study::Verdict::kConfirmed;
  const bool below = summary.ci95_high < question.low || (question.bounds == Question::Bounds::kOpen && summary.ci95_high == question.low);
  const bool above = summary.ci95_low > question.high || (question.bounds == Question::Bounds::kOpen && summary.ci95_low == question.high);
  return below || above ? study::Verdict::kRefuted : study::Verdict::kUndecided;
}

std::string threshold_text(const Question& question) {
  const auto number = [&](double value) { return fmt::format("{:.6g}", question.shown(value)); };
  if (question.low == question.high) return "= " + number(question.low);
  const char* equals = question.bounds == Question::Bounds::kOpen ? "" : "=";
  if (question.high == kInfinity) return fmt::format(">{} {}", equals, number(question.low));
  if (question.low == -kInfinity) return fmt::format("<{} {}", equals, number(question.high));
  return "in [" + number(question.low) + ", " + number(question.high) + "]";
}

}  // namespace

DecidedClaim decide_claim(const study::Claim& claim, const std::function<const tables::ResultTable&(const std::string&)>& tables) {
  const Question question = ask(claim, tables(claim.metric.substr(0, claim.metric.find('.'))));
  const tables::SampleSummary summary = tables::summarize(question.values);
  need_numbers(claim, question, summary);
  return {.claim = claim,
          .n = summary.n,
          .observed = question.shown(summary.mean),
          .ci95_low = question.shown(summary.ci95_low),
          .ci95_high = question.shown(summary.ci95_high),
          .sd = summary.sd,
          .threshold = threshold_text(question),
          .verdict = decide(claim, question, summary)};
}

std::vector<DecidedClaim> decide_claims(const std::string& folder) {
  constexpr std::size_t kLargestTable = std::size_t{4} << 30;
  const study::Experiment experiment = study::load_experiment(folder + "/config.json", {}, study::Check::kConfigOnly);
  std::map<std::string, tables::ResultTable> loaded;
  const auto tables = [&](const std::string& name) -> const tables::ResultTable& {
    const auto known = loaded.find(name);
    if (known != loaded.end()) return known->second;
    return loaded.emplace(name, tables::ResultTable(files::read_file(folder + "/" + name + ".csv", kLargestTable))).first->second;
  };
  std::vector<DecidedClaim> decided;
  std::vector<Problem> problems;
  for (const study::Claim& claim : experiment.base.claims) {
    try {
      decided.push_back(decide_claim(claim, tables));
    } catch (const Error& error) {
      if (error.code() != ExitCode::kUsage) throw;  // a fault of the results folder, not of the claim
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return decided;
}

std::string claims_csv(const std::vector<DecidedClaim>& claims) {
  static const std::vector<tables::Column> columns = {{"id", "string", "as in the config"},
                                                      {"source", "string", "where the statement comes from"},
                                                      {"statement", "string", "as in the config"},
                                                      {"metric", "string", "table.column, or the difference of two"},
                                                      {"n", "integer", "how many numbers were tested"},
                                                      {"observed", "number", "the mean of these numbers; for factors the geometric mean"},
                                                      {"ci95_low", "number", "95 % t interval of the mean"},
                                                      {"ci95_high", "number", "95 % t interval of the mean"},
                                                      {"threshold", "string", "the bound or interval that the claim names"},
                                                      {"verdict", "string", "confirmed, refuted or undecided"},
                                                      {"expected", "string", "the verdict that the config expects"}};
  std::string text = tables::joined_names(columns) + '\n';
  for (const DecidedClaim& decided : claims) {
    const study::Claim& claim = decided.claim;
    text += tables::joined_fields(columns, {{"id", claim.id},
                                            {"source", claim.source},
                                            {"statement", claim.statement},
                                            {"metric", claim.minus.empty() ? claim.metric : claim.metric + " - " + claim.minus},
                                            {"n", static_cast<Index>(decided.n)},
                                            {"observed", decided.observed},
                                            {"ci95_low", tables::cell_or_empty(decided.ci95_low)},
                                            {"ci95_high", tables::cell_or_empty(decided.ci95_high)},
                                            {"threshold", decided.threshold},
                                            {"verdict", study::verdict_text(decided.verdict)},
                                            {"expected", study::verdict_text(claim.expect)}});
    text += '\n';
  }
  return text;
}

}  // namespace normrun::report
