// ONNX is a protobuf message.  Field numbers are those of onnx.proto3 (ONNX 1.17, IR version 10):
//
//   ModelProto      1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import, 14 metadata_props
//   GraphProto      1 node, 5 initializer, 11 input, 12 output
//   NodeProto       1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain, 9 metadata_props
//   AttributeProto  1 name, 2 f, 3 i, 4 s, 5 t, 6 g, 7 floats, 8 ints, 9 strings
//   ValueInfoProto  1 name, 2 type { 1 tensor_type { 2 shape { 1 dim { 1 dim_value, 2 dim_param } } } }
//
// Fields with other numbers, or with another wire type, are skipped, as protobuf demands.  onnx_tensors.cpp reads TensorProto.
#include "files/onnx_file.hpp"

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <set>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/onnx_message.hpp"
#include "files/onnx_tensors.hpp"

namespace normrun::files {
namespace {

constexpr std::size_t kLargestModel = std::size_t{1} << 34;

/// Parses one model.  It remembers how far it has read, so that messages can name the byte.
class OnnxParser {
 public:
  OnnxParser(OnnxFile& file, std::string_view bytes) : file_(file), bytes_(bytes), tensors_(file) {}

  void parse() {
    try {
      model();
    } catch (const protozero::exception&) {
      damaged_at(tensors_.place(), "the file ends too early, or it is not ONNX");
    }
    if (!has_graph_) damaged_at(0, "there is no graph, so this is no ONNX model");
    refuse_repeated_names();
    drop_filled_inputs();
  }

 private:
  [[noreturn]] void damaged_at(Index byte, const std::string& what) const {
    throw Error(ExitCode::kDamaged, Problem{file_.path + ": byte " + std::to_string(byte), what, "export the model again"});
  }

  void model() {
    OnnxMessage message(bytes_, tensors_);
    std::string producer_version;
    while (message.next()) {
      if (message.is_number(1)) {
        file_.ir_version = message.integer();
      } else if (message.is_bytes(2)) {
        file_.producer = message.text();
      } else if (message.is_bytes(3)) {
        producer_version = message.text();
      } else if (message.is_bytes(7)) {
        graph(message.bytes());
      } else if (message.is_bytes(8)) {
        opset(message.bytes());
      } else if (message.is_bytes(14)) {
        const auto [key, value] = entry(message.bytes());
        file_.metadata[key] = value;
      } else {
        message.skip();
      }
    }
    if (!file_.producer.empty() && !producer_version.empty()) file_.producer += " " + producer_version;
  }

  void opset(std::string_view bytes) {
    OnnxMessage message(bytes, tensors_);
    std::string domain;
    Index version = 0;
    while (message.next()) {
      if (message.is_bytes(1))
        domain = message.text();
      else if (message.is_number(2))
        version = message.integer();
      else
        message.skip();
    }
    file_.opsets[domain == "ai.onnx" ? "" : domain] = version;
  }

  std::pair<std::string, std::string> entry(std::string_view bytes) {
    OnnxMessage message(bytes, tensors_);
    std::pair<std::string, std::string> entry;
    while (message.next()) {
      if (message.is_bytes(1))
        entry.first = message.text();
      else if (message.is_bytes(2))
        entry.second = message.text();
      else
        message.skip();
    }
    return entry;
  }

  void graph(std::string_view bytes) {
    has_graph_ = true;
    OnnxMessage message(bytes, tensors_);
    while (message.next()) {
      if (message.is_bytes(1))
        file_.nodes.push_back(node(message.bytes()));
      else if (message.is_bytes(5))
        file_.initializers.push_back(tensors_.tensor(message.bytes()));
      else if (message.is_bytes(11))
        file_.inputs.push_back(value(message.bytes()));
      else if (message.is_bytes(12))
        file_.outputs.push_back(value(message.bytes()));
      else
        message.skip();
    }
  }

  OnnxNode node(std::string_view bytes) {
    OnnxMessage message(bytes, tensors_);
    OnnxNode node;
    while (message.next()) {
      if (message.is_bytes(1)) {
        node.inputs.push_back(message.text());
      } else if (message.is_bytes(2)) {
        node.outputs.push_back(message.text());
      } else if (message.is_bytes(3)) {
        node.name = message.text();
      } else if (message.is_bytes(4)) {
        node.op = message.text();
      } else if (message.is_bytes(5)) {
        node.attributes.push_back(attribute(message.bytes()));
      } else if (message.is_bytes(7)) {
        node.domain = message.text();
      } else if (message.is_bytes(9)) {
        auto [key, text] = entry(message.bytes());
        if (key == "namespace") node.scope = std::move(text);
      } else {
        message.skip();
      }
    }
    if (node.domain == "ai.onnx") node.domain.clear();
    return node;
  }

