// Convolution over time, or over height and width, with channels last: y = patches kernel + bias.
//
//   x: (height, width, inputs)  kernel: (kernel height, kernel width, inputs / groups, filters)  bias: (filters); over time without height
//   patches: (positions, kernel height * kernel width * inputs), one row for each place of the window, with zeros outside the image
//   dkernel = patches^T dy, computed for one example after another and added in that order;  dbias = sum of dy over all positions
//   dpatches = dy kernel^T, and each number of dx is the sum over the patches that contain it, in their order
//
// Groups: grouped_convolution.cpp.  Many channels with stride 1: winograd_convolution.cpp, whose sums have another order.
// The steps of a sequence beyond its length are read as zeros, whatever lies there.  The output has as many valid steps as the sequence
// alone would give: with same and causal padding length / stride, rounded up; without padding (length - span) / stride + 1, rounded down.
// Source: Keras 3 Conv1D, Conv2D and DepthwiseConv2D (kernel glorot_uniform, bias zeros; they correlate, so the kernel is not flipped);
// PyTorch Conv1d and Conv2d.  Modes: all are the same.
// The kernels read patches where they lie in the image, or in a copy with zeros around it.  Neither patches nor dpatches are written.
#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"
#include "nn/layers/convolution.hpp"
#include "nn/layers/input_gradient_phases.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Convolution final : public ConvolutionBase<T> {
  using Base = ConvolutionBase<T>;
  using Base::bias_gradient_, Base::clear_padded_steps, Base::columns_, Base::image_, Base::image_of, Base::params_, Base::positions_of,
      Base::window;

 public:
  Convolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters, Blueprint& blueprint)
      : Base(params, image, filters, image.window().positions(), blueprint),
        phases_(image.window(), filters, cell_size(), blueprint),
        packed_(blueprint.per_call(window().area() * cell_size())) {}

  void forward(const Forward<T>& call) const override {
    image_.clear(call.caches);
    for (Index example = 0; example < call.examples; ++example) {
      kernels::product_of_windows<T>(windows_of(call.x, call.lengths, example, call.caches), kernel(call.params),
                                     params_.bias_of(call.params), positions_of(call.y, example));
    }
  }

  void backward(const Backward<T>& call) const override {
    bias_gradient_.add(call);
    image_.clear(call.caches);
    phases_.clear(call.caches);
    if (call.first == 0 && call.dx.data != nullptr) pack_kernel(call.params, call.caches[packed_]);
    const View<T> dkernel(call.grads + params_.kernel.offset, window().patch(), columns_);
    for (Index example = 0; example < call.examples; ++example) {
      const ConstView<T> dy = positions_of(call.dy, example);
      const kernels::Sums sums = call.first + example == 0 ? kernels::Sums::kWritten : kernels::Sums::kAdded;
      kernels::product_of_windows_weight_gradient<T>(windows_of(call.x, call.lengths, example, call.caches), dy, dkernel, sums);
      if (call.dx.data == nullptr) continue;
      T* const dx = image_of(call.dx, example);
      write_input_gradient(dy.data, dx, call.caches);
      clear_padded_steps(call.lengths, example, dx);
    }
  }

 private:
  ConstView<T> kernel(const T* params) const { return Base::kernel(params, window().patch()); }
  kernels::Windows<T> windows_of(ConstView<T> x, const Index* lengths, Index example, const Caches<T>& caches) const {
    return image_.over(image_of(x, example), image_.valid_steps(lengths, example), caches);
  }

  /// How many numbers the packed matrix of a cell takes, (filters, channels).
  Index cell_size() const { return kernels::packed_cell_size(columns_, window().channels); }
  void pack_kernel(const T* params, T* packed) const {
    for (Index cell = 0; cell < window().area(); ++cell)
      kernels::pack_cell_matrix<T>(kernel(params).slice(cell * window().channels, window().channels), packed + cell * cell_size());
  }
  void write_input_gradient(const T* dy, T* dx, const Caches<T>& caches) const {
    phases_.for_each(dy, dx, caches, [&](const kernels::Windows<T>& windows, const Index* matrices, const kernels::Places<T>& to) {
      kernels::sum_of_cell_products<T>(windows, {caches[packed_], matrices, columns_, window().channels}, to);
    });
  }

  InputGradientPhases<T> phases_;
  CacheId packed_;  // the kernel's matrices, cell by cell
};

