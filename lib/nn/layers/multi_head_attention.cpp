// Multi-head self-attention.  Every step of a sequence compares its query with the keys of all steps, and gets a mean of their values that
// is weighted by the results.
//   x: (steps, channels)  kernel: (channels, 3 inner), the columns of the queries, the keys, then the values; inner = num_heads key_dim
//   [q k v] = x kernel + bias;  each head has key_dim columns of q, k and v, and computes
//     context = softmax(q k^T / sqrt(key_dim)) v, over the steps that a step sees: the valid ones, with use_causal_mask only up to itself
//   y = context output_kernel + output_bias      output_kernel: (inner, channels), rows head by head; context: the heads side by side
//   kernels/attention.hpp has the gradients.
//
// Source: Vaswani et al. 2017, eq. 1; Keras 3 MultiHeadAttention(x, x); PyTorch MultiheadAttention, whose in_proj_weight is kernel^T and
// whose key_dim is channels / num_heads.  A padded step gets an output like any other, but no step sees it (PyTorch with key_padding_mask).
// Modes: only `dropout` depends on the mode.  It drops weights if mode.dropout is kOn.  The weights of one head fit into
// the processor's cache; they are not kept, and backward computes them again.
#include <cmath>

#include "nn/initializers.hpp"
#include "nn/kernels/attention.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/dropped.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class MultiHeadAttention;

class MultiHeadAttentionSpec final : public SpecOf<MultiHeadAttentionSpec, MultiHeadAttention> {
 public:
  Index num_heads = 1;
  std::optional<Index> key_dim;
  bool use_bias = true;
  bool use_causal_mask = false;
  double dropout = 0.0;
  std::shared_ptr<config::Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<config::Described> bias_initializer = default_initializer("zeros");

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"num_heads", "how many heads"}, num_heads, {1, Index{1} << 20});
    visitor.require(visitor.given("num_heads"), "", "the key \"num_heads\": how many heads the layer has");
    visitor.integer({"key_dim", "how many numbers a head's queries, keys and values have; default channels / num_heads"}, key_dim,
                    {1, Index{1} << 20});
    visitor.flag({"use_bias", "whether biases are added to the queries, keys and values, and to the output"}, use_bias);
    visitor.flag({"use_causal_mask", "whether a step sees only itself and the steps before it"}, use_causal_mask);
    visitor.number({"dropout", "the share of the weights that is set to 0 while training"}, dropout,
                   {.low = 0.0, .high = 1.0, .high_open = true});
    describe_initializer(visitor, {"kernel_initializer", "how the kernels start"}, kernel_initializer, "glorot_uniform");
    describe_initializer(visitor, {"bias_initializer", "how the biases start"}, bias_initializer, "zeros");
  }
};

/// The shapes of a layer.  Throws Error(kUsage) if the input is no sequence, or if the heads cannot share the channels.
struct AttentionShape {
  Index steps;
  Index channels;
  Index heads;
  Index size;  // key_dim

  AttentionShape(const MultiHeadAttentionSpec& spec, const Blueprint& blueprint)
      : steps(blueprint.input().positions()), channels(blueprint.channels()), heads(spec.num_heads), size(spec.key_dim.value_or(0)) {
    if (blueprint.input().rank() != 2)
      blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (time, features)", "attention reads sequences");
    if (spec.key_dim) return;
    if (channels % heads != 0)
      blueprint.refuse(std::to_string(heads) + " heads cannot share " + std::to_string(channels) + " channels",
                       "give the layer a \"key_dim\"");
    size = channels / heads;
  }
  Index inner() const { return heads * size; }
  Index weights() const { return heads * steps * steps; }
};

template <class T>
class MultiHeadAttention final : public Layer<T> {
 public:
  MultiHeadAttention(const MultiHeadAttentionSpec& spec, Blueprint& blueprint)
      : shape_(spec, blueprint),
        sight_(spec.use_causal_mask ? kernels::Sight::kPast : kernels::Sight::kAll),
        rate_(spec.dropout),
        dropped_(spec.dropout, shape_.weights(), blueprint) {
    const Initializer start = initializer_from(spec.kernel_initializer);
    const Initializer bias_start = initializer_from(spec.bias_initializer);
    const Index channels = shape_.channels, inner = shape_.inner();
    kernel_ = blueprint.param("kernel", {channels, 3 * inner}, start, channels, inner);
    if (spec.use_bias) bias_ = blueprint.param("bias", {3 * inner}, bias_start, inner, inner);
    output_kernel_ = blueprint.param("output_kernel", {inner, channels}, start, inner, channels);
    if (spec.use_bias) output_bias_ = blueprint.param("output_bias", {channels}, bias_start, channels, channels);
    for (CacheId* cache : {&qkv_, &dqkv_}) *cache = blueprint.per_example(shape_.steps * 3 * inner);
    for (CacheId* cache : {&context_, &dcontext_}) *cache = blueprint.per_example(shape_.steps * inner);
    for (CacheId* cache : {&weights_, &dweights_}) *cache = blueprint.per_call(shape_.steps * shape_.steps);
    if (rate_ > 0.0) factors_ = blueprint.per_example(shape_.weights());
  }

