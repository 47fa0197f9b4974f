#pragma once

#include <string_view>
#include <vector>

#include "compare/compare_modes.hpp"

namespace normrun::compare {

/// A quantity of a trained network that no other table has.  It is NaN if it does not apply to the network or the data.
struct Probe {
  std::string_view name;
  std::string_view doc;     // what it computes, as a formula
  std::string_view source;  // paper, equation, framework
  double (*in_float32)(const Snapshot<float>&);
  double (*in_float64)(const Snapshot<double>&);
};
/// All probes, in the order of `normrun list probes`.
const std::vector<Probe>& probes();
const Probe* find_probe(std::string_view name);  // nullptr if there is none

/// Computes the probes that the settings name, and adds their lines of probes.csv to the record.  Works on copies, so the trained numbers
/// stay as they are.
template <class T>
void add_probes(const Snapshot<T>& snapshot, tables::RunRecord& record);

}  // namespace normrun::compare
