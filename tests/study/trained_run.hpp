#pragma once

#include <string>
#include <vector>

#include "compare/compare_modes.hpp"
#include "study/experiment.hpp"
#include "study/temporary_config.hpp"
#include "train/trainer.hpp"

namespace normrun {

/// A trained network of one run, kept with everything it refers to.
template <class T>
struct TrainedRun {
  TrainedRun(const study::RunConfig& run, Index steps)
      : config(run),
        settings(config.comparison_settings()),
        data(config.data_spec().load<T>(static_cast<std::uint64_t>(config.seed), "")),
        network(config.layers(), data.shape),
        loss(train::resolve_loss(config.train.loss, data.classes, train::outputs_of_label(network.output(), data.label_shape).size())),
        plan{&network, &data, &config.train, &config.data_spec().batching, loss, static_cast<std::uint64_t>(config.seed), ""},
        trainer(plan) {
    while (trainer.step() < steps) trainer.advance();
  }
  compare::Snapshot<T> snapshot() const { return {network, trainer.model(), data, settings, loss, trainer.epoch(), trainer.step()}; }

  study::RunConfig config;
  compare::ComparisonSettings settings;
  data::Dataset<T> data;
  nn::Network<T> network;
  nn::LossKind loss;
  train::TrainingPlan<T> plan;
  train::Trainer<T> trainer;
};

/// The small config's run with other values: {"norm.type=layer", …}.
inline study::RunConfig run_of(const std::vector<std::string>& set) {
  const TemporaryFolder folder;
  return study::load_experiment(folder.write("c.json", small_config()), {set, {}, "", {}}, study::Check::kConfigOnly).at(0);
}

/// The field `column` of every line of a table.
inline std::vector<std::string> fields(const tables::RunRecord& record, tables::TableId id, std::string_view column) {
  const auto& columns = tables::table(id).columns;
  std::size_t place = 0;
  while (columns[place].name != column) ++place;
  std::vector<std::string> found;
  std::string line;
  for (const char c : record.lines[static_cast<std::size_t>(id)]) {
    if (c != '\n') {
      line += c;
      continue;
    }
    std::size_t start = 0;
    for (std::size_t i = 0; i < place; ++i) start = line.find(',', start) + 1;
    found.push_back(line.substr(start, line.find(',', start) - start));
    line.clear();
  }
  return found;
}

}  // namespace normrun
