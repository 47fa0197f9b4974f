#include "core/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>

#include "core/descriptor.hpp"

namespace normrun {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  static std::atomic<unsigned> next_number{0};  // threads of this process; the process id tells processes apart
  constexpr int kTries = 1000;                  // a crashed process of the same id may have left some
  for (int attempt = 0; attempt < kTries && descriptor_ < 0; ++attempt) {
    temporary_ = fmt::format("{}.{}-{}.tmp", path_, ::getpid(), next_number++);
    descriptor_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) throw_errno(ExitCode::kCannotCreate, path_, "create");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void AtomicFile::flush() {
  write_all(descriptor_, buffer_, path_);
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (retry([&] { return ::fsync(descriptor_); }) != 0) throw_errno(ExitCode::kWriteFailed, path_, "sync");
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw_errno(ExitCode::kWriteFailed, path_, "close");
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) throw_errno(ExitCode::kCannotCreate, path_, "replace");
  temporary_.clear();
  sync_directory_of(path_);
}

void write_file(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

std::string read_file(const std::string& path, std::size_t limit) {
  const Descriptor descriptor(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (descriptor.get() < 0) throw_errno(ExitCode::kUsage, path, "read");
  std::string bytes;
  std::size_t size = 0;
  for (;;) {
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    bytes.resize(size + std::max(kChunk, size));  // doubling: a pipe does not tell its size
    const ssize_t got = retry([&] { return ::read(descriptor.get(), bytes.data() + size, bytes.size() - size); });
    if (got < 0) throw_errno(ExitCode::kUsage, path, "read");
    size += static_cast<std::size_t>(got);
    if (size > limit) throw Error(ExitCode::kUsage, Problem{path, fmt::format("the file is larger than {} bytes", limit), ""});
    if (got == 0) break;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace normrun
