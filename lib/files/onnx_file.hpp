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

/// The element types of ONNX that normrun reads, with the numbers that the format gives them.
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

/// A tensor of the file.  Its numbers stay in the file's bytes until onnx_values decodes them.
struct OnnxTensor {
  std::string name;
  std::vector<Index> dims;  // empty for a single number
  OnnxType type = OnnxType::kFloat;
  Index count = 1;         // how many numbers it has; the reader has checked that the file holds them all
  std::string_view bytes;  // the numbers as little-endian bytes; empty if they are in `listed`
  std::string file;        // the file in which the bytes lie: the model's own, or one of external data
  Index begin = -1;        // where the bytes begin in that file; -1 if they do not lie there as plain bytes
  /// the whole numbers, or bits of half-precision numbers, of the field int32_data, int64_data or uint64_data
  std::vector<Index> listed = {};
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
  bool has_graph = false;  // whether it is a graph of If, Loop or Scan, which is not read
};

struct OnnxNode {
  std::string name;
  std::string op;
  std::string domain;               // "" for the operations of ONNX itself
  std::vector<std::string> inputs;  // "" for an input that is left out
  std::vector<std::string> outputs;
  std::vector<OnnxAttribute> attributes;
  std::string scope;  // the entry "namespace" of its metadata, in which PyTorch's exporter writes the path of the modules
  const OnnxAttribute* find(std::string_view attribute) const;
};

/// An input or output of the graph.
struct OnnxValue {
  struct Dim {
    Index size = -1;     // -1 if the file gives a name, or no size
    std::string symbol;  // the name that the file gives in place of a size, such as "n"
  };
  std::string name;
  std::vector<Dim> dims;
  bool has_shape = false;
};

struct OnnxFile {
  std::string path;
  Index ir_version = 0;
  std::map<std::string, Index> opsets;  // by the domain of the operations
  std::string producer;                 // such as "pytorch 2.13.0"
  std::map<std::string, std::string> metadata;
  std::vector<OnnxNode> nodes;  // in an order in which each node follows those that it reads
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValue> inputs;  // without those that initializers fill
  std::vector<OnnxValue> outputs;

  /// The bytes that the views of the tensors look into, by the path of the file: the model's own, and those of external data.
  std::map<std::string, std::shared_ptr<const std::string>> contents;
};

/// Reads an ONNX model with its external data, which must lie in the model's folder or below it.  Before anything is allocated for a size,
/// the size is compared with the bytes that the file has.  Throws Error(kUsage) if the model or its external data is missing.  Throws
/// Error(kDamaged), with file and byte, if a file is cut off, is not ONNX, or claims more numbers than it holds.
OnnxFile read_onnx(const std::filesystem::path& path);
/// Reads a model from bytes in the same way.  Messages name `path`, and external data lies in the folder of `path`.
OnnxFile parse_onnx(std::string bytes, const std::filesystem::path& path);

/// Returns whether the bytes begin as an ONNX model does.  A file of another kind may begin in the same way.
bool looks_like_onnx(std::string_view first_bytes);

/// Returns the numbers of a tensor as doubles.  64-bit integers beyond 2^53 are rounded.
std::vector<double> onnx_values(const OnnxTensor& tensor);

}  // namespace normrun::files
