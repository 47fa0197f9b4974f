// TensorProto (onnx.proto3): 1 dims, 2 data_type, 4 float_data, 5 int32_data, 7 int64_data, 8 name, 9 raw_data, 10 double_data,
// 11 uint64_data, 13 external_data (entries of 1 key, 2 value), 14 data_location (1: external).
//
// The numbers of float_data, double_data and raw_data lie in the file as little-endian bytes, and are left there.  The numbers of the other
// fields are packed as varints, so they are decoded at once.  Each takes at least a byte, so a file cannot claim more numbers than it has
// bytes.
#include "files/onnx_tensors.hpp"

#include <charconv>
#include <filesystem>

#include "core/error.hpp"
#include "core/shape.hpp"
#include "files/atomic_file.hpp"
#include "files/number_format.hpp"

namespace normrun::files {
namespace {

constexpr std::size_t kLargestData = std::size_t{1} << 36;

struct KnownType {
  OnnxType type;
  std::string_view name;
  NumberFormat format;
};

constexpr KnownType kTypes[] = {
    {OnnxType::kFloat, "F32", {NumberKind::kFloat, 4}},        {OnnxType::kUint8, "U8", {NumberKind::kUnsigned, 1}},
    {OnnxType::kInt8, "I8", {NumberKind::kSigned, 1}},         {OnnxType::kUint16, "U16", {NumberKind::kUnsigned, 2}},
    {OnnxType::kInt16, "I16", {NumberKind::kSigned, 2}},       {OnnxType::kInt32, "I32", {NumberKind::kSigned, 4}},
    {OnnxType::kInt64, "I64", {NumberKind::kSigned, 8}},       {OnnxType::kBool, "BOOL", {NumberKind::kUnsigned, 1}},
    {OnnxType::kHalf, "F16", {NumberKind::kFloat, 2}},         {OnnxType::kDouble, "F64", {NumberKind::kFloat, 8}},
    {OnnxType::kUint32, "U32", {NumberKind::kUnsigned, 4}},    {OnnxType::kUint64, "U64", {NumberKind::kUnsigned, 8}},
    {OnnxType::kBfloat16, "BF16", {NumberKind::kUnsigned, 2}},
};

const KnownType* known_type(Index number) {
  for (const KnownType& known : kTypes) {
    if (static_cast<Index>(known.type) == number) return &known;
  }
  return nullptr;
}

double bfloat(std::uint64_t bits) { return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U))); }

}  // namespace

std::string_view onnx_type_name(OnnxType type) { return known_type(static_cast<Index>(type))->name; }

bool is_floating(OnnxType type) {
  return type == OnnxType::kFloat || type == OnnxType::kDouble || type == OnnxType::kHalf || type == OnnxType::kBfloat16;
}

struct OnnxTensorReader::Fields {
  Index type = 0;
  std::string_view floats;
  std::string_view doubles;
  std::string_view raw;
  bool has_raw = false;
  bool has_floats = false;
  bool has_doubles = false;
};

OnnxTensor OnnxTensorReader::tensor(std::string_view bytes) {
  OnnxMessage message(bytes, *this);
  OnnxTensor tensor;
  tensor.file = file_.path;
  Fields fields;
  External external;
  while (message.next()) {
    if (message.is_bytes(1)) {
      message.append_integers(tensor.dims);
    } else if (message.is_number(1)) {
      tensor.dims.push_back(message.integer());
    } else if (message.is_number(2)) {
      fields.type = message.integer();
    } else if (message.is_bytes(4)) {
      fields.floats = message.bytes();
      fields.has_floats = true;
    } else if (message.is_bytes(5) || message.is_bytes(7) || message.is_bytes(11)) {
      message.append_integers(tensor.listed);
    } else if (message.is_number(5) || message.is_number(7) || message.is_number(11)) {
      tensor.listed.push_back(message.integer());
    } else if (message.is_bytes(8)) {
      tensor.name = message.text();
    } else if (message.is_bytes(9)) {
      fields.raw = message.bytes();
      fields.has_raw = true;
    } else if (message.is_bytes(10)) {
      fields.doubles = message.bytes();
      fields.has_doubles = true;
    } else if (message.is_bytes(13)) {
      read_entry(message.bytes(), external);
    } else if (message.is_number(14)) {
      external.is_used = message.integer() == 1;
    } else {
      message.skip();
    }
  }
  const KnownType* const known = known_type(fields.type);
  if (known == nullptr) damaged(tensor, "its numbers have the type " + std::to_string(fields.type) + ", which normrun does not read");
  tensor.type = known->type;
  for (const Index dim : tensor.dims) {
    if (dim < 0 || !checked_product(tensor.count, dim, tensor.count)) damaged(tensor, "its shape is larger than any file");
  }
  if (external.is_used)
    take_external(external, tensor);
  else
    check_size(fields, tensor);
  return tensor;
}

