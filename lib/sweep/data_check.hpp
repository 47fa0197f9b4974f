#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/record_index.hpp"

namespace normrun::sweep {

/// Whether runs that differ in this axis may train on different rows.
bool chooses_data(const config::Axis& axis);

/// Returns which of the swept data sets a run trains on: its places on the axes that choose data.  The axis of seeds is not among them.
std::vector<std::size_t> data_choice(const config::Grid& grid, std::int64_t run);

/// Checks that the data files have not changed since the records were written.  For each combination of the swept data options it loads the
/// data of one recorded run, and throws Error(kDamaged) if the run trained on other data.  `path` is that of the journal.
void check_data(const study::Experiment& experiment, const RecordIndex& records, const std::string& path);

}  // namespace normrun::sweep
