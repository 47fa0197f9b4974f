#pragma once

#include <string>
#include <vector>

#include "files/safetensors.hpp"
#include "models/foreign_model.hpp"

namespace normrun::models {

/// The key in a file's metadata under which model.to_json() lies.
inline constexpr const char* kKerasConfig = "keras.config";

/// Returns the network that Keras's config in the metadata describes, with the weights of the file.  `example`: as for read_model, which
/// also says what this throws.
ForeignModel model_of(const files::TensorFile& file, const std::string& path, const std::vector<Index>& example = {});

}  // namespace normrun::models
