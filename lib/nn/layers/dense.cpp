// Dense computes y = x kernel + bias on the last axis.
//
//   x: (rows, inputs)  kernel: (inputs, units)  bias: (units)  y: (rows, units); rows = examples * positions
//   dkernel = x^T dy,  dbias = sum of dy over the rows,  dx = dy kernel^T
//
// Source: Keras 3 Dense (kernel glorot_uniform, bias zeros).  Modes: the layer does not read the mode.  An `activation` becomes a layer of
// its own after this one, so that a loss finds the logits before a last softmax or sigmoid.
#include "nn/initializers.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Dense;

class DenseSpec final : public SpecOf<DenseSpec, Dense> {
 public:
  Index units = 1;
  bool use_bias = true;
  Activation activation = Activation::kLinear;
  std::shared_ptr<config::Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<config::Described> bias_initializer = default_initializer("zeros");

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"units", "number of outputs"}, units, {1, Blueprint::kMaxParams});
    visitor.require(visitor.given("units"), "", "the key \"units\": how many outputs the layer has");
    visitor.flag({"use_bias", "whether a bias is added"}, use_bias);
    describe_activation(visitor, activation);
    describe_initializer(visitor, {"kernel_initializer", "how the kernel starts"}, kernel_initializer, "glorot_uniform");
    describe_initializer(visitor, {"bias_initializer", "how the bias starts"}, bias_initializer, "zeros");
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(activation); }
};

template <class T>
class Dense final : public Layer<T> {
 public:
  Dense(const DenseSpec& spec, Blueprint& blueprint)
      : positions_(blueprint.input().positions()), inputs_(blueprint.channels()), units_(spec.units) {
    kernel_ = blueprint.param("kernel", {inputs_, units_}, initializer_from(spec.kernel_initializer), inputs_, units_);
    if (spec.use_bias) {
      const Initializer start = initializer_from(spec.bias_initializer);
      const Index fan =
          // PyTorch's fan of a bias is the inputs of the kernel, and Keras's is the size of the bias
          start.kind == Init::kTorchDefault ? inputs_ : units_;
      bias_ = blueprint.param("bias", {units_}, start, fan, fan);
    }
    std::vector<Index> dims = blueprint.input().dims();
    if (dims.empty()) dims.push_back(1);
    dims.back() = units_;
    blueprint.set_output(std::move(dims));
  }

  void forward(const Forward<T>& call) const override {
    const T* bias = bias_.size > 0 ? call.params + bias_.offset : nullptr;
    kernels::product<T>(call.x, kernel(call.params), bias, call.y);
  }

  void backward(const Backward<T>& call) const override {
    if (bias_.size > 0) kernels::column_sums<T>(call.dy, call.grads + bias_.offset);
    if (call.kernel_updater != nullptr) return call.kernel_updater->update({kernel_, call.x, call.dy, call.dx});
    kernels::product_weight_gradient<T>(call.x, call.dy, {call.grads + kernel_.offset, inputs_, units_});
    // comes last, because dx may be x
    if (call.dx.data != nullptr) kernels::product_input_gradient<T>(call.dy, kernel(call.params), call.dx);
  }
  LayerTraits traits() const override {
    // With few units, most of the memory that the products touch is x and dx, so one buffer for both saves time.
    constexpr Index kFewUnits = 64;
    return {.most_examples_with_dx_over_x = units_ <= kFewUnits ? kernels::kMostRowsOver / positions_ : 0};
  }

 private:
  ConstView<T> kernel(const T* params) const { return {params + kernel_.offset, inputs_, units_}; }

  Index positions_;
  Index inputs_;
  Index units_;
  ParamId kernel_;
  ParamId bias_;  // of size 0 if the layer has no bias
};

}  // namespace

config::FamilyMember dense() {
  return {"dense", "y = x kernel + bias on the last axis", "Keras 3 Dense", [] { return std::make_shared<DenseSpec>(); }};
}

}  // namespace normrun::nn::layers
