#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/matrix.hpp"

namespace normrun::data {

/// How a binary file stores a number.
enum class NumberKind { kUnsigned, kSigned, kFloat };
struct NumberFormat {
  NumberKind kind = NumberKind::kUnsigned;
  int bytes = 1;  // unsigned: 1; signed: 1, 2, 4, 8; float: 4, 8
  std::endian order = std::endian::little;
};

/// The bits of one number, as an unsigned integer of the machine.
inline std::uint64_t decode_bits(const unsigned char* bytes, const NumberFormat& format) {
  std::uint64_t bits = 0;
  for (int i = 0; i < format.bytes; ++i) {
    const int place = format.order == std::endian::little ? i : format.bytes - 1 - i;
    bits |= std::uint64_t{bytes[i]} << (8 * place);
  }
  return bits;
}

/// A whole number; format.kind is not kFloat.
inline std::int64_t decode_integer(const unsigned char* bytes, const NumberFormat& format) {
  const std::uint64_t bits = decode_bits(bytes, format);
  if (format.kind == NumberKind::kUnsigned) return static_cast<std::int64_t>(bits);
  const int unused = 64 - 8 * format.bytes;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

/// Any number as a double (64-bit integers beyond 2^53 are rounded).
inline double decode_number(const unsigned char* bytes, const NumberFormat& format) {
  if (format.kind != NumberKind::kFloat) return static_cast<double>(decode_integer(bytes, format));
  const std::uint64_t bits = decode_bits(bytes, format);
  if (format.bytes == 4) return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return std::bit_cast<double>(bits);
}

}  // namespace normrun::data
