#pragma once

#include <string>

#include "files/descriptor.hpp"

namespace normrun::files {

/// Locks a folder for this process.  The operating system releases the lock when the process ends, however it ends.
class FolderLock {
 public:
  /// Does not wait: throws Error(kLocked) if another process holds the lock, Error(kCannotCreate) if there is no such folder.
  explicit FolderLock(const std::string& folder);

 private:
  Descriptor descriptor_;
};

/// Locks an open file in the same way.  Some network file systems can lock files but not folders.
void lock_file(int descriptor, const std::string& path);

}  // namespace normrun::files
