#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normrun::files {

/// A tensor that is added to an ONNX graph.
struct NewInitializer {
  std::string name;
  std::vector<float> values;
};
/// An input of a node that is changed so that it reads another tensor.
struct NewInput {
  std::string node;       // the node's name
  std::size_t place = 0;  // the index among the node's inputs
  std::string tensor;
};

/// Returns the bytes of an ONNX model with added initializers, and with nodes that read them.  All other bytes stay the same.  Throws
/// Error(kDamaged) at `path` if the bytes are no ONNX model.
std::string with_initializers(std::string_view model, const std::vector<NewInitializer>& initializers, const std::vector<NewInput>& inputs,
                              const std::string& path);

/// Returns the bytes of an ONNX model with an added entry in its metadata.
std::string with_metadata(std::string_view model, const std::string& key, const std::string& value);

}  // namespace normrun::files
