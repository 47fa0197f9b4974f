#pragma once

#include <string>
#include <string_view>

namespace normrun::files {

/// Replaces a file so that a reader, or a crash, sees the old or the new contents and nothing between: a temporary file
/// beside it, fsync, rename, fsync of the directory.  A symbolic link stays, and the file that it points at is replaced; what
/// is no file (a FIFO, a device) is written to as it is.  Throws Error(kCannotCreate) or Error(kWriteFailed) with the path.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();  // without commit: the temporary file goes, the old one stays
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);  // buffered
  void commit();

 private:
  void make_temporary();
  void open_as_it_is();
  void replace();
  void flush();
  std::string path_;       // as it was given: what messages name
  std::string target_;     // the file that is replaced
  std::string temporary_;  // "" where the path is written to as it is, and once the target is replaced
  std::string buffer_;
  int descriptor_ = -1;
};

/// AtomicFile in one call.
void write_file(const std::string& path, std::string_view bytes);
/// Throws Error(kUsage) where the file is missing or unreadable, and past `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace normrun::files
