#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/grid/grid.hpp"

namespace normrun::study {

/// How the command line changes a config: the options --set, --grid, --seeds and --epochs of `train`.
struct Overrides {
  std::vector<std::string> set;
  std::vector<std::string> grid;
  std::string seeds;  // "" if the option is absent
  std::optional<Index> epochs;
};

/// Applies the overrides to the document and returns the axes that result.  Values take effect before axes, and --epochs takes effect last.
/// Throws Error(kUsage) if two options contradict each other, in whatever order, because no result would be what the user asked for.
std::vector<config::Axis> apply_overrides(config::Document& document, const Overrides& overrides);

}  // namespace normrun::study
