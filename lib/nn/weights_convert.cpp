// Brings the tensors of other frameworks into our order of axes, gates and channels.
//
//   dense      PyTorch has (outputs, inputs); Keras and flax have (inputs, outputs), as we do
//   conv2d     PyTorch has (filters, inputs, height, width); Keras and flax have (height, width, inputs, filters), as we do
//   flattened  PyTorch flattens (channels, height, width), the others and we (height, width, channels); so the layer behind a flatten is
//              permuted
//   lstm       all have the gates in the order i f g o; PyTorch's two biases are added up
//   gru        PyTorch's gates are r z n, Keras's and ours z r h; PyTorch's two biases are the two rows of our bias (reset_after)
//   attention  PyTorch's in_proj_weight is our kernel transposed.  Keras has kernels (channels, heads, size) of queries, keys and values,
//              which are put side by side, and an output kernel (heads, size, channels)
#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "nn/weights_foreign.hpp"

namespace normrun::nn {
namespace {

Index size_of(const std::vector<Index>& shape) { return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>()); }

std::string dims_text(const std::vector<Index>& dims) { return tensor_text("", dims); }

/// Permutes the axes of a tensor: its axis axes[i] becomes axis i.
void permute(const std::vector<std::size_t>& axes, OfferedTensor& tensor) {
  const std::vector<Index> shape = tensor.shape;
  const std::size_t rank = shape.size();
  std::vector<Index> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  std::vector<Index> turned(rank);
  for (std::size_t i = 0; i < rank; ++i) turned[i] = shape[axes[i]];
  std::vector<double> values(tensor.values.size());
  std::vector<Index> at(rank, 0);
  for (double& value : values) {
    Index from = 0;
    for (std::size_t i = 0; i < rank; ++i) from += at[i] * strides[axes[i]];
    value = tensor.values[static_cast<std::size_t>(from)];
    for (std::size_t i = rank; i-- > 0 && ++at[i] == turned[i];) at[i] = 0;
  }
  tensor.shape = turned;
  tensor.values = std::move(values);
}

/// Reorders the first axis.  It holds the flattened numbers of an image, channels first in PyTorch and channels last here.
void unflatten(const std::vector<Index>& image, OfferedTensor& tensor) {
  if (image.empty() || tensor.shape.empty() || tensor.shape[0] != size_of(image)) return;
  if (image[2] == 1 || image[0] * image[1] == 1) return;
  const std::vector<Index> shape = tensor.shape;
  tensor.shape = {image[2], image[0], image[1], static_cast<Index>(tensor.values.size()) / shape[0]};
  permute({1, 2, 0, 3}, tensor);
  tensor.shape = shape;
  tensor.from += ", reordered to channels last";
}

/// Brings PyTorch's blocks of rows, one for each gate, into our order of gates.
void reorder_gates(const std::string& type, OfferedTensor& tensor) {
  if (type != "gru" || tensor.shape.empty() || tensor.shape[0] % 3 != 0) return;
  const std::size_t block = tensor.values.size() / 3;
  for (std::size_t i = 0; i < block; ++i) std::swap(tensor.values[i], tensor.values[block + i]);  // r z n to z r n
}

OfferedTensor from_torch(const WantedLayer& layer, const std::string& role, OfferedTensor tensor) {
  const bool is_recurrent = layer.find("recurrent_kernel") != nullptr;
  if (is_recurrent) reorder_gates(layer.type, tensor);
  if (tensor.shape.size() == 2 && (role == "kernel" || role == "recurrent_kernel" || role == "output_kernel")) {
    permute({1, 0}, tensor);
    tensor.from += ", transposed";
  } else if (tensor.shape.size() == 4 && role == "kernel") {
    permute({2, 3, 1, 0}, tensor);
    tensor.from += ", transposed";
  } else if (tensor.shape.size() == 3 && layer.is_norm) {  // LayerNorm over (channels, height, width)
    permute({1, 2, 0}, tensor);
    tensor.from += ", transposed";
  }
  const bool goes_by_input = layer.is_norm || (layer.type == "dense" && role == "kernel");
  if (goes_by_input) unflatten(layer.flattened, tensor);
  return tensor;
}

/// Joins bias_ih and bias_hh to the one bias that our layer has.
OfferedTensor joined_bias(const WantedLayer& layer, const files::Tensor& input, const files::Tensor& recurrent) {
  OfferedTensor bias{layer.name + ".bias", input.name + " and " + recurrent.name, input.shape, input.values};
  OfferedTensor other{"", "", recurrent.shape, recurrent.values};
  reorder_gates(layer.type, bias);
  reorder_gates(layer.type, other);
  if (layer.type == "gru") {
    bias.values.insert(bias.values.end(), other.values.begin(), other.values.end());
    bias.shape.insert(bias.shape.begin(), 2);
    return bias;
  }
  for (std::size_t i = 0; i < bias.values.size() && i < other.values.size(); ++i) bias.values[i] += other.values[i];
  return bias;
}

/// How many channels a tensor of Keras's attention has, and how many numbers all heads together have for each channel.
struct HeadsOfChannels {
  Index channels, numbers;
};
HeadsOfChannels heads_of(const files::Tensor& kernel) {
  const Index channels = kernel.shape.empty() ? 1 : kernel.shape[0];
  return {channels, size_of(kernel.shape) / std::max(channels, Index{1})};
}

/// Puts the tensors of queries, keys and values side by side: the columns of kernels, or the numbers of biases.
OfferedTensor joined_parts(const WantedLayer& layer, const std::string& role, const std::array<const files::Tensor*, 3>& parts) {
  OfferedTensor joined{layer.name + "." + role, "", {}, {}};
  const bool is_bias = role == "bias";
  const Index rows = is_bias ? 1 : heads_of(*parts[0]).channels;
  for (Index row = 0; row < rows; ++row) {
    for (const files::Tensor* const part : parts) {
      const auto count = static_cast<std::ptrdiff_t>(part->values.size()) / rows;
      const auto begin = part->values.begin() + row * count;
      joined.values.insert(joined.values.end(), begin, begin + count);
    }
  }
  for (const files::Tensor* const part : parts) joined.from += (joined.from.empty() ? "" : " and ") + part->name;
  const Index columns = static_cast<Index>(joined.values.size()) / std::max(rows, Index{1});
  joined.shape = is_bias ? std::vector<Index>{columns} : std::vector<Index>{rows, columns};
  return joined;
}

/// Returns the tensors of a module of Keras's attention.
std::vector<OfferedTensor> converted_attention(const WantedLayer& layer, const ForeignModule& module) {
  std::vector<OfferedTensor> tensors;
  std::set<const files::Tensor*> done;
  for (const std::string role : {"kernel", "bias"}) {
    const std::array<const files::Tensor*, 3> parts{module.find("query_" + role), module.find("key_" + role), module.find("value_" + role)};
    const bool fit = std::all_of(parts.begin(), parts.end(), [&](const files::Tensor* part) {
      return part != nullptr && part->shape == parts[0]->shape && layer.find(role) != nullptr;
    });
    if (!fit) continue;
    tensors.push_back(joined_parts(layer, role, parts));
    done.insert(parts.begin(), parts.end());
  }
  for (const auto& [role, tensor] : module.tensors) {
    if (done.contains(tensor)) continue;
    OfferedTensor offered{layer.find(role) != nullptr ? layer.name + "." + role : tensor->name, tensor->name, tensor->shape,
                          tensor->values};
    if (role == "output_kernel" && offered.shape.size() == 3) offered.shape = {offered.shape[0] * offered.shape[1], offered.shape[2]};
    tensors.push_back(std::move(offered));
  }
  return tensors;
}

const char* kind_text(ModuleKind kind) {
  constexpr std::array<const char*, 7> kTexts = {"dense ", "conv ", "recurrent ", "norm ", "attention ", "embedding ", "other "};
  return kTexts[static_cast<std::size_t>(kind)];
}

std::string norm_signature(Index size, bool has_statistics) {
  return "norm " + std::to_string(size) + (has_statistics ? " with statistics" : "");
}

}  // namespace

