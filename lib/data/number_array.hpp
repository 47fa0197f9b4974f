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
  bool was_fortran = false;          // the file has them with the first axis varying fastest
  std::vector<unsigned char> bytes;  // empty where only the header was read

  Index rows() const { return dims.front(); }
  Index row_size() const;
  /// The shape of one row: (1) for a list of numbers.
  Shape row_shape() const;
  bool is_integer() const { return format.kind != NumberKind::kFloat; }
  Index fortran_place(Index place) const;
  const unsigned char* number(Index place) const { return bytes.data() + place * format.bytes; }
  /// Throws Error(kDamaged) naming the file, the byte, the row and the column.
  [[noreturn]] void damaged(Index place, const std::string& what, const std::string& hint) const;
};

enum class Read { kHeader, kAll };
/// LeCun's IDX format (MNIST), all its number types, plain or gzip.  Throws Error: kUsage (missing), kDamaged.
NumberArray read_idx(const std::string& path, Read read);
/// NumPy's format 1.0 to 3.0, C or Fortran order, every type of whole and floating numbers and bool, both byte orders, plain or gzip;
/// "file.npz:X" is a member of an archive.  The result is in C order.  Throws likewise.
NumberArray read_npy(const std::string& path, Read read);
/// The rest of both readers: checks the header's claim against the file, reads the numbers, nothing may follow.
void read_numbers(files::InputFile& file, NumberArray& array, Read read);

/// The first rows as inputs, binarized and scaled.  Throws Error(kDamaged) for NaN, infinity, or what T cannot hold.
template <class T>
Matrix<T> to_features(const NumberArray& array, Index rows, const Preparation& preparation);
/// The first rows as numbers to predict.  Throws likewise.
template <class T>
Matrix<T> to_targets(const NumberArray& array, Index rows);
/// Which label stands for which class.
struct LabelNumbers {
  Index classes = 0;
  std::vector<std::int64_t> values;        // (classes), ascending, where they are not 0 … classes - 1; else empty
  std::vector<std::string> words() const;  // of `values`
};
/// Labels from 0 stay what they are, and there are as many classes as the largest one says.  Others (1 … k, -1 and 1, 10, 20, …) are
/// numbered in their order.  Throws Error(kDamaged) for more than 2^20 classes or a number that is not whole.
LabelNumbers label_numbers(const NumberArray& array);
/// All of an array of whole numbers as labels.  Throws Error(kDamaged) where one is none of these.
std::vector<std::int32_t> to_labels(const NumberArray& array, const LabelNumbers& numbers);
/// Whether every number is a whole one.
bool are_whole(const NumberArray& array);
/// Turns rows of shape (channels, height, width) into (height, width, channels).  Throws Error(kDamaged) for other arrays.
void move_channels_last(NumberArray& array);
/// A matrix of whole numbers, row by row (`batch_order`).  Throws Error(kDamaged) where it is none.
std::vector<std::vector<Index>> to_index_rows(const NumberArray& array);

}  // namespace normrun::data
