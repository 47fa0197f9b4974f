#pragma once

#include "files/onnx_file.hpp"
#include "models/foreign_model.hpp"

namespace normrun::models {

/// Returns the network that an ONNX graph describes.  Throws what read_model throws.
ForeignModel model_of(const files::OnnxFile& file);

}  // namespace normrun::models
