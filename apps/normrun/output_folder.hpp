#pragma once

#include <string>

#include "files/folder_lock.hpp"

namespace normrun::app {

/// What to do with the results that an output folder already holds.
enum class Existing { kRefuse, kResume, kReplace };

/// The hints for an output folder that is not empty: for a command that can resume, and for one that cannot.
inline constexpr const char* kResumeOrReplace = "use --resume to go on, --force to replace its results, or another --out";
inline constexpr const char* kReplaceOnly = "use --force to replace its results, or another --out";

/// The folder that a command writes to.  While this object lives, the folder is locked against other processes.  Files that the program did
/// not write stay.
class OutputFolder {
 public:
  /// Makes the folder.  Throws Error(kLocked) if another process writes to it.  Throws Error(kCannotCreate) if the folder cannot be made,
  /// if it is not empty and `existing` is kRefuse, or if it has results but no journal and `existing` is kResume.
  OutputFolder(std::string path, Existing existing, const char* filled_hint);

  const std::string& path() const { return path_; }
  std::string journal() const;
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string unfinished() const { return path_ + "/unfinished"; }
  /// Whether the folder has a journal to resume from.
  bool has_journal() const;
  void make_checkpoints() const;
  /// Removes the checkpoints of unfinished runs.  The caller calls this when every run is finished, because the program may have been
  /// killed between the record of a run and the removal of its checkpoint.
  void remove_unfinished() const;

 private:
  static std::string made(std::string path);
  void remove_results() const;
  void remove_temporary_files() const;

  std::string path_;
  files::FolderLock lock_;
};

}  // namespace normrun::app
