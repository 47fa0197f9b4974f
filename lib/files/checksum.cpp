#include "files/checksum.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace normrun::files {
namespace {

constexpr std::size_t kTableCount = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kTableCount>;

/// tables[s][b] is what byte b, followed by s zero bytes, adds to the checksum (Kounavis and Berry 2005, "slicing-by-8").
constexpr Tables make_tables() {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's polynomial with its bits reversed
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t shift = 1; shift < kTableCount; ++shift) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[shift - 1][byte];
      tables[shift][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t little_endian(const unsigned char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

}  // namespace

std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t crc) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  crc = ~crc;
  for (; size >= kTableCount; size -= kTableCount, bytes += kTableCount) {
    const std::uint64_t word = little_endian(bytes) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < kTableCount; ++i) crc ^= kTables[kTableCount - 1 - i][(word >> (8 * i)) & 0xff];
  }
  for (; size > 0; --size) crc = (crc >> 8) ^ kTables[0][(crc ^ *bytes++) & 0xff];
  return ~crc;
}

struct Digest::State {
  XXH3_state_t* hash = nullptr;
};

Digest::Digest() : state_(new State{XXH3_createState()}) {
  if (state_->hash == nullptr) {
    delete state_;
    throw std::bad_alloc();
  }
  XXH3_128bits_reset(state_->hash);
}

Digest::~Digest() {
  XXH3_freeState(state_->hash);
  delete state_;
}

void Digest::add(const void* data, std::size_t size) { XXH3_128bits_update(state_->hash, data, size); }

void Digest::add(std::string_view text) {
  std::array<unsigned char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) length[i] = static_cast<unsigned char>(std::uint64_t{text.size()} >> (8 * i));
  add(length.data(), length.size());
  add(text.data(), text.size());
}

std::string Digest::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->hash);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string digest_of(std::string_view text) {
  Digest digest;
  digest.add(text);
  return digest.hex();
}

}  // namespace normrun::files