OfferedTensor converted_tensor(const WantedLayer& layer, const std::string& role, const files::Tensor& tensor, WeightsLayout layout) {
  OfferedTensor offered{layer.name + "." + role, tensor.name, tensor.shape, tensor.values};
  return layout == WeightsLayout::kTorch ? from_torch(layer, role, std::move(offered)) : offered;
}

std::vector<OfferedTensor> converted_module(const WantedLayer& layer, const ForeignModule& module, WeightsLayout layout) {
  if (module.find("query_kernel") != nullptr) return converted_attention(layer, module);
  std::vector<OfferedTensor> tensors;
  const files::Tensor* const input = module.find("bias_ih");
  const files::Tensor* const recurrent = module.find("bias_hh");
  const bool are_joined = input != nullptr && recurrent != nullptr && input->shape == recurrent->shape;
  if (are_joined) tensors.push_back(joined_bias(layer, *input, *recurrent));
  for (const auto& [role, tensor] : module.tensors) {
    if (are_joined && (tensor == input || tensor == recurrent)) continue;
    if (layer.find(role) == nullptr)
      tensors.push_back({tensor->name, tensor->name, tensor->shape, {}});
    else
      tensors.push_back(converted_tensor(layer, role, *tensor, layout));
  }
  return tensors;
}

