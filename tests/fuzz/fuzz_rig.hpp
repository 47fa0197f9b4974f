#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace normrun::test {

/// A file in memory for the readers that take a path.
inline const std::string& file_of(std::string_view bytes) {
  static const int descriptor = memfd_create("fuzz", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  if (pwrite(descriptor, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  if (ftruncate(descriptor, static_cast<off_t>(bytes.size())) != 0) std::abort();
  return path;
}

/// Whatever the bytes are, a parser takes them or says what is wrong with them: with a place and the right exit code.
template <class Parse>
void expect_result_or_error(Parse parse) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.code() != ExitCode::kUsage && error.code() != ExitCode::kDamaged) std::abort();
    if (error.problems().empty() || error.problems()[0].what.empty()) std::abort();
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace normrun::test
