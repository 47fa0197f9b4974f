#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "study/record.hpp"

namespace normrun {

struct CheckpointComparison {
  std::string checkpoint;                                  // a file that `train` wrote
  std::string data;                                        // a config file (its "data"), or JSON text: a config or a data object
  std::vector<std::pair<std::string, std::string>> pairs;  // empty: the config's own
  std::vector<std::string> eval_batch_sizes;               // numbers, "train", "all"; empty: the config's own
  std::vector<std::string> splits;                         // empty: the config's own that have rows, or train
};

/// Compares the modes of a stored network on any data whose shape fits; the population statistics come from that data's
/// population split.  The record's lines are those that `train` would have written for this network and these rows.
/// Throws Error(kUsage, kDamaged).
RunRecord compare_checkpoint(const CheckpointComparison& request);

}  // namespace normrun
