#include "data/number_array.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "files/input_file.hpp"

namespace normrun::data {
namespace {

constexpr Index kMaxClasses = Index{1} << 20;

std::string dims_text(const std::vector<Index>& dims) {
  std::string text;
  for (const Index dim : dims) text += (text.empty() ? "" : " x ") + std::to_string(dim);
  return text;
}

/// One number as a T, or the complaint that it is none.
template <class T, class Map>
T checked_number(const NumberArray& array, Index place, const Map& map) {
  const double raw = decode_number(array.number(place), array.format);
  const T value = static_cast<T>(map(raw));
  if (!std::isfinite(raw)) array.damaged(place, "is not a finite number", "remove or repair the row");
  if (!std::isfinite(value)) array.damaged(place, "does not fit the precision", "set data.scale or \"precision\": \"float64\"");
  return value;
}

template <class T, class Map>
Matrix<T> convert(const NumberArray& array, Index rows, const Map& map) {
  Matrix<T> matrix = allocate_rows<T>(rows, array.row_size());
  T* out = matrix.view().data;
  const Index count = matrix.view().size();
  if (array.format.kind == NumberKind::kUnsigned) {  // bytes: every outcome is computed once
    std::array<T, 256> table;
    for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = static_cast<T>(map(static_cast<double>(byte)));
    for (Index i = 0; i < count; ++i) out[i] = table[array.bytes[static_cast<std::size_t>(i)]];
  } else {
    for (Index i = 0; i < count; ++i) out[i] = checked_number<T>(array, i, map);
  }
  return matrix;
}

}  // namespace

Index NumberArray::row_size() const {
  Index size = 1;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) size *= dims[axis];
  return size;
}

Shape NumberArray::row_shape() const { return dims.size() == 1 ? Shape{1} : Shape(std::vector<Index>(dims.begin() + 1, dims.end())); }

void NumberArray::damaged(Index place, const std::string& what, const std::string& hint) const {
  const Index byte = first_byte + place * format.bytes;
  const std::string column = row_size() == 1 ? "" : " column " + std::to_string(place % row_size() + 1);
  throw Error(ExitCode::kDamaged,
              {path + " byte " + std::to_string(byte), "row " + std::to_string(place / row_size() + 1) + column + " " + what, hint});
}

void read_numbers(files::InputFile& file, NumberArray& array, Read read) {
  array.path = file.path();
  array.first_byte = file.position();
  Index numbers = 1;
  Index row_size = 1;
  for (std::size_t axis = 0; axis < array.dims.size(); ++axis) {
    if (array.dims[axis] < 1)
      file.damaged(0, "the header announces " + dims_text(array.dims) + " numbers: nothing", "write the file with its rows");
    const bool row_fits = axis == 0 || (checked_product(row_size, array.dims[axis], row_size) && row_size <= Shape::kMaxSize);
    if (!row_fits || !checked_product(numbers, array.dims[axis], numbers)) {
      file.damaged(0, "the header announces " + dims_text(array.dims) + " numbers, which no file holds", "the header is damaged");
    }
  }
  Index bytes = 0;
  if (!checked_product(numbers, array.format.bytes, bytes)) {
    file.damaged(0, "the header announces " + dims_text(array.dims) + " numbers, which no file holds", "the header is damaged");
  }
  const std::string what = "the header's " + dims_text(array.dims) + " numbers";
  file.check_claim(bytes, what);
  if (read == Read::kHeader) return;
  array.bytes = file.read_claimed(bytes, what);
  file.require_end();
}

template <class T>
Matrix<T> to_features(const NumberArray& array, Index rows, const Preparation& preparation) {
  return convert<T>(array, rows, [&preparation](double raw) { return preparation.prepared(raw); });
}

template <class T>
Matrix<T> to_targets(const NumberArray& array, Index rows) {
  return convert<T>(array, rows, [](double raw) { return raw; });
}

std::vector<std::int32_t> to_labels(const NumberArray& array, Index classes) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(array.rows()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Index place = static_cast<Index>(i);
    const std::int64_t label = decode_integer(array.number(place), array.format);
    if (label < 0 || label >= classes) {
      array.damaged(place, "has label " + std::to_string(label) + ", and the classes are 0 to " + std::to_string(classes - 1),
                    "set data.classes where the training labels do not show all classes");
    }
    labels[i] = static_cast<std::int32_t>(label);
  }
  return labels;
}

Index count_classes(const NumberArray& array) {
  std::int64_t largest = 0;
  for (Index i = 0; i < array.rows(); ++i) {
    const std::int64_t label = decode_integer(array.number(i), array.format);
    if (label < 0 || label >= kMaxClasses) {
      array.damaged(i, "has label " + std::to_string(label), "labels are whole numbers from 0, at most " + std::to_string(kMaxClasses - 1));
    }
    largest = std::max(largest, label);
  }
  return largest + 1;
}

std::vector<std::vector<Index>> to_index_rows(const NumberArray& array) {
  if (!array.is_integer() || array.dims.size() != 2) {
    throw Error(ExitCode::kDamaged, {array.path, "is no matrix of whole numbers", "save an int64 array of shape (epochs, samples)"});
  }
  std::vector<std::vector<Index>> rows(static_cast<std::size_t>(array.rows()));
  Index place = 0;
  for (std::vector<Index>& row : rows) {
    row.resize(static_cast<std::size_t>(array.row_size()));
    for (Index& value : row) value = decode_integer(array.number(place++), array.format);
  }
  return rows;
}

template Matrix<float> to_features(const NumberArray&, Index, const Preparation&);
template Matrix<double> to_features(const NumberArray&, Index, const Preparation&);
template Matrix<float> to_targets(const NumberArray&, Index);
template Matrix<double> to_targets(const NumberArray&, Index);

}  // namespace normrun::data
