// NPY has "\x93NUMPY", the version, the length of the header (2 bytes in version 1, else 4, little-endian), the header, and the numbers.
// The header is a Python dict: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }  (NEP 1, numpy.lib.format).
#include <bit>
#include <charconv>
#include <string_view>
#include <utility>

#include "files/foreign_format.hpp"
#include "files/input_file.hpp"
#include "files/npz_file.hpp"
#include "files/number_array.hpp"

namespace normrun::files {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxNpyDims = 8;

/// Reads the text of the dict.  A function that finds something else reports what it expected, and at which byte.
class HeaderText {
 public:
  HeaderText(const InputFile& file, std::string_view text, Index first_byte) : file_(file), text_(text), first_byte_(first_byte) {}

  bool skip(char wanted) {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\n')) ++place_;
    if (place_ >= text_.size() || text_[place_] != wanted) return false;
    ++place_;
    return true;
  }
  void expect(char wanted) {
    if (!skip(wanted)) fail(std::string("'") + wanted + "'");
  }
  std::string_view quoted() {
    const char quote = skip('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t begin = place_;
    while (place_ < text_.size() && text_[place_] != quote) ++place_;
    if (place_ == text_.size()) fail("the end of a quoted text");
    return text_.substr(begin, place_++ - begin);
  }
  bool truth() {
    skip(' ');
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (text_.substr(place_).starts_with(word)) {
        place_ += word.size();
        return value;
      }
    }
    fail("True or False");
  }
  std::vector<Index> tuple() {
    std::vector<Index> values;
    expect('(');
    while (!skip(')')) {
      Index value = 0;
      const auto [end, error] = std::from_chars(text_.data() + place_, text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) fail("a dimension");
      place_ = static_cast<std::size_t>(end - text_.data());
      values.push_back(value);
      if (!skip(',')) {
        expect(')');
        break;
      }
    }
    return values;
  }
  [[noreturn]] void fail(const std::string& expected) const {
    file_.damaged(first_byte_ + static_cast<Index>(place_), "the NPY header is malformed: expected " + expected,
                  "write the file again with numpy.save");
  }

 private:
  const InputFile& file_;
  std::string_view text_;
  Index first_byte_;
  std::size_t place_ = 0;
};

/// Parses NumPy's name of a type, such as "<f8": byte order, kind, number of bytes.
NumberFormat format_of(std::string_view name, const InputFile& file, Index byte) {
  const auto refuse = [&](const std::string& hint) {
    file.damaged(byte, "numbers of type '" + std::string(name) + "' cannot be read", hint);
  };
  const std::string_view orders = "<>|=";
  if (name.size() < 2 || orders.find(name[0]) == std::string_view::npos)
    refuse("write it as float64: numpy.save(path, array.astype('<f8'))");
  NumberFormat format;
  format.order = name[0] == '>' ? std::endian::big : std::endian::little;
  format.bytes = 0;
  for (const char c : name.substr(2)) format.bytes = c >= '0' && c <= '9' && format.bytes < 100 ? 10 * format.bytes + (c - '0') : 1000;
  const bool is_whole_size = format.bytes == 1 || format.bytes == 2 || format.bytes == 4 || format.bytes == 8;
  switch (name[1]) {
    case 'b':
    case 'u':
    case 'i':
      format.kind = name[1] == 'i' ? NumberKind::kSigned : NumberKind::kUnsigned;
      if (!is_whole_size || (name[1] == 'b' && format.bytes != 1)) refuse("write it as int64: numpy.save(path, array.astype('<i8'))");
      return format;
    case 'f':
      format.kind = NumberKind::kFloat;
      if (!is_whole_size || format.bytes == 1) refuse("write it as float64: numpy.save(path, array.astype('<f8'))");
      return format;
    case 'U':
    case 'S':
      refuse("number the words: numpy.unique(array, return_inverse=True)[1]");
      break;
    default:
      refuse("write it as float64: numpy.save(path, array.astype('<f8'))");
  }
  return format;
}

void parse_header(HeaderText header, const InputFile& file, Index first_byte, NumberArray& array) {
  bool has_format = false;
  bool has_order = false;
  bool has_shape = false;
  header.expect('{');
  while (!header.skip('}')) {
    const std::string_view key = header.quoted();
    header.expect(':');
    if (key == "descr") {
      if (header.skip('[')) {
        file.damaged(first_byte, "this is a table of named columns (a structured array)",
                     "write it as CSV: pandas.DataFrame(numpy.load(path)).to_csv(\"table.csv\", index=False)");
      }
      array.format = format_of(header.quoted(), file, first_byte);
      has_format = true;
    } else if (key == "fortran_order") {
      array.was_fortran = header.truth();
      has_order = true;
    } else if (key == "shape") {
      array.dims = header.tuple();
      has_shape = true;
    } else {
      header.fail("the key descr, fortran_order or shape");
    }
    if (!header.skip(',')) {
      header.expect('}');
      break;
    }
  }
  if (!has_format || !has_order || !has_shape) header.fail("the keys descr, fortran_order and shape");
}

NumberArray read_array(InputFile& file, Read read) {
  const std::vector<unsigned char> start = file.read_claimed(8, "the first bytes of an NPY file");
  if (std::string_view(reinterpret_cast<const char*>(start.data()), kMagic.size()) != kMagic) {
    const ForeignFormat format = foreign_format(std::string_view(reinterpret_cast<const char*>(start.data()), start.size()));
    if (!format.empty() && !format.what.ends_with("ZIP archive"))
      file.damaged(0, "this is no NPY file: " + std::string(format.what), std::string(format.cure));
    file.damaged(0, "this is no NPY file, because it does not begin with \\x93NUMPY", "write one with numpy.save");
  }
  const unsigned version = start[6];
  if (version < 1 || version > 3)
    file.damaged(6, "the file has NPY format version " + std::to_string(version), "normrun reads versions 1 to 3");
  const NumberFormat size_format{NumberKind::kUnsigned, version == 1 ? 2 : 4, std::endian::little};
  const std::vector<unsigned char> size = file.read_claimed(size_format.bytes, "the header's length");
  const auto header_bytes = static_cast<Index>(decode_bits(size.data(), size_format));
  const Index first_byte = file.position();
  const std::vector<unsigned char> header = file.read_claimed(header_bytes, "the header's characters");
  NumberArray array;
  const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
  parse_header(HeaderText(file, text, first_byte), file, first_byte, array);
  if (array.dims.empty() || array.dims.size() > kMaxNpyDims) {
    file.damaged(first_byte, "the array has " + std::to_string(array.dims.size()) + " dimensions", "rows of data have 1 to 8 dimensions");
  }
  if (array.dims.size() < 2) array.was_fortran = false;
  read_numbers(file, array, read);
  return array;
}

}  // namespace

NumberArray read_npy(const std::string& path, Read read) {
  const NpzPath archive = npz_path(path);
  if (archive.file.empty()) {
    InputFile file(path);
    return read_array(file, read);
  }
  InputFile file(path, npz_member(archive));
  return read_array(file, read);
}

}  // namespace normrun::files
