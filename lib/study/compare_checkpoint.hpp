#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tables/record.hpp"

namespace normrun::study {

/// What the user of `normrun compare` asks for.
struct CheckpointComparison {
  std::string checkpoint;    // a file that `train` wrote, or, if `network` is given, a file of another framework
  std::string data;          // a config file (its "data"), or JSON text: a config or a data object
  std::string network = {};  // a config, or its JSON text, for the network and, without `data`, the data
  std::vector<std::pair<std::string, std::string>> pairs;  // empty: the config's own
  std::vector<std::string> eval_batch_sizes;               // numbers, "train", "all"; empty: the config's own
  std::vector<std::string> splits;                         // empty: those of the config's splits that have rows, or else train
  bool diagnoses = false;                                  // whether to add the lines of diagnosis.csv and remedies.csv
};

/// The result of a comparison.  The record has the lines that `train` would have written for this network and these rows.
struct ComparedCheckpoint {
  tables::RunRecord record;
  std::string divergence;             // why eval mode has no scores; "" if it has.  The record's status tells this too
  std::vector<std::string> warnings;  // about inputs that are not scaled as in training, and about tensors under other names
};

/// Compares the modes of a stored network on any data whose shape fits.  The population statistics come from the population split of that
/// data.  Throws Error(kUsage) if request, checkpoint and data do not fit each other, and Error(kDamaged) if a file is damaged.
ComparedCheckpoint compare_checkpoint(const CheckpointComparison& request);

}  // namespace normrun::study
