// Convolution over height and width, channels last: y = patches kernel + bias.
//
//   x: (height, width, inputs)  kernel: (kernel height, kernel width, inputs, filters)  bias: (filters)
//   patches: (positions, kernel height * kernel width * inputs), one row for each place of the window, zeros outside the image
//   dkernel = patches^T dy, example by example and added in that order;  dbias = sum of dy over all positions
//   dpatches = dy kernel^T, and each number of dx adds up the patches it lies in, in their order
//
// Source: Keras 3 Conv2D (kernel glorot_uniform, bias zeros; it correlates, the kernel is not flipped).  Every mode is the
// same.  Patches are made for one example at a time, so that they stay in the cache and need no memory for each example.
#include <algorithm>
#include <cstring>

#include "nn/initializers.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::layers {
namespace {

template <class T>
class Conv2d;

class Conv2dSpec final : public SpecOf<Conv2dSpec, Conv2d> {
 public:
  Index filters = 1;
  std::vector<Index> kernel_size = {3};
  std::vector<Index> strides = {1};
  Padding padding = Padding::kValid;
  bool use_bias = true;
  Activation activation = Activation::kLinear;
  std::shared_ptr<Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<Described> bias_initializer = default_initializer("zeros");

  void describe(OptionVisitor& visitor) override {
    describe_name(visitor);
    visitor.integer({"filters", "number of output channels"}, filters, {1, Blueprint::kMaxParams});
    visitor.require(visitor.given("filters"), "", "the key \"filters\": how many output channels the layer has");
    describe_both_directions(visitor, {"kernel_size", "height and width of the kernel; one number stands for both"}, kernel_size);
    describe_both_directions(visitor, {"strides", "steps of the kernel down and along; one number stands for both"}, strides);
    describe_padding(visitor, padding);
    visitor.flag({"use_bias", "whether a bias is added"}, use_bias);
    describe_activation(visitor, activation);
    describe_initializer(visitor, {"kernel_initializer", "how the kernel starts"}, kernel_initializer, "glorot_uniform");
    describe_initializer(visitor, {"bias_initializer", "how the bias starts"}, bias_initializer, "zeros");
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(activation); }
};

/// Most runs are a few numbers long: blocks of a known size cost a fraction of a call of memmove.  The last block may overlap
/// the one before.
template <class T>
void copy_run(const T* from, Index count, T* to) {
  constexpr Index kBlock = 16 / sizeof(T);
  if (count < kBlock) {
    for (Index i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  for (Index i = 0; i + kBlock <= count; i += kBlock) std::memcpy(to + i, from + i, 16);
  std::memcpy(to + count - kBlock, from + count - kBlock, 16);
}

template <class T>
class Conv2d final : public Layer<T> {
 public:
  Conv2d(const Conv2dSpec& spec, Blueprint& blueprint)
      : window_(window_over(blueprint, spec.kernel_size, spec.strides, spec.padding)), filters_(spec.filters) {
    const Index area = window_.down.size * window_.along.size;
    kernel_ = blueprint.param("kernel", {window_.down.size, window_.along.size, window_.channels, filters_},
                              initializer_from(spec.kernel_initializer), area * window_.channels, area * filters_);
    if (spec.use_bias) {
      const Initializer start = initializer_from(spec.bias_initializer);
      const Index fan = start.kind == Init::kTorchDefault ? window_.patch() : filters_;
      bias_ = blueprint.param("bias", {filters_}, start, fan, fan);
    }
    blueprint.set_output({window_.down.output, window_.along.output, filters_});
    patches_ = blueprint.per_call(window_.positions() * window_.patch());
    dkernel_ = blueprint.per_call(kernel_.size);
  }

  void forward(const Forward<T>& call) const override {
    const T* bias = bias_.size > 0 ? call.params + bias_.offset : nullptr;
    const View<T> patches = patches_of(call.caches);
    for (Index example = 0; example < call.examples; ++example) {
      gather_patches(call.x.data + example * window_.input_size(), patches);
      kernels::product<T>(patches, kernel(call.params), bias, positions_of(call.y, example));
    }
  }

  void backward(const Backward<T>& call) const override {
    if (bias_.size > 0) kernels::column_sums<T>(call.dy, call.grads + bias_.offset);
    if (call.dx.data != nullptr) std::fill(call.dx.begin(), call.dx.end(), T{0});
    const View<T> patches = patches_of(call.caches);
    T* sum = call.grads + kernel_.offset;
    for (Index example = 0; example < call.examples; ++example) {
      const ConstView<T> dy = positions_of(call.dy, example);
      const View<T> dkernel(example == 0 ? sum : call.caches[dkernel_], window_.patch(), filters_);
      gather_patches(call.x.data + example * window_.input_size(), patches);
      kernels::product_weight_gradient<T>(patches, dy, dkernel);
      if (example > 0) kernels::add<T>(dkernel.data, sum, kernel_.size);
      if (call.dx.data == nullptr) continue;
      kernels::product_input_gradient<T>(dy, kernel(call.params), patches);
      scatter_patches(patches, call.dx.data + example * window_.input_size());
    }
  }

 private:
  ConstView<T> kernel(const T* params) const { return {params + kernel_.offset, window_.patch(), filters_}; }
  View<T> patches_of(const Caches<T>& caches) const { return {caches[patches_], window_.positions(), window_.patch()}; }
  template <class U>
  View<U> positions_of(View<U> y, Index example) const {
    return y.slice(example * window_.positions(), window_.positions());
  }

  void gather_patches(const T* image, View<T> patches) const {
    for_each_clipped(window_, [&](Index position) { std::fill_n(patches.row(position), patches.cols, T{0}); });
    for_each_run(window_, [&](Index patch, Index at, Index count) { copy_run(image + at, count, patches.data + patch); });
  }
  void scatter_patches(ConstView<T> patches, T* image) const {
    for_each_run(window_, [&](Index patch, Index at, Index count) {
      for (Index i = 0; i < count; ++i) image[at + i] += patches.data[patch + i];
    });
  }

  Window window_;
  Index filters_;
  ParamId kernel_;
  ParamId bias_;     // of size 0 without a bias
  CacheId patches_;  // (positions, patch) of one example; backward puts its gradient there
  CacheId dkernel_;  // of one example
};

}  // namespace

FamilyMember conv2d() {
  return {"conv2d", "convolution over height and width: y = patches kernel + bias", "Keras 3 Conv2D",
          [] { return std::make_shared<Conv2dSpec>(); }};
}

}  // namespace normrun::layers
