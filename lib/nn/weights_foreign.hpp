#pragma once

#include "nn/weights_modules.hpp"

namespace normrun::nn {

/// The tensors of another framework's file for the layers they belong to, transposed as needed: by name where all layers are found so, else
/// by kind and shape, several of one by their numbers.  Throws Error(kUsage) where rules.map names what is not there.
OfferedWeights offer_foreign(const std::vector<WantedLayer>& layers, const files::TensorFile& file, WeightsLayout layout,
                             const WeightsRules& rules);

/// Tensors of a module in a layer's order of axes, gates and channels; those that the layer does not know keep the file's names.
std::vector<OfferedTensor> converted_module(const WantedLayer& layer, const ForeignModule& module, WeightsLayout layout);
/// One tensor as a layer's `role`.
OfferedTensor converted_tensor(const WantedLayer& layer, const std::string& role, const files::Tensor& tensor, WeightsLayout layout);
/// Whose tensors may be a layer's: equal texts of kind and shape.
std::string signature_of(const WantedLayer& layer);
std::string signature_of(const ForeignModule& module, WeightsLayout layout);

}  // namespace normrun::nn
