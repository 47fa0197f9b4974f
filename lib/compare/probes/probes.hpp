#pragma once

#include <string_view>
#include <vector>

#include "compare/compare_modes.hpp"

namespace normrun::compare {

/// A quantity of a trained network that no other table has.  NaN: it does not apply to this network or data.
/// Adding one is a function, its declaration in probe_functions.hpp and an entry in probes.cpp.
struct Probe {
  std::string_view name;
  std::string_view doc;     // formula
  std::string_view source;  // paper, equation, framework
  double (*in_float32)(const Snapshot<float>&);
  double (*in_float64)(const Snapshot<double>&);
};
const std::vector<Probe>& probes();
const Probe* find_probe(std::string_view name);  // nullptr where there is none

/// The config's probes as lines of probes.csv.  Works on copies: the trained numbers stay as they are.
template <class T>
void add_probes(const Snapshot<T>& snapshot, tables::RunRecord& record);

}  // namespace normrun::compare
