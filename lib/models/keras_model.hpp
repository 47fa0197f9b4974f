#pragma once

#include <string>

#include "files/safetensors.hpp"
#include "models/foreign_model.hpp"

namespace normrun::models {

/// The key in a file's metadata under which model.to_json() lies.
inline constexpr const char* kKerasConfig = "keras.config";

/// Returns the network that Keras's config in the metadata describes, with the weights of the file.  Throws what read_model throws.
ForeignModel model_of(files::TensorFile file, const std::string& path);

}  // namespace normrun::models
