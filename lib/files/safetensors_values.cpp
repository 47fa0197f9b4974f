#include "files/safetensors_values.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "files/number_format.hpp"

namespace normrun::files {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

/// Returns the value of a bfloat16, which is the upper half of a float.
double from_bfloat(std::uint16_t bits) { return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U)); }

template <class Stored, class Convert>
std::vector<double> decode(std::string_view bytes, Convert convert) {
  std::vector<double> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = convert(stored);
  }
  return values;
}

}  // namespace

std::optional<ElementType> element_type(std::string_view dtype) {
  if (dtype == "F64") return ElementType::kF64;
  if (dtype == "F32") return ElementType::kF32;
  if (dtype == "F16") return ElementType::kF16;
  if (dtype == "BF16") return ElementType::kBf16;
  if (dtype == "I64") return ElementType::kI64;
  if (dtype == "I32") return ElementType::kI32;
  return std::nullopt;
}

std::size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::kF64:
    case ElementType::kI64:
      return 8;
    case ElementType::kF32:
    case ElementType::kI32:
      return 4;
    case ElementType::kF16:
    case ElementType::kBf16:
      break;
  }
  return 2;
}

std::vector<double> decode_values(ElementType type, std::string_view bytes) {
  const auto widen = [](auto stored) { return static_cast<double>(stored); };
  switch (type) {
    case ElementType::kF64:
      return decode<double>(bytes, widen);
    case ElementType::kF32:
      return decode<float>(bytes, widen);
    case ElementType::kF16:
      return decode<std::uint16_t>(bytes, decode_half);
    case ElementType::kBf16:
      return decode<std::uint16_t>(bytes, from_bfloat);
    case ElementType::kI64:
      return decode<std::int64_t>(bytes, widen);
    case ElementType::kI32:
      break;
  }
  return decode<std::int32_t>(bytes, widen);
}

std::string encode_values(const Tensor& tensor) {
  std::string bytes(tensor.values.size() * (tensor.is_double ? sizeof(double) : sizeof(float)), '\0');
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    const float rounded = static_cast<float>(tensor.values[i]);
    if (tensor.is_double) {
      std::memcpy(bytes.data() + i * sizeof(double), &tensor.values[i], sizeof(double));
    } else {
      std::memcpy(bytes.data() + i * sizeof(float), &rounded, sizeof(float));
    }
  }
  return bytes;
}

}  // namespace normrun::files
