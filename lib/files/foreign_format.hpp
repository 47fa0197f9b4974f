#pragma once

#include <string>
#include <string_view>

namespace normrun::files {

/// What a file of another format is, and how to bring its contents here.  Both are empty if the first bytes belong to no format that is
/// known.
struct ForeignFormat {
  std::string_view what;  // "this is a Parquet file"
  std::string_view cure;  // one command or one sentence
  bool empty() const { return what.empty(); }
};

/// Recognizes Parquet, Excel, ODS, Feather/Arrow, ZIP, NPZ, pickle, PyTorch, HDF5, ARFF, SQLite, JSON, bzip2, xz, zstd, NPY, IDX,
/// safetensors, Stata, SAS, R data, images and HTML by their first bytes.  `first_bytes` must be at least the first 512 bytes, or the whole
/// of a smaller file.
ForeignFormat foreign_format(std::string_view first_bytes);

/// Throws Error(kDamaged) at `path` if the first bytes belong to another format.
void refuse_foreign(const std::string& path, std::string_view first_bytes);

}  // namespace normrun::files