  OnnxAttribute attribute(std::string_view bytes) {
    OnnxMessage message(bytes, tensors_);
    OnnxAttribute attribute;
    while (message.next()) {
      if (message.is_bytes(1))
        attribute.name = message.text();
      else if (message.is_float(2))
        attribute.number = message.number();
      else if (message.is_number(3))
        attribute.integer = message.integer();
      else if (message.is_bytes(4))
        attribute.text = message.text();
      else if (message.is_bytes(5))
        attribute.tensor = tensors_.tensor(message.bytes());
      else if (message.is_bytes(6))
        attribute.has_graph = !message.bytes().empty();
      else if (message.is_bytes(7))
        message.append_floats(attribute.numbers);
      else if (message.is_float(7))
        attribute.numbers.push_back(message.number());
      else if (message.is_bytes(8))
        message.append_integers(attribute.integers);
      else if (message.is_number(8))
        attribute.integers.push_back(message.integer());
      else if (message.is_bytes(9))
        attribute.texts.push_back(message.text());
      else
        message.skip();
    }
    return attribute;
  }

  OnnxValue value(std::string_view bytes) {
    OnnxMessage message(bytes, tensors_);
    OnnxValue value;
    while (message.next()) {
      if (message.is_bytes(1))
        value.name = message.text();
      else if (message.is_bytes(2))
        type(message.bytes(), value);
      else
        message.skip();
    }
    return value;
  }

  void type(std::string_view bytes, OnnxValue& value) {
    OnnxMessage message(bytes, tensors_);
    while (message.next()) {
      if (!message.is_bytes(1)) {
        message.skip();
        continue;
      }
      OnnxMessage tensor(message.bytes(), tensors_);
      while (tensor.next()) {
        if (tensor.is_bytes(2))
          shape(tensor.bytes(), value);
        else
          tensor.skip();
      }
    }
  }

  void shape(std::string_view bytes, OnnxValue& value) {
    value.has_shape = true;
    OnnxMessage message(bytes, tensors_);
    while (message.next()) {
      if (!message.is_bytes(1)) {
        message.skip();
        continue;
      }
      OnnxMessage part(message.bytes(), tensors_);
      OnnxValue::Dim& dim = value.dims.emplace_back();
      while (part.next()) {
        if (part.is_number(1))
          dim.size = part.integer();
        else if (part.is_bytes(2))
          dim.symbol = part.text();
        else
          part.skip();
      }
    }
  }

  void refuse_repeated_names() const {
    std::set<std::string_view> names;
    const auto add = [&](const std::string& name) {
      if (!name.empty() && !names.insert(name).second)
        throw Error(ExitCode::kDamaged, Problem{file_.path, "two tensors are called \"" + name + "\"", "export the model again"});
    };
    for (const OnnxTensor& tensor : file_.initializers) add(tensor.name);
    for (const OnnxNode& node : file_.nodes) {
      for (const std::string& output : node.outputs) add(output);
    }
  }

  /// Removes from the inputs those that initializers fill.  Up to IR version 3, initializers are listed as inputs, too.
  void drop_filled_inputs() {
    std::set<std::string_view> filled;
    for (const OnnxTensor& tensor : file_.initializers) filled.insert(tensor.name);
    std::erase_if(file_.inputs, [&](const OnnxValue& input) { return filled.contains(input.name); });
  }

  OnnxFile& file_;
  std::string_view bytes_;
  OnnxTensorReader tensors_;
  bool has_graph_ = false;
};

}  // namespace

const OnnxAttribute* OnnxNode::find(std::string_view attribute) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const OnnxAttribute& a) { return a.name == attribute; });
  return found == attributes.end() ? nullptr : &*found;
}

OnnxFile read_onnx(const std::filesystem::path& path) { return parse_onnx(read_file(path.string(), kLargestModel), path); }

OnnxFile parse_onnx(std::string bytes, const std::filesystem::path& path) {
  OnnxFile file;
  file.path = path.string();
  const auto content = std::make_shared<const std::string>(std::move(bytes));
  file.contents[file.path] = content;
  OnnxParser(file, *content).parse();
  return file;
}

bool looks_like_onnx(std::string_view first_bytes) {
  // ir_version comes first: field 1 with a small number.  Then comes producer_name, opset_import or the graph.
  if (first_bytes.size() < 4 || first_bytes[0] != '\x08' || first_bytes[1] < 1) return false;
  const char next = first_bytes[2];
  return next == '\x12' || next == '\x1A' || next == '\x22' || next == '\x2A' || next == '\x32' || next == '\x3A' || next == '\x42' ||
         next == '\x72';
}

}  // namespace normrun::files
