#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/options/options.hpp"
#include "diagnosis/margins.hpp"

namespace normrun::compare {

/// Which outputs are compared: what the last layer gives, or what a last activation takes.
enum class CompareOn { kOutputs, kLogits };
/// How a comparison draws the batches that share statistics: from one shuffled order, or as training draws them.
enum class CompareBatching { kRandom, kTraining };

/// The config's "compare".
struct CompareOptions : config::Described {
  std::vector<std::pair<std::string, std::string>> pairs = {{"train", "eval"}, {"eval", "population"}};
  std::vector<config::Count> eval_batch_sizes = {{.word = "train"}};
  std::vector<std::string> splits = {"test"};
  CompareOn on = CompareOn::kOutputs;
  CompareBatching batching = CompareBatching::kRandom;
  Index every_steps = 0;                                  // 0: the final state only
  std::optional<Index> train_history_every;               // epochs; absent: history.csv scores the training rows only as the steps saw them
  Index outputs = 0;                                      // how many rows of each split have their outputs written
  std::vector<std::string> budget = {"loss", "outputs"};  // the gaps that budget.csv divides among causes
  bool diagnosis = true;
  diagnosis::Margins margins;  // a larger difference counts
  void describe(config::OptionVisitor& visitor) override;
};

}  // namespace normrun::compare
