#pragma once

#include <cstring>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::test {

/// How a tensor's numbers are written.
enum class TensorField { kRaw, kListed };

/// Writes small ONNX models, field by field (the numbers are those of onnx.proto3).
class OnnxWriter {
 public:
  explicit OnnxWriter(Index opset = 17) : opset_(opset) {}

  /// One attribute of a node, already encoded.
  using Attribute = std::string;
  static Attribute integer(const std::string& name, Index value) {
    return attribute(name, [&](protozero::pbf_writer& out) { out.add_int64(3, value); });
  }
  static Attribute number(const std::string& name, float value) {
    return attribute(name, [&](protozero::pbf_writer& out) { out.add_float(2, value); });
  }
  static Attribute text(const std::string& name, const std::string& value) {
    return attribute(name, [&](protozero::pbf_writer& out) { out.add_bytes(4, value); });
  }
  static Attribute integers(const std::string& name, const std::vector<Index>& values) {
    return attribute(name, [&](protozero::pbf_writer& out) {
      for (const Index value : values) out.add_int64(8, value);
    });
  }
  static Attribute tensor(const std::string& name, const std::string& encoded) {
    return attribute(name, [&](protozero::pbf_writer& out) { out.add_message(5, encoded); });
  }

  /// A tensor of floats, or of 64-bit integers.
  static std::string floats(const std::string& name, const std::vector<Index>& dims, const std::vector<float>& values,
                            TensorField field = TensorField::kRaw) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    for (const Index dim : dims) out.add_int64(1, dim);
    out.add_int32(2, 1);
    out.add_string(8, name);
    std::string raw(values.size() * sizeof(float), '\0');
    if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
    out.add_bytes(field == TensorField::kRaw ? 9 : 4, raw);  // packed float_data has the same bytes
    return bytes;
  }
  static std::string whole(const std::string& name, const std::vector<Index>& dims, const std::vector<Index>& values) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    for (const Index dim : dims) out.add_int64(1, dim);
    out.add_int32(2, 7);
    out.add_string(8, name);
    out.add_packed_int64(7, values.begin(), values.end());
    return bytes;
  }
  /// A tensor of floats whose numbers lie in another file.
  static std::string external(const std::string& name, const std::vector<Index>& dims, const std::string& location, Index offset,
                              Index length) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    for (const Index dim : dims) out.add_int64(1, dim);
    out.add_int32(2, 1);
    out.add_string(8, name);
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"location", location}, {"offset", std::to_string(offset)}, {"length", std::to_string(length)}})
      out.add_message(13, entry(key, value));
    out.add_int32(14, 1);
    return bytes;
  }

  void input(const std::string& name, const std::vector<Index>& dims) { inputs_.push_back(value(name, dims)); }  // -1: "n"
  void output(const std::string& name) { outputs_.push_back(value(name, {})); }
  void initializer(const std::string& encoded) { initializers_.push_back(encoded); }
  void node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
            const std::vector<Attribute>& attributes = {}, const std::string& name = "") {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    for (const std::string& each : inputs) out.add_string(1, each);
    for (const std::string& each : outputs) out.add_string(2, each);
    out.add_string(3, name);
    out.add_string(4, op);
    for (const Attribute& each : attributes) out.add_message(5, each);
    nodes_.push_back(bytes);
  }

  void metadata(const std::string& key, const std::string& value) { metadata_.push_back(entry(key, value)); }

  /// The model.  The graph comes last, so that no byte of it can be missed.
  std::string bytes() const {
    std::string graph;
    protozero::pbf_writer in_graph(graph);
    for (const std::string& each : nodes_) in_graph.add_message(1, each);
    for (const std::string& each : initializers_) in_graph.add_message(5, each);
    for (const std::string& each : inputs_) in_graph.add_message(11, each);
    for (const std::string& each : outputs_) in_graph.add_message(12, each);
    std::string opset;
    protozero::pbf_writer(opset).add_int64(2, opset_);
    std::string model;
    protozero::pbf_writer out(model);
    out.add_int64(1, 8);
    out.add_string(2, "pytorch");
    out.add_message(8, opset);
    for (const std::string& each : metadata_) out.add_message(14, each);
    out.add_message(7, graph);
    return model;
  }

 private:
  template <class Write>
  static Attribute attribute(const std::string& name, const Write& write) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    out.add_string(1, name);
    write(out);
    return bytes;
  }
  static std::string entry(const std::string& key, const std::string& value) {
    std::string bytes;
    protozero::pbf_writer out(bytes);
    out.add_string(1, key);
    out.add_string(2, value);
    return bytes;
  }
  static std::string value(const std::string& name, const std::vector<Index>& dims) {
    std::string shape;
    protozero::pbf_writer in_shape(shape);
    for (const Index dim : dims) {
      std::string bytes;
      protozero::pbf_writer out(bytes);
      if (dim < 0)
        out.add_string(2, "n");
      else
        out.add_int64(1, dim);
      in_shape.add_message(1, bytes);
    }
    std::string tensor;
    protozero::pbf_writer(tensor).add_message(2, shape);
    std::string type;
    protozero::pbf_writer(type).add_message(1, tensor);
    std::string bytes;
    protozero::pbf_writer out(bytes);
    out.add_string(1, name);
    out.add_message(2, type);
    return bytes;
  }

  Index opset_;
  std::vector<std::string> nodes_, initializers_, inputs_, outputs_, metadata_;
};

}  // namespace normrun::test
