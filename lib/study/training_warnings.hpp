#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::study {

/// What can be told before any training about the moving statistics that a config will leave, each with its numbers and the config it holds
/// for: a last batch of one row, batches of one row, fewer rows than a batch, a momentum that forgets or cannot warm up within the steps,
/// held-out rows that are evaluated in train mode alone.  Of at most 1000 settings; the same sentence once.
std::vector<std::string> training_warnings(const Experiment& experiment, const data::DataSpec::Outline& data);

}  // namespace normrun::study
