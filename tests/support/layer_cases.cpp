// To add a layer: give it a line in kVariants (options and an input shape) where it needs more than its defaults on (3), and
// one in kFewest where it takes no such input or has an option that must be given.
#include "support/layer_cases.hpp"

#include <cmath>
#include <map>

#include "core/random.hpp"
#include "nn/registry.hpp"

namespace normrun::test {
namespace {

/// Beside the defaults, which every layer is tried with on an input of (3).
const std::vector<LayerCase> kVariants = {
    {"dense", R"({"units": 4})", {5}},
    {"dense", R"({"units": 2, "use_bias": false})", {2, 3}},
    {"dense", R"({"units": 3, "activation": "tanh", "bias_initializer": {"type": "ones"}})", {4}},
    {"flatten", "{}", {2, 3, 2}},
    {"relu", "{}", {2, 3}},
    {"softmax", "{}", {2, 5}},
    {"leaky_relu", R"({"negative_slope": 0})", {2, 3}},
    {"prelu", R"({"slopes": "one"})", {2, 3}},
    {"prelu", R"({"slopes": "per-element", "initial_slope": -0.5})", {2, 3}},
    {"elu", R"({"alpha": 1.5})", {4}},
    {"hard_sigmoid", R"({"slope": 0.2})", {4}},
    {"softplus", R"({"beta": 2.5})", {4}},
    {"gelu", R"({"approximate": true})", {4}},
    {"dense", R"({"units": 3, "activation": "gelu"})", {4}},
    {"dropout", R"({"rate": 0.25})", {4}},
    {"dropout", R"({"rate": 0})", {4}},
    {"batch", R"({"momentum": 0.5, "epsilon": 1e-5})", {4}},
    {"batch", R"({"convention": "torch", "center": false})", {2, 2, 3}},
    {"batch", R"({"convention": "flax", "scale": false})", {4, 2}},
    {"batch", R"({"average": "cumulative", "initial_mean": 1, "initial_variance": 2})", {3}},
    {"batch", R"({"average": "bias-corrected", "moving_variance": "unbiased"})", {3}},
    {"batch", R"({"center": false, "scale": false})", {3}},
    {"batch", R"({"momentum": 0.5})", {4, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "moving_variance": "unbiased", "scale": false})", {3, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "padded_steps": "to-longest"})", {5, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "time": "per-step"})", {3, 2}},
    {"batch", R"({"momentum": 0.5, "time": "per-step", "moving_variance": "unbiased"})", {4, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "time": "per-step", "padded_steps": "counted"})", {3, 2}, Sequence::kPadded},
    {"batch", R"({"time": "per-step", "average": "cumulative", "center": false, "scale": false})", {3, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "ghost_batch_size": 3})", {3}},
    {"batch", R"({"momentum": 0.5, "ghost_batch_size": 2, "moving_variance": "unbiased"})", {2, 2, 3}},
    {"batch", R"({"ghost_batch_size": 2, "average": "bias-corrected"})", {4, 2}, Sequence::kPadded},
    {"moving_layer", R"({"momentum": 0.5, "epsilon": 0.1})", {4}},
    {"moving_layer", R"({"epsilon": 0.1, "center": false, "scale": false})", {3, 4}},
    {"power", R"({"momentum": 0.5, "epsilon": 0.1, "center": false})", {2, 2, 3}},
    {"power", R"({"backward_momentum": 0.5, "scale": false})", {4, 3}, Sequence::kPadded},
    {"power", R"({"padded_steps": "counted"})", {4, 2}, Sequence::kPadded},
    {"batch_renorm", R"({"rmin": 1.25, "rmax": 1.25, "dmax": 0})", {3}},
    {"batch_renorm", R"({"rmin": 0.75, "rmax": 0.75, "dmax": 1e-3, "scale": false, "momentum": 0.5})", {2, 2, 3}},
    {"batch_renorm", R"({"rmin": 0.75, "rmax": 0.75, "dmax": 1e-3})", {4, 3}, Sequence::kPadded},
    {"batch_renorm", R"({"rmin": 0.75, "rmax": 0.75, "dmax": 1e-3, "padded_steps": "counted"})", {4, 3}, Sequence::kPadded},
    {"batch_renorm", R"({"warmup_updates": 9, "center": false})", {3}},
    {"group", R"({"groups": 2})", {6}},
    {"group", R"({"groups": 3, "center": false})", {2, 2, 6}},
    {"group", R"({"groups": 1, "scale": false, "epsilon": 1e-5})", {5, 2}},
    {"group", R"({"groups": 2, "padded_steps": "left-out"})", {4, 6}, Sequence::kPadded},
    {"instance", R"({"epsilon": 1e-5})", {2, 3, 2}},
    {"instance", R"({"epsilon": 0.1, "padded_steps": "left-out", "scale": false})", {4, 2}, Sequence::kPadded},
    {"dyt", R"({"initial_alpha": 1.5})", {2, 3}},
    {"dyt", R"({"center": false, "scale": false})", {3}},
    {"rms", R"({"scale": false})", {4}},
    {"rms", R"({"axes": [1], "epsilon": 0.1})", {5, 3}},
    {"rms", R"({"axes": [2, 1], "padded_steps": "left-out"})", {4, 3}, Sequence::kPadded},
    {"rms", R"({"epsilon": 1e-2})", {3, 5}},
    {"layer", R"({"axes": [1, 2, 3], "epsilon": 1e-5})", {2, 3, 2}},
    {"layer", R"({"axes": [-2, -1], "center": false})", {4, 2}},
    {"layer", R"({"axes": [2], "scale": false})", {4, 3}},
    {"layer", R"({"axes": [1, 3], "epsilon": 0.1})", {3, 2, 4}},
    {"layer", R"({"axes": [1], "padded_steps": "left-out", "epsilon": 0.1})", {5, 3}, Sequence::kPadded},
    {"layer", R"({"axes": [-2, -1], "padded_steps": "left-out", "center": false})", {4, 2}, Sequence::kPadded},
    {"moving_layer", R"({"momentum": 0.5, "epsilon": 0.1, "padded_steps": "left-out"})", {4, 3}, Sequence::kPadded},
    {"conv2d", R"({"filters": 3, "padding": "same", "activation": "tanh"})", {3, 4, 2}},
    {"conv2d", R"({"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "use_bias": false})", {5, 4, 2}},
    {"conv2d", R"({"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"})", {5, 7, 1}},
    {"conv2d", R"({"filters": 2, "kernel_size": 1})", {2, 2, 3}},
    {"conv2d", R"({"filters": 2, "kernel_size": [2, 3], "dilation_rate": [2, 1], "pads": [0, 2, 1, 0]})", {4, 5, 2}},
    {"conv2d", R"({"filters": 2, "kernel_size": 2, "strides": 2, "dilation_rate": 2, "padding": "same"})", {5, 6, 2}},
    {"conv2d", R"({"filters": 4, "groups": 2, "padding": "same", "strides": [1, 2]})", {3, 4, 4}},
    {"conv2d", R"({"filters": 6, "groups": 3, "kernel_size": 2, "use_bias": false})", {3, 4, 3}},
    {"conv2d", R"({"filters": 2, "kernel_size": 2, "pads": 3, "strides": 4})", {2, 3, 1}},
    {"depthwise_conv2d", R"({"padding": "same", "strides": 2})", {4, 5, 3}},
    {"depthwise_conv2d", R"({"depth_multiplier": 2, "kernel_size": 2, "dilation_rate": 2, "activation": "relu6"})", {4, 4, 2}},
    {"conv1d", R"({"filters": 3, "padding": "same", "activation": "silu"})", {5, 2}},
    {"conv1d", R"({"filters": 2, "padding": "causal", "dilation_rate": 2})", {5, 2}, Sequence::kPadded},
    {"conv1d", R"({"filters": 2, "kernel_size": 2, "groups": 2})", {5, 4}, Sequence::kPadded},
    {"conv1d", R"({"filters": 3, "groups": 3, "padding": "same"})", {4, 3}, Sequence::kPadded},
    {"conv2d_transpose", R"({"filters": 2, "kernel_size": [3, 2], "strides": 2, "padding": "same"})", {3, 2, 3}},
    {"conv2d_transpose", R"({"filters": 2, "pads": [1, 0, 0, 1], "output_padding": [1, 0], "use_bias": false})", {3, 2, 2}},
    {"conv1d_transpose", R"({"filters": 2, "kernel_size": 2, "strides": 3})", {3, 2}},
    {"max_pooling2d", R"({"pool_size": 3, "strides": 2, "pads": 1, "ceil_mode": true})", {4, 5, 2}},
    {"average_pooling2d", R"({"pool_size": 3, "strides": 2, "pads": 1, "ceil_mode": true, "count_include_pad": true})", {4, 5, 2}},
    {"average_pooling1d", R"({"pool_size": 3, "strides": 2, "padding": "same"})", {6, 2}},
    {"global_average_pooling1d", "{}", {4, 2}, Sequence::kPadded},
    {"global_max_pooling1d", "{}", {4, 2}, Sequence::kPadded},
    {"upsampling2d", R"({"size": [2, 3], "interpolation": "bilinear"})", {2, 3, 2}},
    {"upsampling2d", R"({"size": [3, 2], "interpolation": "bilinear", "align_corners": true})", {2, 3, 2}},
    {"padding", R"({"pads": [1, 0, 0, 2], "value": 0.5})", {2, 3}},
    {"padding", R"({"pads": [1, 2, 0, 1], "mode": "edge"})", {2, 3}},
    {"padding", R"({"pads": [2, 1, 0, 0], "mode": "reflect"})", {3, 2}},
    {"reshape", R"({"target_shape": [-1, 2]})", {2, 3}},
    {"permute", R"({"dims": [2, 3, 1]})", {2, 3, 4}},
    {"resnet20", R"({"width": 4, "depth": 1, "shortcut": "padding"})", {4, 4, 1}},
    {"max_pooling2d", R"({"pool_size": 3, "strides": 1, "padding": "same"})", {4, 3, 2}},
    {"max_pooling2d", R"({"pool_size": [2, 1]})", {5, 3, 2}},
    {"average_pooling2d", R"({"pool_size": 3, "strides": 2, "padding": "same"})", {4, 5, 2}},
    {"simple_rnn", R"({"units": 3, "return_sequences": true})", {4, 2}},
    {"simple_rnn", R"({"units": 3, "use_bias": false})", {4, 2}},
    {"simple_rnn", R"({"units": 4, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
    {"lstm", R"({"units": 3, "return_sequences": true})", {3, 2}},
    {"lstm", R"({"units": 2, "use_bias": false, "unit_forget_bias": false})", {4, 3}},
    {"lstm", R"({"units": 3, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
    {"lstm", R"({"units": 3, "normalization": "batch", "epsilon": 0.1, "momentum": 0.5})", {3, 2}},
    {"lstm",
     R"({"units": 2, "normalization": "batch", "longest_step": 2, "use_bias": false, "return_sequences": true})",
     {4, 3},
     Sequence::kPadded},
    {"gru", R"({"units": 3, "return_sequences": true})", {3, 2}},
    {"gru", R"({"units": 3, "use_bias": false})", {3, 2}},
    {"gru", R"({"units": 3, "reset_after": false, "return_sequences": true})", {3, 2}},
    {"gru", R"({"units": 3, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
    {"lstm", R"({"units": 2, "go_backwards": true, "return_sequences": true})", {4, 2}, Sequence::kPadded},
    {"simple_rnn", R"({"units": 3, "go_backwards": true})", {3, 2}, Sequence::kPadded},
    {"embedding", R"({"input_dim": 5, "output_dim": 3})", {4, 1}, Sequence::kPadded},
    {"reverse", "{}", {4, 2}, Sequence::kPadded},
    {"bidirectional", R"({"layer": {"type": "lstm", "units": 2, "return_sequences": true}})", {4, 3}, Sequence::kPadded},
    {"bidirectional", R"({"layer": {"type": "simple_rnn", "units": 3}, "merge_mode": "sum"})", {4, 2}, Sequence::kPadded},
    {"bidirectional", R"({"layer": {"type": "lstm", "units": 2, "normalization": "batch"}})", {3, 2}, Sequence::kPadded},
    {"multi_head_attention", R"({"num_heads": 2})", {4, 6}},
    {"multi_head_attention", R"({"num_heads": 2, "key_dim": 3, "use_bias": false})", {4, 3}, Sequence::kPadded},
    {"multi_head_attention", R"({"num_heads": 1, "use_causal_mask": true, "dropout": 0.25})", {5, 2}, Sequence::kPadded},
    {"learned_positions", "{}", {3, 2}, Sequence::kPadded},
    {"sinusoidal_positions", R"({"max_wavelength": 10})", {4, 3}},
    {"residual", R"({"body": ["batch", "tanh", {"type": "dense", "units": 3}], "shortcut": [{"type": "dense", "units": 3}]})", {4}},
    {"residual", R"({"body": [{"type": "residual", "body": ["dropout"]}, "batch"]})", {2, 3}},
    {"residual", R"({"body": [{"type": "conv2d", "filters": 2, "kernel_size": 3, "padding": "same"}, "batch"]})", {3, 4, 2}},
    {"concatenate", R"({"branches": [[{"type": "dense", "units": 2}], ["tanh", "dropout"], []]})", {2, 3}},
    {"multiply", R"({"branches": [[], ["global_average_pooling2d", {"type": "dense", "units": 2}, "sigmoid"]]})", {2, 3, 2}},
    {"multiply", R"({"branches": [["tanh"], ["sigmoid", {"type": "dense", "units": 1}], []]})", {3, 2}},
    {"slice", R"({"axis": 2, "start": 3, "step": -2})", {2, 4, 3}},
    {"slice", R"({"axis": 1, "start": 1, "step": 2, "count": 2})", {5, 2}},
    {"broadcast", R"({"target_shape": [2, 3, 4]})", {1, 3, 1}},
    {"rescaling", R"({"scale": -2, "offset": 0.5})", {2, 3}},
    {"affine", R"({"center": false})", {2, 3}},
    {"affine", R"({"scale": false})", {4}},
    {"clip", R"({"min_value": -0.75, "max_value": 0.5})", {4}},
    {"clip", R"({"max_value": 0.25})", {2, 3}},
    {"math", R"({"function": "erf"})", {4}},
    {"math", R"({"function": "exp"})", {4}},
    {"math", R"({"function": "reciprocal"})", {4}},
    {"matmul", R"({"branches": [[], ["tanh", {"type": "permute", "dims": [1, 3, 2]}]]})", {2, 3, 4}},
    {"transformer_encoder",
     R"({"d_model": 6, "num_heads": 2, "feed_forward": 3, "depth": 1, "dropout": 0.25, "norm_first": false, "positions": "learned",
         "activation": "gelu", "pooling": "none", "use_causal_mask": true})",
     {4, 2},
     Sequence::kPadded},
};

/// The options that a layer must have and an input that it takes, where "{}" on (3) does not do.
const std::map<std::string, LayerCase, std::less<>> kFewest = {
    {"dense", {"dense", R"({"units": 1})"}},
    {"group", {"group", "{}", {2, 32}}},
    {"conv2d", {"conv2d", R"({"filters": 1})", {4, 5, 2}}},
    {"conv1d", {"conv1d", R"({"filters": 1})", {5, 2}}},
    {"depthwise_conv2d", {"depthwise_conv2d", "{}", {4, 5, 2}}},
    {"conv1d_transpose", {"conv1d_transpose", R"({"filters": 1})", {4, 2}}},
    {"conv2d_transpose", {"conv2d_transpose", R"({"filters": 1})", {2, 3, 2}}},
    {"max_pooling1d", {"max_pooling1d", "{}", {5, 2}}},
    {"average_pooling1d", {"average_pooling1d", "{}", {5, 2}}},
    {"global_average_pooling1d", {"global_average_pooling1d", "{}", {3, 2}}},
    {"global_max_pooling1d", {"global_max_pooling1d", "{}", {3, 2}}},
    {"global_max_pooling2d", {"global_max_pooling2d", "{}", {2, 3, 2}}},
    {"upsampling1d", {"upsampling1d", "{}", {3, 2}}},
    {"upsampling2d", {"upsampling2d", "{}", {2, 3, 2}}},
    {"reshape", {"reshape", R"({"target_shape": [1, 3]})"}},
    {"permute", {"permute", R"({"dims": [1]})"}},
    {"resnet20", {"resnet20", R"({"width": 3, "depth": 1})", {4, 4, 1}}},
    {"mobilenet", {"mobilenet", R"({"width": 3, "depth": 2})", {4, 4, 1}}},
    {"cnn1d", {"cnn1d", R"({"width": 3, "depth": 2, "kernel_size": 3})", {4, 2}}},
    {"max_pooling2d", {"max_pooling2d", "{}", {4, 5, 2}}},
    {"average_pooling2d", {"average_pooling2d", "{}", {4, 5, 2}}},
    {"global_average_pooling2d", {"global_average_pooling2d", "{}", {2, 3, 2}}},
    {"multi_head_attention", {"multi_head_attention", R"({"num_heads": 1})", {3, 2}}},
    {"learned_positions", {"learned_positions", "{}", {3, 2}}},
    {"sinusoidal_positions", {"sinusoidal_positions", "{}", {3, 2}}},
    {"embedding", {"embedding", R"({"input_dim": 3, "output_dim": 2})"}},
    {"reverse", {"reverse", "{}", {3, 2}}},
    {"bidirectional", {"bidirectional", R"({"layer": {"type": "gru", "units": 2}})", {3, 2}}},
    {"simple_rnn", {"simple_rnn", R"({"units": 1})", {3, 2}}},
    {"lstm", {"lstm", R"({"units": 1})", {3, 2}}},
    {"gru", {"gru", R"({"units": 1})", {3, 2}}},
    {"residual", {"residual", R"({"body": ["tanh"]})"}},
    {"add", {"add", R"({"branches": [["tanh"], []]})"}},
    {"concatenate", {"concatenate", R"({"branches": [["tanh"], []]})"}},
    {"multiply", {"multiply", R"({"branches": [["tanh"], []]})"}},
    {"matmul", {"matmul", R"({"branches": [["tanh"], [{"type": "permute", "dims": [2, 1]}]]})", {3, 2}}},
    {"broadcast", {"broadcast", R"({"target_shape": [3]})"}},
    {"padding", {"padding", R"({"pads": [1, 1]})"}},
    {"transformer_encoder", {"transformer_encoder", R"({"d_model": 6, "feed_forward": 2, "num_heads": 2, "depth": 1})", {3, 2}}},
};

double away_from_zero(RandomStream& stream) {
  const double z = stream.normal();
  return z < 0 ? z - 0.1 : z + 0.1;
}

}  // namespace

