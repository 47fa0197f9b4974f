#pragma once

#include <string>

#include "files/safetensors.hpp"
#include "nn/model.hpp"

namespace normrun::nn {

/// `<layer>.<parameter>` and `<layer>.<statistic>` of a model, in the layout's order.
template <class T>
files::TensorFile to_tensors(const Layout& layout, const Model<T>& model);

/// Fills a model by tensor name: every tensor of the layout must be there, with its shape, and no other.  For files of our own;
/// load_weights (nn/weights.hpp) reads others, and lists all that is wrong.
template <class T>
void from_tensors(const Layout& layout, const files::TensorFile& file, const std::string& path, Model<T>& model);

}  // namespace normrun::nn
