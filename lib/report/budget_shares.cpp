#include "report/budget_shares.hpp"

#include <map>
#include <set>
#include <tuple>

namespace normrun {

BudgetShares budget_shares(const ResultsFolder& results) {
  using Place = std::pair<Setting, std::string>;  // metric
  SeedSamples<Place> gaps;
  SeedSamples<std::pair<Place, std::string>> shares;
  std::map<Place, std::vector<std::string>> causes;
  RunRows runs = results.runs_of(TableId::kBudget);
  while (runs.next()) {
    std::set<std::string> begun;  // metrics whose first cause was read: what stands before it is the whole gap
    for (const RunRows::Row& row : runs.rows()) {
      if (runs.text(row, "layer") != "all" || runs.text(row, "split") != results.split()) continue;
      const std::string& metric = runs.text(row, "metric");
      const std::string& cause = runs.text(row, "cause");
      const Place place(setting_of(runs), metric);
      if (begun.insert(metric).second) gaps.add(place, runs.run_id(), runs.number(row, "gap_before"));
      const std::pair<Place, std::string> key(place, cause);
      const double share = runs.number(row, "share");
      if (!shares.has(key) && !std::isnan(share)) causes[place].push_back(cause);
      shares.add(key, runs.run_id(), share);
    }
  }
  BudgetShares budget;
  for (const Place& place : gaps.keys()) {
    budget.push_back({place.first, place.second, gaps.mean(place), {}});
    for (const std::string& cause : causes[place]) budget.back().shares.emplace_back(cause, shares.mean({place, cause}));
  }
  return budget;
}

}  // namespace normrun
