#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::files {

/// The element types of ONNX that can be read, with the numbers that the format gives them.
enum class OnnxType {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kHalf = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
};

/// Returns the type's name in safetensors: "F32", "F64", "F16", "BF16", "I64" …
std::string_view onnx_type_name(OnnxType type);
bool is_floating(OnnxType type);

/// A tensor as the file has it.  Its numbers stay where they are until onnx_values decodes them.
struct OnnxTensor {
  std::string name;
  std::vector<Index> dims;  // none: one number
  OnnxType type = OnnxType::kFloat;
  Index count = 1;                 // of its numbers, which are all there: the reader has compared sizes
  std::string_view bytes;          // the numbers as little-endian bytes; empty if they are `listed`
  std::string file;                // in which file the bytes lie: the model's, or that of external data
  Index begin = -1;                // where in that file they begin; -1: they do not lie there as plain bytes
  std::vector<Index> listed = {};  // whole numbers, or bits of half-precision numbers, of the field int32_data, int64_data or uint64_data
};

struct OnnxAttribute {
  std::string name;
  Index integer = 0;
  float number = 0.0F;
  std::string text;
  std::vector<Index> integers = {};
  std::vector<float> numbers = {};
  std::vector<std::string> texts = {};
  std::optional<OnnxTensor> tensor = std::nullopt;
  bool has_graph = false;  // of If, Loop and Scan; the graph itself is not read
};

struct OnnxNode {
  std::string name;
  std::string op;
  std::string domain;               // "" for ONNX's own operations
  std::vector<std::string> inputs;  // "" for one that is left out
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string scope;  // "namespace" among its metadata, in which PyTorch's exporter writes the modules' path
  const OnnxAttribute* find(std::string_view attribute) const;
};

/// An input or output of the graph.
struct OnnxValue {
  struct Dim {
    Index size = -1;     // -1: the file gives a name, or nothing
    std::string symbol;  // such as "n"
  };
  std::string name;
  std::vector<Dim> dims;
  bool has_shape = false;
};

struct OnnxFile {
  std::string path;
  Index ir_version = 0;
  std::map<std::string, Index> opsets;  // by domain
  std::string producer;                 // "pytorch 2.13.0"
  std::map<std::string, std::string> metadata;
  std::vector<OnnxNode> nodes;  // in an order in which each follows those that it reads
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValue> inputs;  // without those that initializers fill
  std::vector<OnnxValue> outputs;

  /// The bytes that the tensors' views look into, by path: the model's own, and those of external data.
  std::map<std::string, std::shared_ptr<const std::string>> contents;
};

/// Reads an ONNX model with its external data, which must lie in the model's folder or below it.  Sizes are compared with the bytes that
/// are there before anything is allocated for them.  Throws Error(kUsage) if the model or its external data is missing, and
/// Error(kDamaged), with file and byte, if a file is cut off, is not ONNX, or names more numbers than it holds.
OnnxFile read_onnx(const std::filesystem::path& path);
/// Reads the bytes of a model in the same way.  Messages name `path`, and its folder holds external data.
OnnxFile parse_onnx(std::string bytes, const std::filesystem::path& path);

/// Returns whether the bytes begin as an ONNX model does.  Other files may begin so, too.
bool looks_like_onnx(std::string_view first_bytes);

/// Returns the numbers of a tensor as doubles; 64-bit integers beyond 2^53 are rounded.
std::vector<double> onnx_values(const OnnxTensor& tensor);

}  // namespace normrun::files
