#pragma once

#include "nn/weights_modules.hpp"

namespace normrun::nn {

/// Returns the tensors of another framework's file, each for the layer it belongs to and in our order of axes.  The layers take modules by
/// name if every layer finds one so; otherwise by kind and shape, and several of one shape by the numbers in their names.  Throws
/// Error(kUsage) if rules.map names a layer or tensor that does not exist.
OfferedWeights offer_foreign(const std::vector<WantedLayer>& layers, const files::TensorFile& file, WeightsLayout layout,
                             const WeightsRules& rules);

/// Returns the tensors of a module in the layer's order of axes, gates and channels.  Tensors that the layer does not know keep the file's
/// names.
std::vector<OfferedTensor> converted_module(const WantedLayer& layer, const ForeignModule& module, WeightsLayout layout);
/// Returns one tensor as the layer's tensor `role`.
OfferedTensor converted_tensor(const WantedLayer& layer, const std::string& role, const files::Tensor& tensor, WeightsLayout layout);
/// A text of kind and shape.  A layer may take the tensors of any module with the same text.
std::string signature_of(const WantedLayer& layer);
std::string signature_of(const ForeignModule& module, WeightsLayout layout);

}  // namespace normrun::nn
