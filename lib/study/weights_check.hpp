#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"

namespace normrun::study {

/// The normalizations that the runs of a grid put into the network in turn; empty where none is swept, or no weights file is read.
nn::SweptNorms swept_norms(const config::Document& document, const config::Grid& grid, const RunConfig& config, const Shape& input);

/// What an experiment's weights files give its runs, each sentence once: tensors that are skipped for a swept normalization, layers under
/// a former name, and with "strict": false all that was loaded, left and missed.  Looks at every value of every axis once; points that do
/// not fit say nothing here.
std::vector<std::string> weights_notes(const Experiment& experiment);

}  // namespace normrun::study
