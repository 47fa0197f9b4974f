#pragma once

#include <string>

#include "files/safetensors.hpp"
#include "nn/model.hpp"

namespace normrun::nn {

/// Returns a model's tensors in the layout's order, named `<layer>.<parameter>` and `<layer>.<statistic>`.
template <class T>
files::TensorFile to_tensors(const Layout& layout, const Model<T>& model);

/// Fills a model with the tensors of a file that to_tensors made.  Throws Error(kDamaged) at the first tensor that is missing, has another
/// shape, or is not the network's.  For any other file use load_weights (nn/weights.hpp), which lists all that is wrong.
template <class T>
void from_tensors(const Layout& layout, const files::TensorFile& file, const std::string& path, Model<T>& model);

}  // namespace normrun::nn
