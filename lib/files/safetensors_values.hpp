#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/safetensors.hpp"

namespace normrun::files {

/// The element types that can be read.  Only F64 and F32 are written.
enum class ElementType { kF64, kF32, kF16, kBf16, kI64, kI32 };

std::optional<ElementType> element_type(std::string_view dtype);
std::size_t element_size(ElementType type);  // bytes

/// Returns little-endian elements as doubles.  They are exact, except I64 beyond 2^53.
std::vector<double> decode_values(ElementType type, std::string_view bytes);
/// Returns a tensor's values as little-endian F64 or F32.
std::string encode_values(const Tensor& tensor);

}  // namespace normrun::files
