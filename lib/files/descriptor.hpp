#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace normrun::files {

/// Throws Error: "PATH: cannot ACTION: REASON", the reason being errno's.
[[noreturn]] void throw_errno(ExitCode code, const std::string& path, std::string_view action);

/// Calls a system function again as long as a signal interrupts it.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// An open file, closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Writes all of it, however many calls that takes.  Throws Error(kWriteFailed).
void write_all(int descriptor, std::string_view bytes, const std::string& path);
/// Makes the creation, renaming or removal of a file durable.  Throws Error(kWriteFailed).
void sync_directory_of(const std::string& path);

}  // namespace normrun::files
