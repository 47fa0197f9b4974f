#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "data/number_format.hpp"
#include "data/preparation.hpp"
#include "files/input_file.hpp"

namespace normrun::data {

/// An array as a binary file holds it: IDX or NPY.
struct NumberArray {
  std::string path;
  NumberFormat format;
  std::vector<Index> dims;           // at least one, each at least 1; the first counts the rows
  Index first_byte = 0;              // of the numbers, in the file
  std::vector<unsigned char> bytes;  // empty where only the header was read

  Index rows() const { return dims.front(); }
  Index row_size() const;
  /// The shape of one row: (1) for a list of numbers.
  Shape row_shape() const;
  bool is_integer() const { return format.kind != NumberKind::kFloat; }
  const unsigned char* number(Index place) const { return bytes.data() + place * format.bytes; }
  /// Throws Error(kDamaged) naming the file, the byte, the row and the column.
  [[noreturn]] void damaged(Index place, const std::string& what, const std::string& hint) const;
};

enum class Read { kHeader, kAll };
/// LeCun's IDX format (MNIST), all its number types, plain or gzip.  Throws Error: kUsage (missing), kDamaged.
NumberArray read_idx(const std::string& path, Read read);
/// NumPy's format 1.0 to 3.0 in C order, '<f4' '<f8' '|u1' '|i1' '<i2' '<i4' '<i8', plain or gzip.  Throws likewise.
NumberArray read_npy(const std::string& path, Read read);
/// The rest of both readers: checks the header's claim against the file, reads the numbers, nothing may follow.
void read_numbers(files::InputFile& file, NumberArray& array, Read read);

/// The first rows as inputs, binarized and scaled.  Throws Error(kDamaged) for NaN, infinity, or what T cannot hold.
template <class T>
Matrix<T> to_features(const NumberArray& array, Index rows, const Preparation& preparation);
/// The first rows as numbers to predict.  Throws likewise.
template <class T>
Matrix<T> to_targets(const NumberArray& array, Index rows);
/// All of an array of whole numbers as labels.  Throws Error(kDamaged) where one is not in [0, classes).
std::vector<std::int32_t> to_labels(const NumberArray& array, Index classes);
/// The largest label + 1.  Throws Error(kDamaged) for a negative one or more than 2^20 classes.
Index count_classes(const NumberArray& array);
/// A matrix of whole numbers, row by row (`batch_order`).  Throws Error(kDamaged) where it is none.
std::vector<std::vector<Index>> to_index_rows(const NumberArray& array);

}  // namespace normrun::data