std::vector<LayerCase> all_layer_cases() {
  std::vector<LayerCase> cases = kVariants;
  for (const config::FamilyMember& member : nn::layer_family().members) {
    if (member.type == "norm") continue;
    const auto fewest = kFewest.find(member.type);
    cases.push_back(fewest != kFewest.end() ? fewest->second : LayerCase{std::string(member.type), "{}"});
  }
  return cases;
}

bool has_differentiable_output(const LayerCase& c, const Mode& mode) {
  if (c.type == "embedding") return false;
  if (c.type == "power" && mode.statistics == Statistics::kBatch) return false;
  return !(c.type == "batch_renorm" && c.options == "{}" && mode.statistics == Statistics::kBatch);
}

std::vector<Index> lengths_of(const std::vector<Index>& shape, Sequence sequence, Index examples) {
  std::vector<Index> lengths;
  if (sequence == Sequence::kWhole) return lengths;
  for (Index e = 0; e < examples; ++e) lengths.push_back(shape.front() - e % shape.front());
  return lengths;
}

template <class T>
void fill_rig(LayerRig<T>& rig, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::kData);
  for (T& value : rig.model.params) value = static_cast<T>(away_from_zero(stream));
  for (const nn::StateEntry& entry : rig.layout().states) {
    const auto at = rig.model.state.begin() + entry.id.offset;
    for (Index i = 0; i < entry.id.size; ++i) {
      at[i] = static_cast<T>(entry.name == "updates" ? 4.0 : std::abs(away_from_zero(stream)));
    }
  }
  for (T& value : rig.x.view()) value = static_cast<T>(away_from_zero(stream));
  for (const nn::ParamEntry& entry : rig.layout().params) {
    if (entry.name != "embeddings") continue;
    for (T& value : rig.x.view()) value = static_cast<T>(stream.below(static_cast<std::uint64_t>(entry.shape.front())));
  }
  for (T& value : rig.dy.view()) value = static_cast<T>(away_from_zero(stream));
}

template void fill_rig(LayerRig<float>& rig, std::uint64_t seed);
template void fill_rig(LayerRig<double>& rig, std::uint64_t seed);

}  // namespace normrun::test
