#pragma once

#include <string>
#include <vector>

#include "core/matrix.hpp"

struct gzFile_s;

namespace normrun::files {

/// What is wrong where a file is missing.
inline constexpr const char* kNoSuchFile = "no such file";

/// A data file read from front to back, decompressed on the way where it begins as gzip does.  Byte positions are those of
/// the decompressed contents.
class InputFile {
 public:
  /// Throws Error(kUsage) where there is no such file, or it is a directory or unreadable.
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  Index position() const { return position_; }

  /// Throws Error(kDamaged) where the file cannot hold the `count` bytes more that it claims to, as `what` ("60000 labels"):
  /// plain files by their size, gzip by what their size can decompress to.
  void check_claim(Index count, const std::string& what) const;
  /// Exactly `count` bytes.  Memory grows with what is really there, so that a false claim allocates nothing.
  /// Throws Error(kDamaged) with the file and the byte.
  std::vector<unsigned char> read_claimed(Index count, const std::string& what);
  /// All that is left.
  std::string read_rest();
  /// Throws Error(kDamaged) unless everything was read.
  void require_end();
  [[noreturn]] void damaged(Index byte, const std::string& what, const std::string& hint) const;

 private:
  Index read_some(unsigned char* out, Index count);
  [[noreturn]] void cut_off(Index start, Index count, const std::string& what, const std::string& held) const;

  std::string path_;
  gzFile_s* file_ = nullptr;
  Index chunk_ = 0;       // read at a time: all of a small file
  Index most_bytes_ = 0;  // that the contents can have
  Index position_ = 0;
};

/// `path` as a config means it: relative to the folder of the config file.
std::string resolve_path(const std::string& folder, const std::string& path);

}  // namespace normrun::files
