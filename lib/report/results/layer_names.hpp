#pragma once

#include <map>
#include <string>

#include "report/results/results_folder.hpp"

namespace normrun::report {

/// What the report calls the normalization layers of a results folder.
class LayerNames {
 public:
  LayerNames() = default;  // knows no layer, so it calls each one by its name
  explicit LayerNames(const ResultsFolder& results);

  /// Returns "normalization layer 1" for a layer whose name comes from its place (batch_2), and 'the layer "mine"' for a layer that the
  /// config names.
  std::string spoken(const std::string& layer) const;
  /// Returns the number of a normalization layer, counted from 1 at the input; 0 for any other layer.
  long place(const std::string& layer) const;

 private:
  struct Layer {
    long place = 0;
    bool is_named = false;
  };
  std::map<std::string, Layer> layers_;
};

}  // namespace normrun::report
