#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::study {

/// Returns warnings about the moving statistics that a config will leave, which can be given before any training.  They are about a last
/// batch of one row, batches of one row, fewer rows than a batch, a momentum that forgets or cannot warm up within the steps, and held-out
/// rows that are evaluated in train mode alone.  Looks at no more than 1000 settings, and gives each sentence once.
std::vector<std::string> training_warnings(const Experiment& experiment, const data::DataSpec::Outline& data);

}  // namespace normrun::study
