#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compare/compare_modes.hpp"

namespace normrun::compare {

/// What a probe finds at one layer; NaN if it does not apply.
struct LayerValue {
  std::string layer;
  double value = 0.0;
};

/// A quantity of a trained network that no other table has: one number, or one for each layer.  It is NaN if it does not apply to the
/// network or the data.
struct Probe {
  std::string_view name;
  std::string_view doc;                                    // what it computes, as a formula
  std::string_view source;                                 // paper, equation, framework
  double (*in_float32)(const Snapshot<float>&) = nullptr;  // null in a probe of layers
  double (*in_float64)(const Snapshot<double>&) = nullptr;
  std::vector<LayerValue> (*layers_in_float32)(const Snapshot<float>&) = nullptr;  // null in a probe of the network
  std::vector<LayerValue> (*layers_in_float64)(const Snapshot<double>&) = nullptr;
};
/// All probes, in the order of `normrun list probes`.
const std::vector<Probe>& probes();
const Probe* find_probe(std::string_view name);  // nullptr if there is none

/// Computes the probes that the settings name, and adds their lines of probes.csv to the record; at a running moment only those of layers.
/// Works on copies, so the trained numbers stay as they are.
template <class T>
void add_probes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record);

}  // namespace normrun::compare
