#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::files {

/// A tensor that an ONNX graph gets beside those that it has.
struct NewInitializer {
  std::string name;
  std::vector<float> values;
};
/// An input of a node that is to read another tensor.
struct NewInput {
  std::string node;       // the node's name
  std::size_t place = 0;  // which of the node's inputs
  std::string tensor;
};

/// Returns the bytes of an ONNX model with further initializers, and with nodes that read them.  All other bytes stay.
/// Throws Error(kDamaged) at `path` if the bytes are no ONNX model.
std::string with_initializers(std::string_view model, const std::vector<NewInitializer>& initializers, const std::vector<NewInput>& inputs,
                              const std::string& path);

/// Returns the bytes of an ONNX model with another entry in its metadata.
std::string with_metadata(std::string_view model, const std::string& key, const std::string& value);

}  // namespace normrun::files
