#pragma once

#include <string>

#include "files/folder_lock.hpp"

namespace normrun::app {

/// What to do with the results that an output folder holds.
enum class Existing { kRefuse, kResume, kReplace };

/// What a command can do about a folder that is filled: the hint where it is refused.
inline constexpr const char* kResumeOrReplace = "use --resume to go on, --force to replace its results, or another --out";
inline constexpr const char* kReplaceOnly = "use --force to replace its results, or another --out";

/// The folder that a command writes to, locked against other processes; files of others in there stay.
class OutputFolder {
 public:
  /// Makes the folder.  Throws Error: kLocked where another process writes there, kCannotCreate where it cannot be made, is
  /// filled and to be refused, or holds results without a journal and is to be resumed.
  OutputFolder(std::string path, Existing existing, const char* filled_hint);

  const std::string& path() const { return path_; }
  std::string journal() const;
  std::string checkpoints() const { return path_ + "/checkpoints"; }
  std::string unfinished() const { return path_ + "/unfinished"; }
  /// Whether there is a journal to resume from.
  bool has_journal() const;
  void make_checkpoints() const;
  /// Once every run is finished: a kill may have come between a run's record and the removal of its checkpoint.
  void remove_unfinished() const;

 private:
  static std::string made(std::string path);
  void remove_results() const;
  void remove_temporary_files() const;

  std::string path_;
  files::FolderLock lock_;
};

}  // namespace normrun::app
