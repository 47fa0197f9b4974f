#pragma once

#include <string>
#include <vector>

#include "core/shape.hpp"
#include "files/input_file.hpp"
#include "files/number_format.hpp"

namespace normrun::files {

/// An array as a binary file (IDX or NPY) holds it.
struct NumberArray {
  std::string path;
  NumberFormat format;
  std::vector<Index> dims;           // at least one dimension, each at least 1; the first is the number of rows
  Index first_byte = 0;              // where the numbers begin in the file
  bool was_fortran = false;          // in the file, the first axis varies fastest
  std::vector<unsigned char> bytes;  // empty if only the header was read

  Index rows() const { return dims.front(); }
  Index row_size() const;
  /// Returns the shape of one row; it is (1) for a list of numbers.
  Shape row_shape() const;
  bool is_integer() const { return format.kind != NumberKind::kFloat; }
  Index fortran_place(Index place) const;
  const unsigned char* number(Index place) const { return bytes.data() + place * format.bytes; }
  /// Throws Error(kDamaged), which names the file, the byte, the row and the column.
  [[noreturn]] void damaged(Index place, const std::string& what, const std::string& hint) const;
};

enum class Read { kHeader, kAll };
/// Reads LeCun's IDX format (MNIST) with all its number types, plain or gzip.  Throws Error(kUsage) if the file is missing, and
/// Error(kDamaged).
NumberArray read_idx(const std::string& path, Read read);
/// Reads NumPy's format 1.0 to 3.0, in C or Fortran order, with every type of whole and floating numbers and bool, in both byte orders,
/// plain or gzip.  The path "file.npz:X" stands for a member of an archive.  The result is in C order.  Throws the errors that read_idx
/// throws.
NumberArray read_npy(const std::string& path, Read read);
/// Ends the work of both readers: checks the header's claim against the file, reads the numbers, and checks that nothing follows them.
void read_numbers(InputFile& file, NumberArray& array, Read read);

}  // namespace normrun::files