  void forward(const Forward<T>& call) const override {
    if (drops(call)) dropped_.draw(call.key, call.examples, call.caches[factors_]);
    const View<T> context = rows(call, context_, shape_.inner());
    kernels::product<T>(call.x, kernel(call.params), bias_.size > 0 ? call.params + bias_.offset : nullptr, qkv(call));
    for_each_head(call, [&](const kernels::AttentionHead<T>& head, Index row, Index column) {
      kernels::attend<T>(head, call.caches[weights_], {context.row(row) + column, context.cols});
    });
    const T* const bias = output_bias_.size > 0 ? call.params + output_bias_.offset : nullptr;
    kernels::product<T>(context, output_kernel(call.params), bias, call.y);
  }

  void backward(const Backward<T>& call) const override {
    const View<T> context = rows(call, context_, shape_.inner());
    const View<T> dcontext = rows(call, dcontext_, shape_.inner());
    const View<T> dqkv = rows(call, dqkv_, 3 * shape_.inner());
    backward_of_product(call, {output_kernel_, context, call.dy, dcontext}, output_bias_);
    for_each_head(call, [&](const kernels::AttentionHead<T>& head, Index row, Index column) {
      const auto block = [&](Index i) { return kernels::Columns<T>{dqkv.row(row) + i * shape_.inner() + column, dqkv.cols}; };
      kernels::attend_backward<T>(head, {dcontext.row(row) + column, dcontext.cols}, call.caches[weights_], call.caches[dweights_],
                                  {block(0), block(1), block(2)});
    });
    backward_of_product(call, {kernel_, call.x, dqkv, call.dx}, bias_);
  }

  LayerTraits traits() const override { return {.may_write_dx_over_dy = true, .is_mode_free = rate_ == 0.0, .drops_out = rate_ > 0.0}; }

 private:
  /// Whether the call drops some weights.
  template <class Call>
  bool drops(const Call& call) const {
    return rate_ > 0.0 && call.mode.dropout == Dropout::kOn;
  }
  /// For each head of each example, calls visit(head, the example's first row, the head's first column).
  template <class Call, class Visit>
  void for_each_head(const Call& call, const Visit& visit) const {
    const ConstView<T> all = qkv(call);
    const Index size = shape_.size, steps = shape_.steps;
    const T scale = static_cast<T>(1.0 / std::sqrt(static_cast<double>(size)));
    for (Index e = 0; e < call.examples; ++e) {
      const Index keys = call.lengths != nullptr ? call.lengths[e] : steps;
      for (Index h = 0; h < shape_.heads; ++h) {
        const auto block = [&](Index i) { return kernels::Columns<const T>{all.row(e * steps) + i * shape_.inner() + h * size, all.cols}; };
        const T* const factors = drops(call) ? call.caches[factors_] + (e * shape_.heads + h) * steps * steps : nullptr;
        visit(kernels::AttentionHead<T>{.q = block(0),
                                        .k = block(1),
                                        .v = block(2),
                                        .steps = steps,
                                        .keys = keys,
                                        .size = size,
                                        .scale = scale,
                                        .sight = sight_,
                                        .factors = factors},
              e * steps, h * size);
      }
    }
  }

  /// Computes the gradients of kernel, bias and x of a product y = x kernel + bias.
  void backward_of_product(const Backward<T>& call, const KernelGradient<T>& gradient, ParamId bias) const {
    if (bias.size > 0) kernels::column_sums<T>(gradient.dy, call.grads + bias.offset);
    if (call.kernel_updater != nullptr) return call.kernel_updater->update(gradient);
    const Index inputs = gradient.x.cols, outputs = gradient.dy.cols;
    kernels::product_weight_gradient<T>(gradient.x, gradient.dy, {call.grads + gradient.kernel.offset, inputs, outputs});
    if (gradient.dx.data == nullptr) return;
    kernels::product_input_gradient<T>(gradient.dy, {call.params + gradient.kernel.offset, inputs, outputs}, gradient.dx);
  }

  template <class Call>
  View<T> rows(const Call& call, CacheId id, Index columns) const {
    return {call.caches[id], call.examples * shape_.steps, columns};
  }
  template <class Call>
  View<T> qkv(const Call& call) const {
    return rows(call, qkv_, 3 * shape_.inner());
  }
  ConstView<T> kernel(const T* params) const { return {params + kernel_.offset, shape_.channels, 3 * shape_.inner()}; }
  ConstView<T> output_kernel(const T* params) const { return {params + output_kernel_.offset, shape_.inner(), shape_.channels}; }

  AttentionShape shape_;
  kernels::Sight sight_;
  double rate_;
  DroppedNumbers<T> dropped_;
  ParamId kernel_;
  ParamId bias_;  // of size 0 without biases, as the output's
  ParamId output_kernel_;
  ParamId output_bias_;
  CacheId qkv_;  // (rows, 3 inner)
  CacheId dqkv_;
  CacheId context_;  // (rows, inner)
  CacheId dcontext_;
  CacheId weights_;  // (steps, steps): the weights of one head
  CacheId dweights_;
  CacheId factors_;  // (examples, heads, steps, steps): the factors of dropout, if there is any
};

}  // namespace

config::FamilyMember multi_head_attention() {
  return {"multi_head_attention",
          "self-attention: each head computes softmax(q k^T / sqrt(key_dim)) v, with q, k, v linear in x; a dense layer follows",
          "Vaswani et al. 2017, eq. 1; Keras 3 MultiHeadAttention", [] { return std::make_shared<MultiHeadAttentionSpec>(); }};
}

}  // namespace normrun::nn::layers
