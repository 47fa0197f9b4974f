#include "files/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace normrun::files {

void throw_errno(ExitCode code, const std::string& path, std::string_view action) {
  const int reason = errno;
  if (reason == ENOMEM) code = ExitCode::kOutOfMemory;
  throw Error(code, Problem{path, fmt::format("cannot {}: {}", action, std::generic_category().message(reason)),
                            reason == ENOENT ? "check the path" : ""});
}

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

void write_all(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = retry([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written < 0) throw_errno(ExitCode::kWriteFailed, path, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const Descriptor descriptor(retry([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (descriptor.get() < 0) throw_errno(ExitCode::kWriteFailed, directory, "open the directory");
  // Some file systems cannot sync a directory and answer EINVAL, which is no error here.
  if (retry([&] { return ::fsync(descriptor.get()); }) != 0 && errno != EINVAL) throw_errno(ExitCode::kWriteFailed, directory, "sync");
}

}  // namespace normrun::files
