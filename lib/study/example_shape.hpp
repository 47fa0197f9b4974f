#pragma once

#include <optional>
#include <string>

#include "core/shape.hpp"

namespace normrun::study {

/// Returns the shape of an example as the manifest of a results folder has it; nothing if there is no manifest, or one without a shape.
std::optional<Shape> example_shape(const std::string& folder);

}  // namespace normrun::study
