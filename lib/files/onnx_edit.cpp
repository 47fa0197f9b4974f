// The wire format of protobuf: fields of (number << 3 | type) and a value; of type 0 the value is a varint, of 1 and 5 it has 8 and 4
// bytes, and of 2 a varint tells its length.  The field numbers are those of onnx.proto (ONNX IR version 3 and later).
#include "files/onnx_edit.hpp"

#include <bit>
#include <cstdint>
#include <optional>

#include "core/error.hpp"

namespace normrun::files {
namespace {

constexpr std::uint64_t kBytes = 2;  // the type of texts, nested messages and lists
constexpr std::uint64_t kModelGraph = 7;
constexpr std::uint64_t kModelMetadata = 14;
constexpr std::uint64_t kGraphNode = 1;
constexpr std::uint64_t kGraphInitializer = 5;
constexpr std::uint64_t kNodeInput = 1;
constexpr std::uint64_t kNodeName = 3;

void add_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(value | 0x80U);
  bytes += static_cast<char>(value);
}
void add_number(std::string& bytes, std::uint64_t field, std::uint64_t value) {
  add_varint(bytes, field << 3U);
  add_varint(bytes, value);
}
void add_bytes(std::string& bytes, std::uint64_t field, std::string_view value) {
  add_varint(bytes, field << 3U | kBytes);
  add_varint(bytes, value.size());
  bytes += value;
}

struct WireField {
  std::uint64_t number = 0;
  std::uint64_t type = 0;
  std::string_view whole;  // with its number and length
  std::string_view value;  // of type kBytes
};

/// Reads the fields of a message one by one.
class WireReader {
 public:
  WireReader(std::string_view message, const std::string& path) : rest_(message), path_(path) {}

  std::optional<WireField> next() {
    if (rest_.empty()) return std::nullopt;
    const std::string_view begin = rest_;
    const std::uint64_t key = varint();
    WireField field{.number = key >> 3U, .type = key & 7U, .whole = {}, .value = {}};
    if (field.type == 0) varint();
    if (field.type == 1) take(8);
    if (field.type == 5) take(4);
    if (field.type == kBytes) field.value = take(varint());
    if (field.type != 0 && field.type != 1 && field.type != 5 && field.type != kBytes) refuse();
    field.whole = begin.substr(0, begin.size() - rest_.size());
    return field;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    refuse();
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) refuse();
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  [[noreturn]] void refuse() const { throw Error(ExitCode::kDamaged, {path_, "the file is no ONNX model, or it is cut off", ""}); }

  std::string_view rest_;
  const std::string& path_;
};

std::string with_inputs(std::string_view node, const std::vector<NewInput>& inputs, const std::string& path) {
  std::string name;
  WireReader all(node, path);
  while (const std::optional<WireField> field = all.next())
    if (field->number == kNodeName) name = field->value;
  std::string result;
  std::size_t place = 0;
  WireReader fields(node, path);
  while (const std::optional<WireField> field = fields.next()) {
    std::string_view input;
    if (field->number == kNodeInput) {
      for (const NewInput& one : inputs)
        if (one.node == name && one.place == place) input = one.tensor;
      ++place;
    }
    if (input.empty()) {
      result += field->whole;
    } else {
      add_bytes(result, kNodeInput, input);
    }
  }
  return result;
}

std::string tensor_message(const NewInitializer& tensor) {
  constexpr std::uint64_t kDims = 1;
  constexpr std::uint64_t kType = 2;
  constexpr std::uint64_t kFloat = 1;
  constexpr std::uint64_t kName = 8;
  constexpr std::uint64_t kRaw = 9;
  std::string raw;
  raw.reserve(tensor.values.size() * sizeof(float));
  for (const float value : tensor.values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) raw += static_cast<char>(bits >> shift);
  }
  std::string message;
  add_number(message, kDims, tensor.values.size());
  add_number(message, kType, kFloat);
  add_bytes(message, kName, tensor.name);
  add_bytes(message, kRaw, raw);
  return message;
}

}  // namespace

std::string with_initializers(std::string_view model, const std::vector<NewInitializer>& initializers, const std::vector<NewInput>& inputs,
                              const std::string& path) {
  std::string result;
  WireReader fields(model, path);
  while (const std::optional<WireField> field = fields.next()) {
    if (field->number != kModelGraph) {
      result += field->whole;
      continue;
    }
    std::string graph;
    WireReader parts(field->value, path);
    while (const std::optional<WireField> part = parts.next()) {
      if (part->number == kGraphNode) {
        add_bytes(graph, kGraphNode, with_inputs(part->value, inputs, path));
      } else {
        graph += part->whole;
      }
    }
    for (const NewInitializer& tensor : initializers) add_bytes(graph, kGraphInitializer, tensor_message(tensor));
    add_bytes(result, kModelGraph, graph);
  }
  return result;
}

std::string with_metadata(std::string_view model, const std::string& key, const std::string& value) {
  std::string entry;
  add_bytes(entry, 1, key);
  add_bytes(entry, 2, value);
  std::string result(model);
  add_bytes(result, kModelMetadata, entry);
  return result;
}

}  // namespace normrun::files
