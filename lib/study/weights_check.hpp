#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::study {

/// Returns the normalizations that the runs of a grid put into the network in turn.  The result is empty if no normalization is swept, or
/// no weights file is read.
nn::SweptNorms swept_norms(const config::Document& document, const config::Grid& grid, const RunConfig& config, const Shape& input);

/// Returns sentences about what the runs of an experiment take from weights files, each sentence once.  They are about tensors that are
/// skipped for a swept normalization, about layers under a former name, and with "strict": false about all that was loaded, left and
/// missed.  Looks at every value of every axis once, and skips points that do not fit.
std::vector<std::string> weights_notes(const Experiment& experiment);

}  // namespace normrun::study
