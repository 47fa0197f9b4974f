#include "nn/checkpoint.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace normrun::nn {
namespace {

template <class T, class Entry>
files::Tensor tensor_of(const Entry& entry, const Buffer<T>& buffer) {
  files::Tensor tensor{
      .name = entry.layer + "." + entry.name, .shape = entry.shape, .is_double = sizeof(T) == sizeof(double), .values = {}};
  const auto begin = buffer.begin() + entry.id.offset;
  tensor.values.assign(begin, begin + entry.id.size);
  return tensor;
}

/// Copies a tensor of the file into its place in the buffer.  Returns whether the file has the tensor.
template <class T, class Entry>
bool fill(const Entry& entry, const files::TensorFile& file, const std::string& path, Buffer<T>& buffer) {
  const std::string name = entry.layer + "." + entry.name;
  const files::Tensor* tensor = file.find(name);
  if (tensor == nullptr) return false;
  if (tensor->shape != entry.shape) {
    throw Error(ExitCode::kDamaged, Problem{path,
                                            "tensor " + name + " has the shape " + shape_text(tensor->shape) + ", but the network needs " +
                                                shape_text(entry.shape),
                                            "give a checkpoint of this very network"});
  }
  std::transform(tensor->values.begin(), tensor->values.end(), buffer.begin() + entry.id.offset,
                 [](double value) { return static_cast<T>(value); });
  return true;
}

}  // namespace

template <class T>
files::TensorFile to_tensors(const Layout& layout, const Model<T>& model) {
  files::TensorFile file;
  for (const ParamEntry& entry : layout.params) file.tensors.push_back(tensor_of(entry, model.params));
  for (const StateEntry& entry : layout.states) file.tensors.push_back(tensor_of(entry, model.state));
  return file;
}

template <class T>
void from_tensors(const Layout& layout, const files::TensorFile& file, const std::string& path, Model<T>& model) {
  std::set<std::string> expected;
  const auto take = [&](const auto& entry, Buffer<T>& buffer) {
    const std::string name = entry.layer + "." + entry.name;
    expected.insert(name);
    if (!fill(entry, file, path, buffer)) {
      throw Error(ExitCode::kDamaged, Problem{path, "tensor " + name + " is missing", "give a checkpoint of this very network"});
    }
  };
  for (const ParamEntry& entry : layout.params) take(entry, model.params);
  for (const StateEntry& entry : layout.states) take(entry, model.state);
  for (const files::Tensor& tensor : file.tensors) {
    if (!expected.contains(tensor.name)) {
      throw Error(ExitCode::kDamaged,
                  Problem{path, "tensor " + tensor.name + " does not belong to the network", "give a checkpoint of this very network"});
    }
  }
}

template files::TensorFile to_tensors<float>(const Layout&, const Model<float>&);
template files::TensorFile to_tensors<double>(const Layout&, const Model<double>&);
template void from_tensors<float>(const Layout&, const files::TensorFile&, const std::string&, Model<float>&);
template void from_tensors<double>(const Layout&, const files::TensorFile&, const std::string&, Model<double>&);

}  // namespace normrun::nn
