#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::files {

/// One named tensor of a safetensors file.
struct Tensor {
  std::string name;
  std::vector<Index> shape;
  bool is_double = false;      // F64, else F32 (F16, BF16, I32 and I64 are read and converted)
  std::vector<double> values;  // exact for both
};

struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;  // in the file's order
  const Tensor* find(const std::string& name) const;
};

/// Writes through a temporary file, fsync and rename.  Throws Error(kCannotCreate, kWriteFailed).
/// The metadata gets "crc32c.<tensor>" for every tensor, "normrun.format" = "1" and "crc32c.header" over what they cover.
void write_safetensors(const std::string& path, const TensorFile& file);
/// Bounds are checked before anything is allocated; checksums where the file has them.  Throws Error(kUsage) where the
/// file is missing, Error(kDamaged) with file and byte where it is truncated, foreign or a checksum fails.
TensorFile read_safetensors(const std::string& path);
/// The same of a file's bytes; `path` is for messages.
TensorFile parse_safetensors(std::string_view bytes, const std::string& path);
/// The bytes that write_safetensors writes.
std::string format_safetensors(const TensorFile& file);

}  // namespace normrun::files
