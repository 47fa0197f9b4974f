#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace normrun::files {

/// The checksum CRC-32C (Castagnoli), which iSCSI and ext4 use.  Pass the result of an earlier call as `crc` to continue it.
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t crc = 0);

/// A 128-bit digest (XXH3) that tells contents apart.  It is not cryptographic.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(const void* data, std::size_t size);
  void add(std::string_view text);  // adds the length too, so that ("ab", "c") and ("a", "bc") differ
  std::string hex() const;          // 32 digits
 private:
  struct State;
  State* state_;
};
std::string digest_of(std::string_view text);

}  // namespace normrun::files
