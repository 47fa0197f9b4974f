// IDX has two zero bytes, the type of the numbers, the number of dimensions, the dimensions as big-endian 32-bit integers, and the numbers,
// which are big-endian and row-major (http://yann.lecun.com/exdb/mnist).
#include "files/input_file.hpp"
#include "files/number_array.hpp"

namespace normrun::files {
namespace {

constexpr Index kMaxIdxDims = 8;

NumberFormat format_of(unsigned char type, const InputFile& file) {
  switch (type) {
    case 0x08:
      return {NumberKind::kUnsigned, 1, std::endian::big};
    case 0x09:
      return {NumberKind::kSigned, 1, std::endian::big};
    case 0x0B:
      return {NumberKind::kSigned, 2, std::endian::big};
    case 0x0C:
      return {NumberKind::kSigned, 4, std::endian::big};
    case 0x0D:
      return {NumberKind::kFloat, 4, std::endian::big};
    case 0x0E:
      return {NumberKind::kFloat, 8, std::endian::big};
    default:
      file.damaged(2, "there is no IDX number type " + std::to_string(type), "the types are 8, 9, 11, 12, 13 and 14");
  }
}

}  // namespace

NumberArray read_idx(const std::string& path, Read read) {
  InputFile file(path);
  const std::vector<unsigned char> magic = file.read_claimed(4, "the first bytes of an IDX file");
  if (magic[0] != 0 || magic[1] != 0)
    file.damaged(0, "this is no IDX file, because it does not begin with two zero bytes", "name an IDX file, plain or gzip");
  NumberArray array;
  array.format = format_of(magic[2], file);
  const Index rank = magic[3];
  if (rank < 1 || rank > kMaxIdxDims)
    file.damaged(3, "the header announces " + std::to_string(rank) + " dimensions", "an IDX file of rows has 1 to 8");
  const std::vector<unsigned char> sizes = file.read_claimed(4 * rank, "the header's " + std::to_string(rank) + " dimensions");
  const NumberFormat size_format{NumberKind::kSigned, 4, std::endian::big};
  for (Index axis = 0; axis < rank; ++axis) {
    const std::uint64_t size = decode_bits(sizes.data() + 4 * axis, size_format);
    array.dims.push_back(static_cast<Index>(size));
  }
  read_numbers(file, array, read);
  return array;
}

}  // namespace normrun::files
