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

/// An array as a binary file (IDX or NPY) holds it.
struct NumberArray {
  std::string path;
  NumberFormat format;
  std::vector<Index> dims;           // at least one, each at least 1; the first counts the rows
  Index first_byte = 0;              // where the numbers begin in the file
  bool was_fortran = false;          // in the file, the first axis varies fastest
  std::vector<unsigned char> bytes;  // empty where only the header was read

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
/// Reads LeCun's IDX format (MNIST) with all its number types, plain or gzip.  Throws Error(kUsage) where the file is missing, and
/// Error(kDamaged).
NumberArray read_idx(const std::string& path, Read read);
/// Reads NumPy's format 1.0 to 3.0, in C or Fortran order, with every type of whole and floating numbers and bool, in both byte orders,
/// plain or gzip.  "file.npz:X" names a member of an archive.  The result is in C order.  Throws as read_idx does.
NumberArray read_npy(const std::string& path, Read read);
/// Both readers end with this: it checks the header's claim against the file, reads the numbers, and checks that nothing follows.
void read_numbers(files::InputFile& file, NumberArray& array, Read read);

/// Returns the first rows as inputs, binarized and scaled.  Throws Error(kDamaged) for NaN, infinity, and numbers that T cannot hold.
template <class T>
Matrix<T> to_features(const NumberArray& array, Index rows, const Preparation& preparation);
/// Returns the first rows as numbers to predict.  Throws as above.
template <class T>
Matrix<T> to_targets(const NumberArray& array, Index rows);
/// Which label stands for which class.
struct LabelNumbers {
  Index classes = 0;
  std::vector<std::int64_t> values;        // (classes), ascending; empty where they are 0 … classes - 1
  std::vector<std::string> words() const;  // the words of `values`
};
/// Labels that begin with 0 keep their values, and the largest one tells how many classes there are.  Others (1 … k, -1 and 1, 10, 20, …)
/// are numbered in ascending order.  Throws Error(kDamaged) for more than 2^20 classes and for a number that is not whole.
LabelNumbers label_numbers(const NumberArray& array);
/// Returns all numbers of an array as classes.  Throws Error(kDamaged) where one is not among `numbers`.
std::vector<std::int32_t> to_labels(const NumberArray& array, const LabelNumbers& numbers);
/// Returns whether every number is whole.
bool are_whole(const NumberArray& array);
/// Reorders rows of shape (channels, height, width) to (height, width, channels).  Throws Error(kDamaged) for other arrays.
void move_channels_last(NumberArray& array);
/// Returns a matrix of whole numbers row by row (`batch_order`).  Throws Error(kDamaged) where the array is not one.
std::vector<std::vector<Index>> to_index_rows(const NumberArray& array);

}  // namespace normrun::data
