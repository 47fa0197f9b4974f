#include "report/advice/budget_shares.hpp"

#include <map>
#include <set>

namespace normrun::report {
namespace {

using Place = std::pair<tables::Setting, std::string>;  // setting, metric

/// Converts a gap to a quantity whose parts add up to the whole: the loss itself, or the square of the outputs' gap.
double additive(const std::string& metric, double gap) { return metric == "outputs" ? gap * gap : gap; }

}  // namespace

BudgetShares budget_shares(const ResultsFolder& results) {
  tables::SeedSamples<Place> gaps;
  tables::SeedSamples<Place> wholes;
  tables::SeedSamples<std::pair<Place, diagnosis::Cause>> parts;
  std::map<Place, std::vector<diagnosis::Cause>> causes;
  tables::RunRows runs = results.runs_of(tables::TableId::kBudget);
  while (runs.next()) {
    std::set<std::string> begun;  // the metrics whose first line has been read; gap_before of this line is the whole gap
    for (const tables::RunRows::Row& row : runs.rows()) {
      if (runs.text(row, "layer") != "all" || runs.text(row, "split") != results.split()) continue;
      const std::string& metric = runs.text(row, "metric");
      const Place place(setting_of(runs), metric);
      const double before = runs.number(row, "gap_before");
      if (begun.insert(metric).second) {
        gaps.add(place, runs.run_id(), before);
        wholes.add(place, runs.run_id(), additive(metric, before));
      }
      const std::pair<Place, diagnosis::Cause> key(place, diagnosis::cause_of(runs.text(row, "cause")));
      if (!parts.has(key)) causes[place].push_back(key.second);
      parts.add(key, runs.run_id(), additive(metric, before) - additive(metric, runs.number(row, "gap_after")));
    }
  }
  BudgetShares budget;
  for (const Place& place : gaps.keys()) {
    budget.push_back({place.first, place.second, gaps.mean(place), {}});
    const double whole = wholes.mean(place);
    if (whole == 0.0) continue;
    for (const diagnosis::Cause cause : causes[place]) budget.back().shares.emplace_back(cause, parts.mean({place, cause}) / whole);
  }
  return budget;
}

}  // namespace normrun::report
