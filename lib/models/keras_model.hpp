#pragma once

#include <optional>
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

/// Returns the value that a Masking layer of the model leaves out: a step all of whose numbers have it is padding, and the network of
/// model_of is right for rows without such steps alone.  Nothing for other models.
std::optional<double> mask_value(const files::TensorFile& file);

}  // namespace normrun::models
