#pragma once

#include <map>
#include <optional>
#include <string>

namespace normrun::models {

/// What a file's metadata tell of how a normalization was trained.  normrun's Python package writes them, because no format of its own has
/// a place for them.
struct ToldTraining {
  std::optional<double> updates;   // normrun.<module>.updates: how often the moving statistics moved
  std::optional<double> momentum;  // normrun.<module>.momentum: the weight of the old value
  std::string moving_variance;     // normrun.<module>.moving_variance: "biased", "unbiased", or "" if the file does not tell
};

/// Reads what the metadata tell of the normalization in `module`, such as "layer1.0.bn1".  Throws Error(kDamaged), which names the file
/// and the key, for a count or a momentum that is none, and for another word.
ToldTraining told_training(const std::map<std::string, std::string>& metadata, const std::string& module, const std::string& path);

}  // namespace normrun::models
