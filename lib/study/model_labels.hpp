#pragma once

#include <string>
#include <vector>

#include "data/registry.hpp"
#include "study/model_rows.hpp"

namespace normrun::study {

/// Decides which output of a model each label of its rows means.  `file` has the labels, `outline` the rows as their files show them, and
/// `outputs` is how many numbers the model gives.  Whole numbers from 0 to outputs - 1 are outputs as they stand, whether or not every one
/// of them occurs; numbers from 1 to `outputs` are one less than they say; as many other labels as there are outputs are outputs in
/// ascending order.  Sets reading.classes and reading.class_words.  Returns what users should know, "" if label n simply is output n.
/// Throws Error(kUsage) for labels that do not tell their outputs.
std::string read_labels(const std::string& file, const data::DataSpec::Outline& outline, Index outputs, RowsReading& reading);

}  // namespace normrun::study
