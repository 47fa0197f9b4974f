#pragma once

#include <vector>

#include "files/onnx_file.hpp"

namespace normrun::models {

/// Returns whether the file leaves sizes of an example open, beside the number of examples: a network that takes images of any size.
bool has_open_sizes(const files::OnnxFile& file);

/// Gives the open sizes those of `example`, whose axes stand in the file's order or have the channels last.  An example that does not fit
/// the sizes that the file fixes leaves them open.
void take_sizes(const std::vector<Index>& example, files::OnnxFile& file);

/// Gives every open size the same value.
void fill_sizes(Index size, files::OnnxFile& file);

}  // namespace normrun::models
