#pragma once

#include <string>

#include "files/safetensors.hpp"
#include "models/foreign_model.hpp"

namespace normrun::models {

/// The key of the metadata that holds model.to_json().
inline constexpr const char* kKerasConfig = "keras.config";

/// Returns the network that Keras's config in a file's metadata describes, with the file's weights.  Throws as read_model does.
ForeignModel model_of(files::TensorFile file, const std::string& path);

}  // namespace normrun::models
