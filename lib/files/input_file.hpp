#pragma once

#include <string>
#include <vector>

#include "core/matrix.hpp"

struct gzFile_s;

namespace normrun::files {

/// What a Problem says about a missing file.
inline constexpr const char* kNoSuchFile = "no such file";

/// Reads a data file from front to back.  If the file begins with gzip's magic bytes, it is decompressed on the way.  Positions count bytes
/// of the decompressed contents.
class InputFile {
 public:
  /// Throws Error(kUsage) if the file is missing, is a directory or cannot be read.
  explicit InputFile(std::string path);
  /// Reads the contents of an archive's member.  Only messages use `path`.
  InputFile(std::string path, std::vector<unsigned char> contents);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  Index position() const { return position_; }

  /// Throws Error(kDamaged) if the file is too small to hold `count` more bytes.  `what` says what a header claimed ("60000 labels").
  /// For a gzip file the limit is the largest size that it can decompress to.
  void check_claim(Index count, const std::string& what) const;
  /// Reads exactly `count` bytes.  Memory grows only with the bytes that are really there, so a header that claims too much allocates
  /// nothing.  Throws Error(kDamaged) with the file and the byte.
  std::vector<unsigned char> read_claimed(Index count, const std::string& what);
  /// Reads the next bytes, at most `most` of them.  Returns "" at the end of the file.
  std::string read_piece(Index most);
  /// Throws Error(kDamaged) if the file has bytes that have not been read.
  void require_end();
  [[noreturn]] void damaged(Index byte, const std::string& what, const std::string& hint) const;

 private:
  bool is_plain() const;
  Index read_some(unsigned char* out, Index count);
  [[noreturn]] void cut_off(Index start, Index count, const std::string& what, const std::string& held) const;

  std::string path_;
  gzFile_s* file_ = nullptr;  // null: the bytes come from `contents_`
  std::vector<unsigned char> contents_;
  Index chunk_ = 0;       // bytes to read at a time; a small file is read at once
  Index most_bytes_ = 0;  // upper bound on the size of the contents
  Index position_ = 0;
};

/// Resolves a path of a config, which is relative to the folder of the config file.
std::string resolve_path(const std::string& folder, const std::string& path);

}  // namespace normrun::files