void OnnxTensorReader::check_size(Fields& fields, OnnxTensor& tensor) const {
  const bool is_raw =
      fields.has_raw || (tensor.type == OnnxType::kFloat && fields.has_floats) || (tensor.type == OnnxType::kDouble && fields.has_doubles);
  if (is_raw) {
    tensor.bytes = fields.has_raw ? fields.raw : tensor.type == OnnxType::kFloat ? fields.floats : fields.doubles;
    tensor.begin = progress_.byte_of(tensor.bytes.data());
    tensor.listed.clear();
  }
  const auto bytes_each = static_cast<Index>(known_type(static_cast<Index>(tensor.type))->format.bytes);
  const Index there = is_raw ? static_cast<Index>(tensor.bytes.size()) / bytes_each : static_cast<Index>(tensor.listed.size());
  const bool is_whole = !is_raw || static_cast<Index>(tensor.bytes.size()) % bytes_each == 0;
  if (there != tensor.count || !is_whole)
    damaged(tensor, "its shape " + shape_text(tensor.dims) + " has " + std::to_string(tensor.count) + " numbers, but the file holds " +
                        std::to_string(there));
}

void OnnxTensorReader::read_entry(std::string_view bytes, External& external) {
  OnnxMessage message(bytes, *this);
  std::string key;
  std::string value;
  while (message.next()) {
    if (message.is_bytes(1))
      key = message.text();
    else if (message.is_bytes(2))
      value = message.text();
    else
      message.skip();
  }
  if (key == "location") external.location = value;
  if (key == "offset") external.offset = value;
  if (key == "length") external.length = value;
}

Index OnnxTensorReader::count_of(const std::string& text, Index fallback, const OnnxTensor& tensor) const {
  if (text.empty()) return fallback;
  Index count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0)
    damaged(tensor, "the place of its external data is \"" + text + "\", which is no number");
  return count;
}

std::string OnnxTensorReader::external_path(const std::string& location, const OnnxTensor& tensor) const {
  const std::filesystem::path model(file_.path);
  const std::filesystem::path folder = model.has_parent_path() ? model.parent_path() : std::filesystem::path(".");
  const std::filesystem::path wanted(location);
  std::error_code error;
  const std::filesystem::path home = std::filesystem::weakly_canonical(folder, error);
  const std::filesystem::path target = std::filesystem::weakly_canonical(folder / wanted, error);
  const std::filesystem::path inside = target.lexically_relative(home);
  const bool is_inside = !location.empty() && location.find('\0') == std::string::npos && wanted.is_relative() && !error &&
                         !inside.empty() && *inside.begin() != ".." && inside != ".";
  if (!is_inside)
    damaged(tensor, "its external data lie in \"" + location + "\", outside of the model's folder",
            "put the data beside the model, or export it with external_data=False");
  return (folder / wanted).string();
}

const std::string& OnnxTensorReader::external_bytes(const std::string& path, const OnnxTensor& tensor) {
  auto& content = file_.contents[path];
  if (content == nullptr) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
      refuse_usage(path, "the external data of " + file_.path + " are missing (tensor " + tensor.name + ")",
                   "put the file beside the model, or export it with external_data=False");
    content = std::make_shared<const std::string>(read_file(path, kLargestData));
  }
  return *content;
}

void OnnxTensorReader::take_external(const External& external, OnnxTensor& tensor) {
  tensor.listed.clear();
  const std::string path = external_path(external.location, tensor);
  const auto bytes_each = static_cast<Index>(known_type(static_cast<Index>(tensor.type))->format.bytes);
  Index size = 0;
  if (!checked_product(tensor.count, bytes_each, size)) damaged(tensor, "its shape is larger than any file");
  const std::string& bytes = external_bytes(path, tensor);
  const auto there = static_cast<Index>(bytes.size());
  const Index begin = count_of(external.offset, 0, tensor);
  const Index length = count_of(external.length, size, tensor);
  if (length != size)
    damaged(tensor, "its shape " + shape_text(tensor.dims) + " takes " + std::to_string(size) + " bytes, but its external data have " +
                        std::to_string(length));
  if (begin > there || size > there - begin)
    throw Error(ExitCode::kDamaged,
                Problem{path + ": byte " + std::to_string(there), "the file ends before the data of tensor " + tensor.name,
                        "copy it again, or export the model again"});
  tensor.file = path;
  tensor.begin = begin;
  tensor.bytes = std::string_view(bytes).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
}

void OnnxTensorReader::damaged(const OnnxTensor& tensor, const std::string& what, const std::string& hint) const {
  throw Error(ExitCode::kDamaged, Problem{file_.path + ": byte " + std::to_string(place()) + ": tensor " + tensor.name, what, hint});
}

std::vector<double> onnx_values(const OnnxTensor& tensor) {
  std::vector<double> values(static_cast<std::size_t>(tensor.count));
  const NumberFormat& format = known_type(static_cast<Index>(tensor.type))->format;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_listed = tensor.begin < 0;
    const auto* const bytes =
        is_listed ? nullptr : reinterpret_cast<const unsigned char*>(tensor.bytes.data()) + i * static_cast<std::size_t>(format.bytes);
    if (tensor.type == OnnxType::kBfloat16)
      values[i] = bfloat(is_listed ? static_cast<std::uint64_t>(tensor.listed[i]) & 0xFFFFU : decode_bits(bytes, format));
    else if (is_listed && tensor.type == OnnxType::kHalf)
      values[i] = decode_half(static_cast<std::uint64_t>(tensor.listed[i]) & 0xFFFFU);
    else
      values[i] = is_listed ? static_cast<double>(tensor.listed[i]) : decode_number(bytes, format);
  }
  return values;
}

}  // namespace normrun::files
