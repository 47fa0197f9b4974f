#include "report/advice/advice_facts.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "report/advice/budget_shares.hpp"

namespace normrun::report {
namespace {

/// The facts of each setting, in the order in which the settings appear.
class FactsBySetting {
 public:
  SettingFacts& of(const tables::Setting& setting) {
    const auto [found, is_new] = places_.emplace(setting, list.size());
    if (is_new) list.push_back({.setting = setting});
    return list[found->second];
  }
  std::vector<SettingFacts> list;

 private:
  std::map<tables::Setting, std::size_t> places_;
};

void add_comparisons(const ResultsFolder& results, FactsBySetting& facts) {
  using Key = std::tuple<tables::Setting, std::string>;  // setting, mode
  tables::SeedSamples<Key> accuracies;
  tables::SeedSamples<Key> losses;
  tables::SeedSamples<tables::Setting> gaps;
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    const tables::Setting setting = setting_of(runs);
    facts.of(setting);
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      for (const char* side : {"a", "b"}) {
        const Key key(setting, runs.text(*row, std::string("mode_") + side));
        accuracies.add(key, runs.run_id(), runs.number(*row, std::string("accuracy_") + side));
        losses.add(key, runs.run_id(), runs.number(*row, std::string("loss_") + side));
      }
      if (runs.text(*row, "mode_a") == "train" && runs.text(*row, "mode_b") == "eval")
        gaps.add(setting, runs.run_id(), runs.number(*row, "relative_gap"));
    }
  }
  for (const Key& key : losses.keys()) {
    const auto& [setting, mode] = key;
    facts.of(setting).modes[mode] = {accuracies.mean(key), losses.mean(key)};
  }
  for (const tables::Setting& setting : gaps.keys()) facts.of(setting).gap = gaps.mean(setting);
}

void add_budget(const ResultsFolder& results, FactsBySetting& facts) {
  for (SettingBudget& budget : budget_shares(results)) {
    if (budget.metric != "outputs") continue;
    SettingFacts& own = facts.of(budget.setting);
    own.gap = budget.gap;
    own.shares = std::move(budget.shares);
  }
}

void add_layers(const ResultsFolder& results, FactsBySetting& facts) {
  using Key = std::tuple<tables::Setting, std::string, std::string>;  // setting, layer, column
  tables::SeedSamples<Key> values;
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      for (const char* column : {"mean_gap", "updates", "momentum", "init_share", "var_ratio"})
        values.add({setting_of(runs), runs.text(*row, "layer"), column}, runs.run_id(), runs.number(*row, column));
    }
  }
  for (const Key& key : values.keys()) {
    const auto& [setting, layer, column] = key;
    if (column != "mean_gap") continue;
    SettingFacts& own = facts.of(setting);
    const double gap = values.mean(key);
    if (!own.layer.empty() && gap <= own.mean_gap) continue;
    own.layer = layer;
    own.mean_gap = gap;
    own.updates = values.mean({setting, layer, "updates"});
    own.momentum = values.mean({setting, layer, "momentum"});
    own.init_share = values.mean({setting, layer, "init_share"});
    own.var_ratio = values.mean({setting, layer, "var_ratio"});
  }
}

}  // namespace

std::vector<SettingFacts> collect_facts(const ResultsFolder& results) {
  FactsBySetting facts;
  add_comparisons(results, facts);
  add_budget(results, facts);
  add_layers(results, facts);
  return facts.list;
}

}  // namespace normrun::report
