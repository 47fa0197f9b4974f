// The field numbers are those of onnx.proto (ONNX IR version 3 and later); onnx_file.cpp lists them.
#include "files/onnx_edit.hpp"

#include <bit>
#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "core/error.hpp"

namespace normrun::files {
namespace {

constexpr protozero::pbf_tag_type kModelGraph = 7;
constexpr protozero::pbf_tag_type kModelMetadata = 14;
constexpr protozero::pbf_tag_type kGraphNode = 1;
constexpr protozero::pbf_tag_type kGraphInitializer = 5;
constexpr protozero::pbf_tag_type kNodeInput = 1;
constexpr protozero::pbf_tag_type kNodeName = 3;

std::string_view text_of(protozero::data_view view) { return {view.data(), view.size()}; }

/// Calls visit(field, whole) for each field of a message.  `field` stands at the field, and visit may take its value; `whole` is the field
/// with its number and its length.
template <class Visit>
void each_field(std::string_view message, const Visit& visit) {
  protozero::pbf_reader fields(message.data(), message.size());
  const char* begin = message.data();
  while (fields.next()) {
    protozero::pbf_reader field = fields;
    fields.skip();
    const char* const end = fields.data().data();
    visit(field, std::string_view(begin, static_cast<std::size_t>(end - begin)));
    begin = end;
  }
}

bool is_bytes(const protozero::pbf_reader& field, protozero::pbf_tag_type number) {
  return field.tag() == number && field.wire_type() == protozero::pbf_wire_type::length_delimited;
}

std::string with_inputs(std::string_view node, const std::vector<NewInput>& inputs) {
  std::string_view name;
  each_field(node, [&](protozero::pbf_reader& field, std::string_view) {
    if (is_bytes(field, kNodeName)) name = text_of(field.get_view());
  });
  std::string result;
  protozero::pbf_writer out(result);
  std::size_t place = 0;
  each_field(node, [&](protozero::pbf_reader& field, std::string_view whole) {
    std::string_view input;
    if (is_bytes(field, kNodeInput)) {
      for (const NewInput& one : inputs)
        if (one.node == name && one.place == place) input = one.tensor;
      ++place;
    }
    if (input.empty())
      result += whole;
    else
      out.add_bytes(kNodeInput, input.data(), input.size());
  });
  return result;
}

std::string tensor_message(const NewInitializer& tensor) {
  constexpr protozero::pbf_tag_type kDims = 1;
  constexpr protozero::pbf_tag_type kType = 2;
  constexpr std::int32_t kFloat = 1;
  constexpr protozero::pbf_tag_type kName = 8;
  constexpr protozero::pbf_tag_type kRaw = 9;
  std::string raw;
  raw.reserve(tensor.values.size() * sizeof(float));
  for (const float value : tensor.values) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) raw += static_cast<char>(bits >> shift);
  }
  std::string message;
  protozero::pbf_writer out(message);
  out.add_int64(kDims, static_cast<std::int64_t>(tensor.values.size()));
  out.add_int32(kType, kFloat);
  out.add_string(kName, tensor.name);
  out.add_bytes(kRaw, raw);
  return message;
}

std::string graph_with(std::string_view graph, const std::vector<NewInitializer>& initializers, const std::vector<NewInput>& inputs) {
  std::string result;
  protozero::pbf_writer out(result);
  each_field(graph, [&](protozero::pbf_reader& part, std::string_view whole) {
    if (is_bytes(part, kGraphNode))
      out.add_message(kGraphNode, with_inputs(text_of(part.get_view()), inputs));
    else
      result += whole;
  });
  for (const NewInitializer& tensor : initializers) out.add_message(kGraphInitializer, tensor_message(tensor));
  return result;
}

}  // namespace

std::string with_initializers(std::string_view model, const std::vector<NewInitializer>& initializers, const std::vector<NewInput>& inputs,
                              const std::string& path) {
  std::string result;
  protozero::pbf_writer out(result);
  try {
    each_field(model, [&](protozero::pbf_reader& field, std::string_view whole) {
      if (is_bytes(field, kModelGraph))
        out.add_message(kModelGraph, graph_with(text_of(field.get_view()), initializers, inputs));
      else
        result += whole;
    });
  } catch (const protozero::exception&) {
    throw Error(ExitCode::kDamaged, {path, "the file is no ONNX model, or it is cut off", "export the model again"});
  }
  return result;
}

std::string with_metadata(std::string_view model, const std::string& key, const std::string& value) {
  std::string entry;
  protozero::pbf_writer in_entry(entry);
  in_entry.add_string(1, key);
  in_entry.add_string(2, value);
  std::string result(model);
  protozero::pbf_writer(result).add_message(kModelMetadata, entry);
  return result;
}

}  // namespace normrun::files
