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
  bool is_double = false;      // true: F64; false: F32, or a type that is converted (F16, BF16, I32, I64)
  std::vector<double> values;  // exact for F64 and F32
  Index begin = -1;            // for a tensor that was read, the byte of the file at which its numbers begin
  std::string dtype = {};      // the type of the numbers in the file: F64, F32, F16, …
};

struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors;  // in the file's order
  const Tensor* find(const std::string& name) const;
};

/// Writes through a temporary file, fsync and rename.  Throws Error(kCannotCreate, kWriteFailed).  The metadata gets "crc32c.<tensor>" for
/// every tensor, "normrun.format" = "1" and "crc32c.header", which covers the rest of the header.
void write_safetensors(const std::string& path, const TensorFile& file);
/// Checks every size before it allocates anything, and every checksum that the file has.  Throws Error(kUsage) if the file is missing.
/// Throws Error(kDamaged), with file and byte, if it is cut off or of another format, or a checksum is wrong.
TensorFile read_safetensors(const std::string& path);
/// Reads the bytes of a file in the same way.  Only messages use `path`.
TensorFile parse_safetensors(std::string_view bytes, const std::string& path);
/// Returns the bytes that write_safetensors writes.
std::string format_safetensors(const TensorFile& file);

}  // namespace normrun::files
