#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/matrix.hpp"

namespace normrun::files {

/// How a binary file stores a number.
enum class NumberKind { kUnsigned, kSigned, kFloat };
struct NumberFormat {
  NumberKind kind = NumberKind::kUnsigned;
  int bytes = 1;  // 1, 2, 4 or 8 for whole numbers; 2, 4 or 8 for floating ones
  std::endian order = std::endian::little;
};

/// Returns the bits of one number as an unsigned integer.
inline std::uint64_t decode_bits(const unsigned char* bytes, const NumberFormat& format) {
  std::uint64_t bits = 0;
  for (int i = 0; i < format.bytes; ++i) {
    const int place = format.order == std::endian::little ? i : format.bytes - 1 - i;
    bits |= std::uint64_t{bytes[i]} << (8 * place);
  }
  return bits;
}

/// Returns a whole number; format.kind must not be kFloat.
inline std::int64_t decode_integer(const unsigned char* bytes, const NumberFormat& format) {
  const std::uint64_t bits = decode_bits(bytes, format);
  if (format.kind == NumberKind::kUnsigned) return static_cast<std::int64_t>(bits);
  const int unused = 64 - 8 * format.bytes;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// Returns an IEEE 754 half-precision number as a double, without rounding.
inline double decode_half(std::uint64_t bits) {
  const int exponent = static_cast<int>((bits >> 10) & 31);
  const double fraction = static_cast<double>(bits & 1023);
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) return bits & 1023 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024.0 + fraction, exponent - 25);
}

/// Returns any number as a double; 64-bit integers beyond 2^53 are rounded.
inline double decode_number(const unsigned char* bytes, const NumberFormat& format) {
  if (format.kind == NumberKind::kUnsigned) return static_cast<double>(decode_bits(bytes, format));
  if (format.kind == NumberKind::kSigned) return static_cast<double>(decode_integer(bytes, format));
  const std::uint64_t bits = decode_bits(bytes, format);
  if (format.bytes == 2) return decode_half(bits);
  if (format.bytes == 4) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return std::bit_cast<double>(bits);
}

}  // namespace normrun::files
