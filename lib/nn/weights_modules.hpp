#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/weights_names.hpp"

namespace normrun::nn {

enum class ModuleKind { kDense, kConv, kRecurrent, kNorm, kAttention, kEmbedding, kOther };

/// A module of PyTorch, or a layer of another framework: the tensors of a file whose names have the same beginning.
struct ForeignModule {
  std::string name;  // such as "net.0"; the second LSTM inside a module "lstm" is "lstm.l1"
  ModuleKind kind = ModuleKind::kOther;
  // The key is our name of the tensor (kernel, gamma, …) if we have one.  The two biases of a PyTorch recurrent layer are "bias_ih" and
  // "bias_hh", and the parts of Keras's attention "query_kernel" and the like.  Any other tensor has its name in the file as its key.
  std::map<std::string, const files::Tensor*> tensors;
  const files::Tensor* find(const std::string& role) const;
};

/// Returns the framework that a file's names are typical of.  Returns kNormrun if a name is that of one of the layers, or if no framework
/// is recognized.
WeightsLayout layout_of(const std::vector<WantedLayer>& layers, const files::TensorFile& file);

/// Returns the modules of a file in the natural order of their names, in which "2" comes before "10".
std::vector<ForeignModule> foreign_modules(const files::TensorFile& file, WeightsLayout layout);

/// Whether a comes before b in the natural order, which compares runs of digits as numbers.
bool comes_before(const std::string& a, const std::string& b);
/// A name without its numbers and its direction.  Modules with the same stem are counted.
std::string stem_of(const std::string& name);

}  // namespace normrun::nn
