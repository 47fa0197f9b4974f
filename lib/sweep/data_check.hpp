#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/record_index.hpp"

namespace normrun::sweep {

/// Whether runs that differ in this axis train on different rows.
bool chooses_data(const config::Axis& axis);

/// Which of the swept data sets a run trains on; the seed does not count.
std::vector<std::size_t> data_choice(const config::Grid& grid, std::int64_t run);

/// Loads the data of one recorded run for each combination of the swept data options, and throws Error(kDamaged) where it is
/// not what that run trained on: the files have changed meanwhile.  `path` is the journal's.
void check_data(const study::Experiment& experiment, const RecordIndex& records, const std::string& path);

}  // namespace normrun::sweep
