#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/grid/grid.hpp"

namespace normrun::study {

/// What the command line says about a config: `train`'s --set, --grid, --seeds and --epochs.
struct Overrides {
  std::vector<std::string> set;
  std::vector<std::string> grid;
  std::string seeds;  // "" where not given
  std::optional<Index> epochs;
};

/// Changes the document, and returns the axes that the config's become.  Values go in before axes, --epochs last.  Throws
/// Error(kUsage) where two options contradict each other, whatever their order: neither is then what the user asked for.
std::vector<config::Axis> apply_overrides(config::Document& document, const Overrides& overrides);

}  // namespace normrun::study
