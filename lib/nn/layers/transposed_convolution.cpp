// Transposed convolution.  Its forward pass is what a convolution computes for dx, and its backward pass is that convolution.
//
//   x: (height, width, inputs)  kernel: (kernel height, kernel width, filters, inputs)  bias: (filters)
//   patches = x kernel^T, one row for each position of x;  y at each place is the sum over the patches that contain the place, in their
//   order, plus the bias
//   dx = patches of dy, times kernel;  dkernel = (patches of dy)^T x, example by example;  dbias = sum of dy over all positions
//
// The output's size follows from the place of the last window (window.hpp):
//   valid  (input - 1) stride + span, and at least input stride, as in Keras
//   same   input stride
//   pads   (input - 1) stride + span - before - after + output_padding, as in PyTorch
//
// The steps of a sequence beyond its length are left out, and the output has the valid steps that the sequence alone would give.
// Source: Keras 3 Conv1DTranspose and Conv2DTranspose (their output_padding with "same" pads in another way, and is not offered here);
// PyTorch ConvTranspose1d and ConvTranspose2d, whose kernel is (inputs, filters, height, width).  Modes: the layers do not read the mode.
#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/convolution.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class TransposedConvolution final : public ConvolutionBase<T> {  // the window slides over the output
  using Base = ConvolutionBase<T>;
  using Base::bias_gradient_, Base::columns_, Base::image_, Base::image_of, Base::params_, Base::positions_of, Base::window;

 public:
  TransposedConvolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index inputs, Blueprint& blueprint)
      : Base(params, image, inputs, image.window().down.input * image.window().along.input, blueprint),
        patches_(blueprint.per_call(window().positions() * window().patch())) {}

  void forward(const Forward<T>& call) const override {
    const T* const bias = params_.bias_of(call.params);
    for (Index r = 0; r < call.y.rows; ++r) {
      if (bias != nullptr)
        std::copy_n(bias, call.y.cols, call.y.row(r));
      else
        std::fill_n(call.y.row(r), call.y.cols, T{0});
    }
    const View<T> patches(call.caches[patches_], window().positions(), window().patch());
    for (Index example = 0; example < call.examples; ++example) {
      const Index valid = valid_positions(call.lengths, example);
      kernels::product_input_gradient<T>(positions_of(call.x, example).slice(0, valid), kernel(call.params), patches.slice(0, valid));
      std::fill(patches.row(valid), patches.end(), T{0});
      scatter_patches<T>(window(), patches.data, image_of(call.y, example));
    }
  }

  void backward(const Backward<T>& call) const override {
    bias_gradient_.add(call);
    image_.clear(call.caches);
    const View<T> dkernel(call.grads + params_.kernel.offset, window().patch(), columns_);
    for (Index example = 0; example < call.examples; ++example) {
      const kernels::Sums sums = call.first + example == 0 ? kernels::Sums::kWritten : kernels::Sums::kAdded;
      const Index valid = valid_positions(call.lengths, example);
      kernels::Windows<T> dy = image_.over(image_of(call.dy, example), window().along.input, call.caches);
      if (call.lengths != nullptr) dy.places = valid;
      kernels::product_of_windows_weight_gradient<T>(dy, positions_of(call.x, example).slice(0, valid), dkernel, sums);
      if (call.dx.data == nullptr) continue;
      const View<T> dx = positions_of(call.dx, example);
      kernels::product_of_windows<T>(dy, kernel(call.params), nullptr, dx.slice(0, valid));
      std::fill(dx.row(valid), dx.end(), T{0});
    }
  }
  Index valid_steps(Index length) const override {
    const Index missing = window().along.output - length;  // each missing step leaves out its stride of the output
    return length == 0 ? 0 : std::max<Index>(0, window().along.input - missing * window().along.stride);
  }

 private:
  Index valid_positions(const Index* lengths, Index example) const { return lengths != nullptr ? lengths[example] : window().positions(); }
  ConstView<T> kernel(const T* params) const { return Base::kernel(params, window().patch()); }

  CacheId patches_;  // (positions, patch) of one example
};

class TransposedSpec final : public SpecWithFactory<TransposedSpec> {
 public:
  explicit TransposedSpec(Over over) : options(over) {}
  Index filters = 1;
  std::vector<Index> output_padding;
  ConvolutionOptions options;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"filters", "number of output channels"}, filters, {1, Blueprint::kMaxParams});
    visitor.require(visitor.given("filters"), "", "the key \"filters\": how many output channels the layer has");
    options.describe_window(visitor);
    visitor.require(options.window.padding != Padding::kCausal, "padding", "valid or same");
    visitor.integers(
        {"output_padding", "how many further places the output has at its end; one number for each direction, or one for both"},
        output_padding, {0, Index{1} << 20});
    visitor.require(output_padding.size() <= (options.window.is_over_time() ? 1U : 2U), "output_padding",
                    "one whole number for each direction");
    visitor.require(output_padding.empty() || options.window.padding == Padding::kValid, "output_padding",
                    "no \"padding\": \"same\" beside it");
    options.describe_parameters(visitor);
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(options.activation); }

  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    const Index channels = blueprint.channels();
    const Window window = window_under(blueprint, options.window, output_padding, filters);
    KernelPlan plan{.shape = options.kernel_shape(window, filters, channels)};
    if (!checked_product(window.area(), filters, plan.fan_in) || !checked_product(window.area(), channels, plan.fan_out))
      blueprint.refuse("has more than 2^31 parameters", "give it fewer filters, or a smaller kernel");
    plan.bias_fan = plan.fan_in;
    const ConvolutionParams params = declare(options, plan, filters, blueprint);
    blueprint.set_output(dims_of(options.window.over, window.down.input, window.along.input, filters));
    return std::make_unique<TransposedConvolution<T>>(params, WindowedImage<T>(window, options.window.over, blueprint), channels,
                                                      blueprint);
  }
};

}  // namespace

config::FamilyMember conv1d_transpose() {
  return {"conv1d_transpose", "transposed convolution over time, which makes sequences longer",
          "Keras 3 Conv1DTranspose, PyTorch ConvTranspose1d", [] { return std::make_shared<TransposedSpec>(Over::kTime); }};
}
config::FamilyMember conv2d_transpose() {
  return {"conv2d_transpose", "transposed convolution over height and width, which makes images larger",
          "Keras 3 Conv2DTranspose, PyTorch ConvTranspose2d", [] { return std::make_shared<TransposedSpec>(Over::kImage); }};
}

}  // namespace normrun::nn::layers
