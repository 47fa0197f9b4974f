#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/weights_names.hpp"

namespace normrun::nn {

enum class ModuleKind { kDense, kConv, kRecurrent, kNorm, kAttention, kEmbedding, kOther };

/// What another framework calls a module or a layer: the tensors of a file whose names begin alike.
struct ForeignModule {
  std::string name;  // "net.0"; of the second LSTM in one module "lstm.l1"
  ModuleKind kind = ModuleKind::kOther;
  // The key is our name of the tensor (kernel, gamma, …) if we have one; "bias_ih" or "bias_hh" for the two biases of a PyTorch recurrent
  // layer; "query_kernel" and the like for the parts of Keras's attention; otherwise the name in the file.
  std::map<std::string, const files::Tensor*> tensors;
  const files::Tensor* find(const std::string& role) const;
};

/// The convention of a file's names: that of its words, or kNormrun where a layer's own name is found or nothing is known of them.
WeightsLayout layout_of(const std::vector<WantedLayer>& layers, const files::TensorFile& file);

/// The modules of a file in the natural order of their names: 2 before 10.
std::vector<ForeignModule> foreign_modules(const files::TensorFile& file, WeightsLayout layout);

/// Less in the natural order: runs of digits as numbers.
bool comes_before(const std::string& a, const std::string& b);
/// A name without its numbers and its direction: modules of one stem are counted.
std::string stem_of(const std::string& name);

}  // namespace normrun::nn
