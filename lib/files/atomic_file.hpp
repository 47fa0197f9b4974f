#pragma once

#include <string>
#include <string_view>

namespace normrun::files {

/// Replaces a file in such a way that a reader sees either the old or the new contents, even after a crash.  To this end it writes a
/// temporary file beside the old file, syncs the temporary file, renames it and syncs the directory.  If the path is a symbolic link, the
/// link stays, and the file that it points at is replaced.  A FIFO or a device is written to directly.  Throws Error(kCannotCreate) or
/// Error(kWriteFailed) with the path.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();  // without commit(), removes the temporary file and leaves the old file
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);  // the bytes may stay in a buffer until commit()
  void commit();

 private:
  void make_temporary();
  void open_as_it_is();
  void replace();
  void flush();
  std::string path_;       // the path as the caller gave it, which messages show
  std::string target_;     // the file to replace, behind all links
  std::string temporary_;  // "" if the path is written to directly, and after the target has been replaced
  std::string buffer_;
  int descriptor_ = -1;
};

/// Replaces a file in one call, as AtomicFile does.
void write_file(const std::string& path, std::string_view bytes);
/// Returns the contents of a file.  Throws Error(kUsage) if the file is missing or unreadable, or has more than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace normrun::files
