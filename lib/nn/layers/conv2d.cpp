// Convolution over height and width, with channels last: y = patches kernel + bias.
//
//   x: (height, width, inputs)  kernel: (kernel height, kernel width, inputs, filters)  bias: (filters)
//   patches: (positions, kernel height * kernel width * inputs), one row for each place of the window, with zeros outside the image
//   dkernel = patches^T dy, computed example by example and added in that order;  dbias = sum of dy over all positions
//   dpatches = dy kernel^T, and each number of dx is the sum over the patches that contain it, in their order
//
// Source: Keras 3 Conv2D (kernel glorot_uniform, bias zeros; it correlates, so the kernel is not flipped).  Modes: all are the same.
// The kernels read patches where they lie in the image, or in a copy with zeros around it.  Only dpatches are written, one example at a
// time.
#include <algorithm>

#include "nn/initializers.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels/windows.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
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
  std::shared_ptr<config::Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<config::Described> bias_initializer = default_initializer("zeros");

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"filters", "number of output channels"}, filters, {1, Blueprint::kMaxParams});
    visitor.require(visitor.given("filters"), "", "the key \"filters\": how many output channels the layer has");
    describe_both_directions(visitor, {"kernel_size", "height and width of the kernel; one number stands for both"}, kernel_size);
    describe_both_directions(visitor, {"strides", "the kernel's steps down and along; one number stands for both"}, strides);
    describe_padding(visitor, padding);
    visitor.flag({"use_bias", "whether a bias is added"}, use_bias);
    describe_activation(visitor, activation);
    describe_initializer(visitor, {"kernel_initializer", "how the kernel starts"}, kernel_initializer, "glorot_uniform");
    describe_initializer(visitor, {"bias_initializer", "how the bias starts"}, bias_initializer, "zeros");
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(activation); }
};

template <class T>
class Conv2d final : public Layer<T> {
 public:
  Conv2d(const Conv2dSpec& spec, Blueprint& blueprint)
      : window_(window_over(blueprint, spec.kernel_size, spec.strides, spec.padding)), filters_(spec.filters) {
    const Index area = window_.down.size * window_.along.size;  // at most 2^40
    Index fan_in = 0;
    Index fan_out = 0;
    if (!checked_product(area, window_.channels, fan_in) || !checked_product(area, filters_, fan_out))
      blueprint.refuse("has more than 2^31 parameters");
    kernel_ = blueprint.param("kernel", {window_.down.size, window_.along.size, window_.channels, filters_},
                              initializer_from(spec.kernel_initializer), fan_in, fan_out);
    if (spec.use_bias) {
      const Initializer start = initializer_from(spec.bias_initializer);
      const Index fan = start.kind == Init::kTorchDefault ? window_.patch() : filters_;
      bias_ = blueprint.param("bias", {filters_}, start, fan, fan);
    }
    blueprint.set_output({window_.down.output, window_.along.output, filters_});
    padded_ = blueprint.per_call(is_padded() ? window_.padded_size() : 0);
    dpatches_ = blueprint.per_call(window_.positions() * window_.patch());
    dkernel_ = blueprint.per_call(kernel_.size);
    running_ = blueprint.per_call(kernels::running_sums_size<T>(spec.use_bias ? filters_ : 0, 1));
    for (Index i = 0; i < window_.down.size; ++i) {
      for (Index j = 0; j < window_.along.size * window_.channels; ++j) offsets_.push_back(i * line() + j);
    }
  }

  void forward(const Forward<T>& call) const override {
    const T* bias = bias_.size > 0 ? call.params + bias_.offset : nullptr;
    clear_padding(call.caches);
    for (Index example = 0; example < call.examples; ++example)
      kernels::product_of_windows<T>(windows_of(call.x, example, call.caches), kernel(call.params), bias, positions_of(call.y, example));
  }

  void backward(const Backward<T>& call) const override {
    if (bias_.size > 0) add_bias_gradient(call);
    if (call.dx.data != nullptr) std::fill(call.dx.begin(), call.dx.end(), T{0});
    clear_padding(call.caches);
    const View<T> dpatches(call.caches[dpatches_], window_.positions(), window_.patch());
    T* sum = call.grads + kernel_.offset;
    for (Index example = 0; example < call.examples; ++example) {
      const ConstView<T> dy = positions_of(call.dy, example);
      const bool is_first = call.first + example == 0;
      const View<T> dkernel(is_first ? sum : call.caches[dkernel_], window_.patch(), filters_);
      kernels::product_of_windows_weight_gradient<T>(windows_of(call.x, example, call.caches), dy, dkernel);
      if (!is_first) kernels::add<T>(dkernel.data, sum, kernel_.size);
      if (call.dx.data == nullptr) continue;
      kernels::product_input_gradient<T>(dy, kernel(call.params), dpatches);
      scatter_patches(dpatches, call.dx.data + example * window_.input_size());
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth}; }

 private:
  void add_bias_gradient(const Backward<T>& call) const {
    T* const sums = call.grads + bias_.offset;
    if (call.examples == call.all) return kernels::column_sums<T>(call.dy, sums);
    kernels::add_column_sums<T>(call.dy, call.first * window_.positions(), call.caches[running_]);
    if (call.first + call.examples == call.all) kernels::finish_column_sums<T>(call.caches[running_], filters_, sums);
  }

  ConstView<T> kernel(const T* params) const { return {params + kernel_.offset, window_.patch(), filters_}; }
  template <class U>
  View<U> positions_of(View<U> y, Index example) const {
    return y.slice(example * window_.positions(), window_.positions());
  }

  bool is_padded() const { return window_.down.is_padded() || window_.along.is_padded(); }
  /// How many numbers a line of the image, or of its padded copy, has.
  Index line() const { return (is_padded() ? window_.along.reach() : window_.along.input) * window_.channels; }

  void clear_padding(const Caches<T>& caches) const {
    if (is_padded()) std::fill_n(caches[padded_], window_.padded_size(), T{0});
  }
  kernels::Windows<T> windows_of(ConstView<T> x, Index example, const Caches<T>& caches) const {
    const T* image = x.data + example * window_.input_size();
    if (is_padded()) {
      copy_into_padding(window_, image, caches[padded_]);
      image = caches[padded_];
    }
    return {.data = image,
            .lines = window_.down.output,
            .line_step = window_.down.stride * line(),
            .places = window_.along.output,
            .step = window_.along.stride * window_.channels,
            .offsets = offsets_.data(),
            .depth = window_.patch()};
  }
  void scatter_patches(ConstView<T> patches, T* image) const {
    for_each_run(window_, [&](Index patch, Index at, Index count) {
      for (Index i = 0; i < count; ++i) image[at + i] += patches.data[patch + i];
    });
  }

  Window window_;
  Index filters_;
  ParamId kernel_;
  ParamId bias_;                // its size is 0 without a bias
  std::vector<Index> offsets_;  // from a window's first number to each of its numbers
  CacheId padded_;              // the image of one example, with zeros around it
  CacheId dpatches_;            // (positions, patch) of one example
  CacheId dkernel_;             // of one example
  CacheId running_;             // running sums of dy over the parts so far
};

}  // namespace

config::FamilyMember conv2d() {
  return {"conv2d", "convolution over height and width: y = patches kernel + bias", "Keras 3 Conv2D",
          [] { return std::make_shared<Conv2dSpec>(); }};
}

}  // namespace normrun::nn::layers
