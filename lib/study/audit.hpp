#pragma once

#include <optional>
#include <string>
#include <vector>

#include "files/safetensors.hpp"

namespace normrun::study {

/// What a file says about one normalization layer.  A list is empty if the file has no such numbers.
struct AuditedNorm {
  std::string layer;
  std::vector<double> mean = {};
  std::vector<double> variance = {};
  std::vector<double> gamma = {};
  std::optional<double> epsilon = std::nullopt;
  std::optional<double> momentum = std::nullopt;  // the weight of the old value
  std::optional<double> updates = std::nullopt;   // how often the statistics moved
  bool uses_batch = false;                        // the file computes its statistics from the batch whenever it runs
  bool is_tracked = true;                         // whether the file has moving statistics for it
};

/// One thing that is suspicious in a file, whatever rows the model gets.
struct AuditFinding {
  std::string layer;  // "" for all layers
  std::string kind;   // a word such as "zero-variance"
  std::string words;  // one sentence
};

/// Returns what is suspicious in the batch normalizations of a model, in the order of its layers.
std::vector<AuditFinding> audit(const std::vector<AuditedNorm>& norms);

/// Reads what a model's file says about its normalizations.  The file is a checkpoint of our own, or holds tensors of another framework,
/// without epsilon and momentum.  Throws Error(kDamaged) for a damaged file, and Error(kUsage) for one without statistics.
std::vector<AuditedNorm> audited_norms(const std::string& path);

/// Returns whether a tensor of this name holds moving statistics or the count of their updates.  The end of the name tells it, in our own
/// files and in those of PyTorch, Keras and flax.
bool is_statistic(const std::string& name);
/// Returns whether a tensor of this name counts how often statistics moved.
bool is_update_count(const std::string& name);

/// Reads all numbers of a model's file.  NaN and infinite numbers are no error here.
files::TensorFile read_tensors(const std::string& path);

}  // namespace normrun::study
