#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "files/safetensors.hpp"
#include "nn/model.hpp"

namespace normrun::nn {

/// The framework whose names and orders of axes a weights file has.
enum class WeightsLayout { kAuto, kTorch, kKeras, kFlax, kNormrun };
/// What must match: every tensor of the file and of the network (kAll), or nothing (kWhatMatches).
enum class WeightsMatch { kAll, kWhatMatches };

/// The normalizations that the runs of a sweep put in the place of the placeholder.
struct SweptNorms {
  bool is_swept = false;
  std::set<std::string> tensors;  // the names of the tensors of all runs' normalization layers
};

/// How a weights file is read.
struct WeightsRules {
  std::string path;  // the path of the file, for messages
  WeightsMatch match = WeightsMatch::kAll;
  WeightsLayout layout = WeightsLayout::kAuto;
  /// pairs of a name in the network and a name in the file, each of a tensor or a layer
  std::vector<std::pair<std::string, std::string>> map;
  SweptNorms norms;
  std::string hint;  // for the message about tensors that do not match: what the user can do
};

/// What became of the tensors of a weights file and of the network.
struct WeightsUse {
  std::vector<std::string> loaded;  // the network's tensors that got numbers, with the file's name if it differs
  std::vector<std::string> left;    // the file's tensors that no layer takes
  std::vector<std::string> missed;  // the network's tensors that keep their initial numbers
  std::vector<std::string> notes;   // whole sentences for the user
};

/// Replaces a network's numbers by those of a file.  A count of updates that the file does not have is set to kUnknownUpdates.
/// Throws Error(kDamaged) with one problem that lists every tensor that is unknown, missing, of another shape, meant twice or not finite,
/// and every negative variance.  With kWhatMatches the problem lists only impossible numbers, or says that nothing in the file matches.
template <class T>
WeightsUse load_weights(const Network<T>& network, const files::TensorFile& file, const WeightsRules& rules, Model<T>& model);

}  // namespace normrun::nn
