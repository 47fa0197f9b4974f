// How PyTorch (state_dict), Keras 3 (Variable.path) and flax (flattened variables) name tensors.
#include "nn/weights_modules.hpp"

#include <algorithm>
#include <optional>

namespace normrun::nn {
namespace {

using Words = std::map<std::string, std::string>;  // from a framework's word to ours

const Words& torch_words() {
  static const Words kWords = {{"weight", "weight"},
                               {"bias", "bias"},
                               {"running_mean", "moving_mean"},
                               {"running_var", "moving_variance"},
                               {"num_batches_tracked", "updates"},
                               {"in_proj_weight", "kernel"},
                               {"in_proj_bias", "bias"},
                               {"output_kernel", "output_kernel"},
                               {"output_bias", "output_bias"},
                               // Our own names, in files whose tensors a user renamed but did not transpose.  Such a file is loaded with
                               // "layout": "torch".
                               {"kernel", "weight"},
                               {"gamma", "weight"},
                               {"beta", "bias"},
                               {"moving_mean", "moving_mean"},
                               {"moving_variance", "moving_variance"},
                               {"updates", "updates"}};
  return kWords;
}
const Words& keras_words() {
  static const Words kWords = {{"kernel", "kernel"},
                               {"recurrent_kernel", "recurrent_kernel"},
                               {"bias", "bias"},
                               {"gamma", "gamma"},
                               {"scale", "gamma"},
                               {"beta", "beta"},
                               {"moving_mean", "moving_mean"},
                               {"moving_variance", "moving_variance"},
                               {"moving_stddev", "moving_stddev"},
                               {"renorm_mean", "renorm_mean"},
                               {"renorm_stddev", "renorm_stddev"},
                               {"updates", "updates"}};
  return kWords;
}
const Words& flax_words() {
  static const Words kWords = {
      {"kernel", "kernel"}, {"bias", "bias"}, {"scale", "gamma"}, {"mean", "moving_mean"}, {"var", "moving_variance"}};
  return kWords;
}
const Words& words_of(WeightsLayout layout) {
  if (layout == WeightsLayout::kTorch) return torch_words();
  return layout == WeightsLayout::kFlax ? flax_words() : keras_words();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool begins_with_capital(const std::string& text) { return !text.empty() && text[0] >= 'A' && text[0] <= 'Z'; }

/// A tensor's name in two parts: the module it belongs to, and the word for the tensor.
struct ForeignName {
  std::string module;
  std::string word;
};

/// Divides a name at its last '.' or '/'.
ForeignName split_last(const std::string& name) {
  const std::size_t place = name.find_last_of("./");
  if (place == std::string::npos) return {"", name};
  return {name.substr(0, place), name.substr(place + 1)};
}

/// Reads the name of a PyTorch recurrent layer's tensor: "weight_ih_l1" of the module "lstm" becomes "weight_ih" of "lstm.l1".  Empty for
/// other names.
std::optional<ForeignName> recurrent_name(const ForeignName& name) {
  for (const std::string_view word : {"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"}) {
    if (name.word.compare(0, word.size(), word) != 0) continue;
    const std::string layer = name.word.substr(word.size() - 1);  // "l1"
    return ForeignName{name.module.empty() ? layer : name.module + "." + layer, std::string(word.substr(0, word.size() - 2))};
  }
  return std::nullopt;
}

ForeignName foreign_name(const std::string& full, WeightsLayout layout) {
  std::string text = full.substr(0, full.find(':'));            // Keras ends names in ":0"
  if (ends_with(text, ".value")) text.resize(text.size() - 6);  // flax nnx ends names in ".value"
  ForeignName name = split_last(text);
  if (layout == WeightsLayout::kTorch) return recurrent_name(name).value_or(name);
  if (layout == WeightsLayout::kFlax) {
    for (const std::string_view collection : {"params", "batch_stats"}) {
      if (name.module.compare(0, collection.size(), collection) == 0 && name.module.size() > collection.size())
        name.module.erase(0, collection.size() + 1);
    }
  }
  if (ends_with(name.module, "_cell")) name.module = split_last(name.module).module;  // from lstm/lstm_cell to lstm
  return name;
}

/// Attentions have parts that are modules of their own.  Returns the name of a part's tensor as a tensor of the attention:
/// "attn.out_proj.weight" beside "attn.in_proj_weight" becomes the output_kernel of "attn", and "attn/query/kernel" its query_kernel.
/// Empty for other names.
std::optional<ForeignName> attention_name(const ForeignName& name, WeightsLayout layout, const files::TensorFile& file) {
  const ForeignName part = split_last(name.module);
  const auto has = [&](const std::string& word) {
    const std::string whole = name.module.substr(0, name.module.size() - part.word.size()) + word;
    return std::any_of(file.tensors.begin(), file.tensors.end(),
                       [&](const files::Tensor& tensor) { return tensor.name.compare(0, whole.size(), whole) == 0; });
  };
  if (layout == WeightsLayout::kTorch) {
    if (part.word != "out_proj" || !has("in_proj_weight")) return std::nullopt;
    return ForeignName{part.module, name.word == "weight" ? "output_kernel" : "output_bias"};
  }
  if (!has("query/kernel") || !has("attention_output/kernel")) return std::nullopt;
  if (part.word == "attention_output") return ForeignName{part.module, "output_" + name.word};
  if (part.word == "query" || part.word == "key" || part.word == "value") return ForeignName{part.module, part.word + "_" + name.word};
  return std::nullopt;
}

/// Returns the kind of a PyTorch module.  Its "weight" and "bias" mean different things in different kinds, so the other tensors and the
/// shapes decide.
ModuleKind torch_kind(const ForeignModule& module) {
  if (module.find("weight_ih") != nullptr) return ModuleKind::kRecurrent;
  if (module.find("output_kernel") != nullptr) return ModuleKind::kAttention;
  if (module.find("moving_mean") != nullptr || module.find("moving_variance") != nullptr) return ModuleKind::kNorm;
  const files::Tensor* const weight = module.find("weight");
  const files::Tensor* const bias = module.find("bias");
  if (weight == nullptr) return ModuleKind::kOther;
  if (weight->shape.size() == 1 || (bias != nullptr && bias->shape == weight->shape)) return ModuleKind::kNorm;
  const bool is_named_embedding =
      split_last(module.name).word.find("emb") != std::string::npos;  // a Linear without a bias has the same shape as an Embedding
  if (weight->shape.size() == 2) return bias == nullptr && is_named_embedding ? ModuleKind::kEmbedding : ModuleKind::kDense;
  return weight->shape.size() == 4 ? ModuleKind::kConv : ModuleKind::kOther;
}

ModuleKind named_kind(const ForeignModule& module) {
  const auto has = [&](const char* role) { return module.find(role) != nullptr; };
  if (has("recurrent_kernel")) return ModuleKind::kRecurrent;
  if (has("query_kernel")) return ModuleKind::kAttention;
  if (has("embeddings")) return ModuleKind::kEmbedding;
  if (has("gamma") || has("beta") || has("moving_mean") || has("moving_variance")) return ModuleKind::kNorm;
  if (!has("kernel")) return ModuleKind::kOther;
  const std::size_t rank = module.find("kernel")->shape.size();
  return rank == 2 ? ModuleKind::kDense : rank == 4 ? ModuleKind::kConv : ModuleKind::kOther;
}

constexpr char kBackward = '~';  // ends the counted name of the backward direction

/// A name that sorts the two directions of a bidirectional layer: "l0" before "l0~", "bi/forward_lstm" before "bi/forward_lstm~".
std::string counted_name(const std::string& name) {
  constexpr std::string_view kReverse = "_reverse", kBackwardOf = "backward_";
  if (ends_with(name, kReverse)) return name.substr(0, name.size() - kReverse.size()) + kBackward;
  const ForeignName own = split_last(name);
  if (own.word.compare(0, kBackwardOf.size(), kBackwardOf) != 0) return name;
  return name.substr(0, name.size() - own.word.size()) + "forward_" + own.word.substr(kBackwardOf.size()) + kBackward;
}

void rename(ForeignModule& module, const std::string& from, const std::string& to) {
  const auto found = module.tensors.find(from);
  if (found == module.tensors.end()) return;
  module.tensors[to] = found->second;
  module.tensors.erase(found);
}

void settle(ForeignModule& module, WeightsLayout layout) {
  module.kind = layout == WeightsLayout::kTorch ? torch_kind(module) : named_kind(module);
  const bool is_norm = module.kind == ModuleKind::kNorm;
  if (layout == WeightsLayout::kTorch) {
    rename(module, "weight", is_norm ? "gamma" : module.kind == ModuleKind::kEmbedding ? "embeddings" : "kernel");
    rename(module, "weight_ih", "kernel");
    rename(module, "weight_hh", "recurrent_kernel");
  }
  if (is_norm) rename(module, "bias", "beta");
}

}  // namespace

const files::Tensor* ForeignModule::find(const std::string& role) const {
  const auto found = tensors.find(role);
  return found == tensors.end() ? nullptr : found->second;
}

WeightsLayout layout_of(const std::vector<WantedLayer>& layers, const files::TensorFile& file) {
  bool is_torch = false;
  bool is_flax = false;
  bool is_keras = false;
  bool has_keras_norm = false;
  for (const files::Tensor& tensor : file.tensors) {
    const ForeignName name = split_last(tensor.name.substr(0, tensor.name.find(':')));
    for (const WantedLayer& layer : layers) {
      const bool is_ours = name.module == layer.name || (!layer.former_name.empty() && name.module == layer.former_name);
      if (is_ours && name.word != "bias" && layer.find(name.word) != nullptr) return WeightsLayout::kNormrun;
    }
    is_torch = is_torch || name.word == "weight" || name.word == "running_mean" || name.word == "running_var" ||
               name.word == "num_batches_tracked" || recurrent_name(name).has_value();
    is_flax = is_flax || name.word == "scale" || name.word == "mean" || name.word == "var" || tensor.name.compare(0, 6, "params") == 0 ||
              begins_with_capital(split_last(name.module).word);
    has_keras_norm =
        has_keras_norm || name.word == "gamma" || name.word == "beta" || name.word == "moving_mean" || name.word == "recurrent_kernel";
    is_keras = is_keras || keras_words().contains(name.word);
  }
  if (is_torch) return WeightsLayout::kTorch;
  return is_flax && !has_keras_norm ? WeightsLayout::kFlax : is_keras ? WeightsLayout::kKeras : WeightsLayout::kNormrun;
}

std::vector<ForeignModule> foreign_modules(const files::TensorFile& file, WeightsLayout layout) {
  std::map<std::string, ForeignModule> by_name;
  for (const files::Tensor& tensor : file.tensors) {
    const ForeignName own = foreign_name(tensor.name, layout);
    const ForeignName name = attention_name(own, layout, file).value_or(own);
    ForeignModule& module = by_name[name.module];
    module.name = name.module;
    const auto word = words_of(layout).find(name.word);
    const std::string role = word == words_of(layout).end() ? name.word : word->second;
    if (!module.tensors.emplace(role, &tensor).second) module.tensors[tensor.name] = &tensor;
  }
  std::vector<ForeignModule> modules;
  for (auto& [name, module] : by_name) {
    settle(module, layout);
    modules.push_back(std::move(module));
  }
  std::stable_sort(modules.begin(), modules.end(),
                   [](const ForeignModule& a, const ForeignModule& b) { return comes_before(counted_name(a.name), counted_name(b.name)); });
  return modules;
}

bool comes_before(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t i_end = i;
      std::size_t j_end = j;
      while (i_end < a.size() && is_digit(a[i_end])) ++i_end;
      while (j_end < b.size() && is_digit(b[j_end])) ++j_end;
      if (i_end - i != j_end - j) return i_end - i < j_end - j;
      const int order = a.compare(i, i_end - i, b, j, j_end - j);
      if (order != 0) return order < 0;
      i = i_end;
      j = j_end;
      continue;
    }
    if (a[i] != b[j]) return a[i] < b[j];
    ++i;
    ++j;
  }
  return a.size() - i < b.size() - j;
}

std::string stem_of(const std::string& name) {
  std::string counted = counted_name(name);
  if (counted.ends_with(kBackward)) counted.pop_back();
  std::string stem;
  for (const char c : counted) {
    if (!is_digit(c))
      stem += c;
    else if (stem.empty() || stem.back() != '#')
      stem += '#';
  }
  if (ends_with(stem, "_#")) stem.resize(stem.size() - 2);  // Keras's first "dense" has no number, and its second is "dense_1"
  return stem;
}

}  // namespace normrun::nn
