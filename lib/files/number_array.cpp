#include "files/number_array.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace normrun::files {
namespace {

std::string dims_text(const std::vector<Index>& dims) {
  std::string text;
  for (const Index dim : dims) text += (text.empty() ? "" : " x ") + std::to_string(dim);
  return text;
}

/// Reorders numbers from Fortran order (the first axis varies fastest) to C order.
void turn_to_c_order(NumberArray& array) {
  const auto bytes = static_cast<std::size_t>(array.format.bytes);
  std::vector<unsigned char> turned(array.bytes.size());
  const Index count = static_cast<Index>(array.bytes.size() / bytes);
  for (Index place = 0; place < count; ++place)
    std::copy_n(array.bytes.data() + static_cast<std::size_t>(array.fortran_place(place)) * bytes, bytes,
                turned.data() + static_cast<std::size_t>(place) * bytes);
  array.bytes = std::move(turned);
}

}  // namespace

Index NumberArray::row_size() const {
  Index size = 1;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) size *= dims[axis];
  return size;
}

Shape NumberArray::row_shape() const { return dims.size() == 1 ? Shape{1} : Shape(std::vector<Index>(dims.begin() + 1, dims.end())); }

/// Returns where Fortran order puts the number that C order puts at `place`.
Index NumberArray::fortran_place(Index place) const {
  Index strides = 1;
  for (const Index dim : dims) strides *= dim;
  Index result = 0;
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    strides /= dims[axis];
    result += place % dims[axis] * strides;
    place /= dims[axis];
  }
  return result;
}

void NumberArray::damaged(Index place, const std::string& what, const std::string& hint) const {
  const Index byte = first_byte + (was_fortran ? fortran_place(place) : place) * format.bytes;
  const std::string column = row_size() == 1 ? "" : " column " + std::to_string(place % row_size() + 1);
  throw Error(ExitCode::kDamaged,
              {path + " byte " + std::to_string(byte), "row " + std::to_string(place / row_size() + 1) + column + " " + what, hint});
}

void read_numbers(InputFile& file, NumberArray& array, Read read) {
  array.path = file.path();
  array.first_byte = file.position();
  Index numbers = 1;
  Index row_size = 1;
  for (std::size_t axis = 0; axis < array.dims.size(); ++axis) {
    if (array.dims[axis] < 1)
      file.damaged(0, "the header announces " + dims_text(array.dims) + " numbers, so the file has no rows",
                   "write the file again, with its rows");
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
  if (array.was_fortran) turn_to_c_order(array);
}

}  // namespace normrun::files
