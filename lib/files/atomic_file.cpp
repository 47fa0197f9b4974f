#include "files/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "files/descriptor.hpp"

namespace normrun::files {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

/// Follows the symbolic links of a path, whether the file exists yet or not.  The system itself follows links among the folders of the
/// path.
std::string behind_links(const std::string& path) {
  constexpr int kMostLinks = 40;  // the limit of Linux
  std::filesystem::path target = path;
  std::error_code no_link;
  for (int links = 0; std::filesystem::is_symlink(target, no_link); ++links) {
    if (links == kMostLinks) {
      errno = ELOOP;
      throw_errno(ExitCode::kCannotCreate, path, "create");
    }
    const std::filesystem::path next = std::filesystem::read_symlink(target, no_link);
    if (no_link) break;  // the link has just been removed
    target = target.parent_path() / next;
  }
  return target.string();
}

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  return bytes % kMebibyte == 0 ? fmt::format("{} MiB", bytes / kMebibyte) : fmt::format("{} bytes", bytes);
}

bool is_same_file(const std::string& path, const struct stat& file) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_dev == file.st_dev && status.st_ino == file.st_ino;
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)) {
  struct stat given {};  // the file behind all links; if stat fails, creating the file will say why
  const bool exists = ::stat(path_.c_str(), &given) == 0;
  bool is_replaced = !exists || S_ISREG(given.st_mode) || S_ISDIR(given.st_mode);  // replace() will refuse a folder
  if (is_replaced) target_ = behind_links(path_);
  // A link in /proc (such as /dev/stdout) may show a name that is gone or belongs to another file.  Opening it still works.
  if (is_replaced && exists) is_replaced = is_same_file(target_, given);
  if (is_replaced)
    make_temporary();
  else
    open_as_it_is();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::make_temporary() {
  static std::atomic<unsigned> next_number{0};  // tells threads apart; the process id tells processes apart
  constexpr int kTries = 1000;                  // more than one, because a crashed process with the same id may have left files behind
  for (int attempt = 0; attempt < kTries && descriptor_ < 0; ++attempt) {
    temporary_ = fmt::format("{}.{}-{}.tmp", target_, ::getpid(), next_number++);
    descriptor_ = retry([&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) throw_errno(ExitCode::kCannotCreate, path_, "create");
}

/// Opening a FIFO waits for its reader, as in every program that writes to one.
void AtomicFile::open_as_it_is() {
  descriptor_ = retry([&] { return ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC); });
  if (descriptor_ < 0) throw_errno(ExitCode::kCannotCreate, path_, "open");
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
  // A FIFO or a device cannot be synced and answers EINVAL, which is no error here.
  const bool synced = retry([&] { return ::fsync(descriptor_); }) == 0 || (temporary_.empty() && errno == EINVAL);
  if (!synced) throw_errno(ExitCode::kWriteFailed, path_, "sync");
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) throw_errno(ExitCode::kWriteFailed, path_, "close");
  if (!temporary_.empty()) replace();
}

void AtomicFile::replace() {
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) throw_errno(ExitCode::kCannotCreate, path_, "replace");
  temporary_.clear();
  sync_directory_of(target_);
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
    bytes.resize(size + std::max(kChunk, size));  // doubles the buffer each time, because a pipe does not tell its size
    const ssize_t got = retry([&] { return ::read(descriptor.get(), bytes.data() + size, bytes.size() - size); });
    if (got < 0) throw_errno(ExitCode::kUsage, path, "read");
    size += static_cast<std::size_t>(got);
    if (size > limit) throw Error(ExitCode::kUsage, Problem{path, "the file is larger than " + size_text(limit), ""});
    if (got == 0) break;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace normrun::files
