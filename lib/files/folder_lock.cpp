#include "files/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

namespace normrun::files {
namespace {

/// Takes the lock.  Does nothing on a file system that has no locks.
void take(int descriptor, const std::string& path) {
  if (retry([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == 0 || errno != EWOULDBLOCK) return;
  throw Error(ExitCode::kLocked, {path, "another process is writing there", "wait until it ends, or choose another --out"});
}

}  // namespace

FolderLock::FolderLock(const std::string& folder)
    : descriptor_(retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })) {
  if (descriptor_.get() < 0) throw_errno(ExitCode::kCannotCreate, folder, "open");
  take(descriptor_.get(), folder);
}

void lock_file(int descriptor, const std::string& path) { take(descriptor, path); }

}  // namespace normrun::files
