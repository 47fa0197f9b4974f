#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "files/safetensors.hpp"
#include "nn/model.hpp"

namespace normrun::nn {

/// Whose names and orders of axes a weights file has.
enum class WeightsLayout { kAuto, kTorch, kKeras, kFlax, kNormrun };
/// Whether every tensor of the file and of the network must have its counterpart.
enum class WeightsMatch { kAll, kWhatMatches };

/// The normalizations that the runs of a sweep put into one place.
struct SweptNorms {
  bool is_swept = false;
  std::set<std::string> tensors;  // of all runs' normalization layers, by name
};

/// How a weights file is read.
struct WeightsRules {
  std::string path;  // for messages
  WeightsMatch match = WeightsMatch::kAll;
  WeightsLayout layout = WeightsLayout::kAuto;
  std::vector<std::pair<std::string, std::string>> map;  // our tensor, or layer, to the file's
  SweptNorms norms;
  std::string hint;  // where tensors do not match
};

/// What became of the tensors of a weights file.
struct WeightsUse {
  std::vector<std::string> loaded;  // of the network, with the file's name where that is another
  std::vector<std::string> left;    // of the file, that no layer takes
  std::vector<std::string> missed;  // of the network, that start fresh
  std::vector<std::string> notes;   // sentences
};

/// Replaces a network's numbers by those of a file.  A count of updates that the file does not have is unknown (kUnknownUpdates).
/// Throws Error(kDamaged) with one problem that lists every tensor that is unknown, missing, misshaped, meant twice or not finite (a
/// variance also where it is negative); with kWhatMatches only what is wrong with the numbers, and a file of which nothing matches.
template <class T>
WeightsUse load_weights(const Network<T>& network, const files::TensorFile& file, const WeightsRules& rules, Model<T>& model);

}  // namespace normrun::nn
