#pragma once

#include <map>
#include <string>

#include "report/results/results_folder.hpp"

namespace normrun::report {

/// What the report calls the normalization layers of a results folder.
class LayerNames {
 public:
  LayerNames() = default;  // of no layer: each is called by its name
  explicit LayerNames(const ResultsFolder& results);

  /// Returns "normalization layer 1" for a layer that is named by its place (batch_2), and the name itself, in quotes, for one that the
  /// config names.
  std::string spoken(const std::string& layer) const;
  /// Returns which normalization layer this is, from 1 at the input; 0 where it is none.
  long place(const std::string& layer) const;

 private:
  struct Layer {
    long place = 0;
    bool is_named = false;
  };
  std::map<std::string, Layer> layers_;
};

}  // namespace normrun::report
