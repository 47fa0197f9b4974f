#pragma once

#include <string>

#include "files/descriptor.hpp"

namespace normrun::files {

/// Keeps a folder for this process, until its end at the latest: the kernel takes the lock back however the process ends.
class FolderLock {
 public:
  /// Throws Error(kLocked) at once where another process has it, Error(kCannotCreate) where there is no such folder.
  explicit FolderLock(const std::string& folder);

 private:
  Descriptor descriptor_;
};

/// Locks an open file in the same way; file systems of the network can lock files, but not all of them folders.
void lock_file(int descriptor, const std::string& path);

}  // namespace normrun::files