/// Returns the shape and fans of a kernel.  Each of its groups reads `inputs` channels.
KernelPlan plan_of(const ConvolutionOptions& options, const Window& window, Index inputs, Index filters, const Blueprint& blueprint) {
  KernelPlan plan{.shape = options.kernel_shape(window, inputs, filters)};
  if (!checked_product(window.area(), inputs, plan.fan_in) || !checked_product(window.area(), filters, plan.fan_out))  // area <= 2^40
    blueprint.refuse("has more than 2^31 parameters", "give it fewer filters, or a smaller kernel");
  plan.bias_fan = plan.fan_in;
  return plan;
}

template <class T>
std::unique_ptr<const Layer<T>> make_convolution(const ConvolutionOptions& options, const KernelPlan& plan, const Window& window,
                                                 Index groups, Index filters, Blueprint& blueprint) {
  const ConvolutionParams params = declare(options, plan, filters, blueprint);
  blueprint.set_output(dims_of(options.window.over, window.down.output, window.along.output, filters));
  const WindowedImage<T> image(window, options.window.over, blueprint);
  if (groups > 1) return grouped_convolution<T>(params, image, groups, filters, blueprint);
  if (is_winograd(window, filters)) return winograd_convolution<T>(params, image, filters, blueprint);
  return std::make_unique<Convolution<T>>(params, image, filters, blueprint);
}

class ConvSpec final : public SpecWithFactory<ConvSpec> {
 public:
  explicit ConvSpec(Over over) : options(over) {}
  Index filters = 1;
  Index groups = 1;
  ConvolutionOptions options;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"filters", "number of output channels"}, filters, {1, Blueprint::kMaxParams});
    visitor.require(visitor.given("filters"), "", "the key \"filters\": how many output channels the layer has");
    options.describe_window(visitor);
    visitor.integer({"groups",
                     "into how many groups the channels are divided; each group is convolved by itself.  As many groups as channels make "
                     "the convolution depthwise"},
                    groups, {1, Blueprint::kMaxParams});
    options.describe_parameters(visitor);
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(options.activation); }

  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    const Window window = window_over(blueprint, options.window);
    if (window.channels % groups != 0 || filters % groups != 0) {
      blueprint.refuse(std::to_string(groups) + " groups do not divide " + std::to_string(window.channels) + " channels and " +
                       std::to_string(filters) + " filters");
    }
    KernelPlan plan = plan_of(options, window, window.channels / groups, filters, blueprint);
    return make_convolution<T>(options, std::move(plan), window, groups, filters, blueprint);
  }
};

/// A depthwise convolution: as many groups as channels.  The kernel has Keras's shape (height, width, inputs, depth_multiplier).  Its
/// numbers lie in the same order as those of (height, width, 1, filters).
class DepthwiseSpec final : public SpecWithFactory<DepthwiseSpec> {
 public:
  Index depth_multiplier = 1;
  ConvolutionOptions options{Over::kImage};

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    options.describe_window(visitor);
    visitor.integer({"depth_multiplier", "number of output channels for each input channel"}, depth_multiplier, {1, Blueprint::kMaxParams});
    options.describe_parameters(visitor);
  }
  std::optional<LayerDescription> followed_by() const override { return activation_layer(options.activation); }

  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    const Window window = window_over(blueprint, options.window);
    Index filters = 0;
    if (!checked_product(window.channels, depth_multiplier, filters))
      blueprint.refuse("has more than 2^31 parameters", "give it a smaller depth_multiplier");
    KernelPlan plan = plan_of(options, window, window.channels, depth_multiplier, blueprint);
    // PyTorch's fan counts the channels of one group, here a single one; Keras's counts all channels of the kernel.
    plan.bias_fan = window.area();
    if (initializer_from(options.kernel_initializer).kind == Init::kTorchDefault) plan.fan_in = window.area();
    return make_convolution<T>(options, std::move(plan), window, window.channels, filters, blueprint);
  }
};

}  // namespace

config::FamilyMember conv1d() {
  return {"conv1d", "convolution over time: y = patches kernel + bias", "Keras 3 Conv1D, PyTorch Conv1d",
          [] { return std::make_shared<ConvSpec>(Over::kTime); }};
}
config::FamilyMember conv2d() {
  return {"conv2d", "convolution over height and width: y = patches kernel + bias", "Keras 3 Conv2D, PyTorch Conv2d",
          [] { return std::make_shared<ConvSpec>(Over::kImage); }};
}
config::FamilyMember depthwise_conv2d() {
  return {"depthwise_conv2d", "convolution over height and width of each channel by itself", "Keras 3 DepthwiseConv2D",
          [] { return std::make_shared<DepthwiseSpec>(); }};
}

}  // namespace normrun::nn::layers