std::string signature_of(const WantedLayer& layer) {
  if (layer.is_norm) {
    for (const char* const role : {"gamma", "beta", "moving_mean"}) {
      if (const WantedTensor* const tensor = layer.find(role)) return norm_signature(tensor->size, layer.find("moving_mean") != nullptr);
    }
  }
  if (const WantedTensor* const rows = layer.find("embeddings")) return kind_text(ModuleKind::kEmbedding) + dims_text(rows->shape);
  const WantedTensor* const kernel = layer.find("kernel");
  if (kernel == nullptr) return "other " + layer.name;
  if (layer.find("output_kernel") != nullptr) return kind_text(ModuleKind::kAttention) + dims_text(kernel->shape);
  if (layer.find("recurrent_kernel") != nullptr) return kind_text(ModuleKind::kRecurrent) + dims_text(kernel->shape);
  return kind_text(kernel->shape.size() == 4 ? ModuleKind::kConv : ModuleKind::kDense) + dims_text(kernel->shape);
}

std::string signature_of(const ForeignModule& module, WeightsLayout layout) {
  if (module.kind == ModuleKind::kNorm) {
    for (const char* const role : {"gamma", "beta", "moving_mean"}) {
      if (const files::Tensor* const tensor = module.find(role))
        return norm_signature(size_of(tensor->shape), module.find("moving_mean") != nullptr);
    }
  }
  if (module.kind == ModuleKind::kEmbedding) return kind_text(module.kind) + dims_text(module.find("embeddings")->shape);
  if (const files::Tensor* const queries = module.find("query_kernel"))
    return kind_text(module.kind) + dims_text({heads_of(*queries).channels, 3 * heads_of(*queries).numbers});
  const files::Tensor* const kernel = module.find("kernel");
  if (kernel == nullptr) return "";
  std::vector<Index> dims = kernel->shape;
  if (layout == WeightsLayout::kTorch && dims.size() == 2) dims = {dims[1], dims[0]};
  if (layout == WeightsLayout::kTorch && dims.size() == 4) dims = {dims[2], dims[3], dims[1], dims[0]};
  return kind_text(module.kind) + dims_text(dims);
}

}  // namespace normrun::nn
