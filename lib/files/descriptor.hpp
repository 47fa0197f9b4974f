#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace normrun::files {

/// Throws Error("PATH: cannot ACTION: REASON").  errno gives the reason.  If a file or its folder is missing, the error has a hint too.
[[noreturn]] void throw_errno(ExitCode code, const std::string& path, std::string_view action);

/// Calls a system function, and calls it again whenever a signal interrupted it.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Owns an open file descriptor, which its destructor closes.
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

/// Writes all bytes, with as many system calls as it takes.  Throws Error(kWriteFailed).
void write_all(int descriptor, std::string_view bytes, const std::string& path);
/// Makes the creation, renaming or removal of a file durable.  Throws Error(kWriteFailed).
void sync_directory_of(const std::string& path);

}  // namespace normrun::files
