// Convolution with stride 1 and kernels of 3 or 5 cells along a line, by half to three fifths of the multiplications
// (kernels/winograd.hpp).  All channels are multiples of 16.
//
//   y, dx: by the points of each tile, with one chain of multiply-adds for each point over the kernel's lines and the channels
//   dkernel: at the points, one sum over the tiles of each example, added in the order of the examples; then brought back to the taps
//   dbias = sum of dy over all positions
//
// Steps beyond a sequence's length are read as zeros, as in conv.cpp.
// Source: Winograd 1980, Arithmetic Complexity of Computations; Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks.
// Modes: all are the same.
#include "nn/kernels/winograd.hpp"
#include "nn/layers/convolution.hpp"

namespace normrun::nn::layers {
namespace {

kernels::LineConvolution forward_of(const Window& window, Index filters) {
  const auto& [down, along, channels] = window;
  return {.taps = along.size,
          .kernel_lines = down.size,
          .image_lines = down.input,
          .image_places = along.input,
          .above = down.before,
          .before = along.before,
          .lines = down.output,
          .places = along.output,
          .inputs = channels,
          .outputs = filters};
}
/// The convolution of dy by the turned kernel, which gives dx.
kernels::LineConvolution backward_of(const kernels::LineConvolution& forward) {
  return {.taps = forward.taps,
          .kernel_lines = forward.kernel_lines,
          .image_lines = forward.lines,
          .image_places = forward.places,
          .above = forward.kernel_lines - 1 - forward.above,
          .before = forward.taps - 1 - forward.before,
          .lines = forward.image_lines,
          .places = forward.image_places,
          .inputs = forward.outputs,
          .outputs = forward.inputs};
}

template <class T>
class WinogradConvolution final : public ConvolutionBase<T> {
  using Base = ConvolutionBase<T>;
  using Base::bias_gradient_, Base::clear_padded_steps, Base::image_, Base::image_of, Base::params_, Base::positions_of, Base::window;

 public:
  WinogradConvolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters, Blueprint& blueprint)
      : Base(params, image, filters, image.window().positions(), blueprint),
        forward_(forward_of(image.window(), filters)),
        backward_(backward_of(forward_)),
        image_points_(blueprint.per_call(std::max(forward_.image_size(), backward_.image_size()))),
        gradient_points_(blueprint.per_call(forward_.gradient_size())),
        kernel_(blueprint.per_call(forward_.kernel_size())),
        turned_kernel_(blueprint.per_call(backward_.kernel_size())),
        dkernel_(blueprint.per_call(forward_.kernel_size())) {
    for (Index line = 0; line < forward_.kernel_lines; ++line) {
      for (Index c = 0; c < forward_.inputs; ++c) offsets_.push_back(line * line_of_points() + c);
    }
  }

  void forward(const Forward<T>& call) const override {
    if (call.caches.first == 0) kernels::winograd_kernel<T>(forward_, call.params + params_.kernel.offset, call.caches[kernel_]);
    T* const points = call.caches[image_points_];
    for (Index example = 0; example < call.examples; ++example) {
      kernels::winograd_image<T>(forward_, image_of(call.x, example), image_.valid_steps(call.lengths, example), points);
      kernels::winograd_product<T>(forward_, points, call.caches[kernel_], params_.bias_of(call.params),
                                   positions_of(call.y, example).data);
    }
  }

  void backward(const Backward<T>& call) const override {
    bias_gradient_.add(call);
    T* const points = call.caches[image_points_];
    T* const turned = call.caches[turned_kernel_];
    if (call.first == 0 && call.dx.data != nullptr)
      kernels::winograd_turned_kernel<T>(backward_, call.params + params_.kernel.offset, turned);
    for (Index example = 0; example < call.examples; ++example) {
      const T* const dy = positions_of(call.dy, example).data;
      kernels::winograd_image<T>(forward_, image_of(call.x, example), image_.valid_steps(call.lengths, example), points);
      kernels::winograd_gradient<T>(forward_, dy, call.caches[gradient_points_]);
      add_kernel_gradient(call.caches, call.first + example == 0 ? kernels::Sums::kWritten : kernels::Sums::kAdded);
      if (call.dx.data == nullptr) continue;
      T* const dx = image_of(call.dx, example);
      kernels::winograd_image<T>(backward_, dy, backward_.image_places, points);
      kernels::winograd_product<T>(backward_, points, turned, nullptr, dx);
      clear_padded_steps(call.lengths, example, dx);
    }
    if (call.first + call.examples == call.all)
      kernels::winograd_kernel_gradient<T>(forward_, call.caches[dkernel_], call.grads + params_.kernel.offset);
  }

 private:
  Index line_of_points() const { return forward_.tiles() * kernels::kPoints * forward_.inputs; }
  void add_kernel_gradient(const Caches<T>& caches, kernels::Sums sums) const {
    const Index tiles = forward_.lines * forward_.tiles(), depth = static_cast<Index>(offsets_.size());
    for (Index p = 0; p < kernels::kPoints; ++p) {
      const kernels::Windows<T> x{.data = caches[image_points_] + p * forward_.inputs,
                                  .lines = forward_.lines,
                                  .line_step = line_of_points(),
                                  .places = forward_.tiles(),
                                  .step = kernels::kPoints * forward_.inputs,
                                  .offsets = offsets_.data(),
                                  .depth = depth};
      const ConstView<T> dy(caches[gradient_points_] + p * tiles * forward_.outputs, tiles, forward_.outputs);
      const View<T> dkernel(caches[dkernel_] + p * depth * forward_.outputs, depth, forward_.outputs);
      kernels::product_of_windows_weight_gradient<T>(x, dy, dkernel, sums);
    }
  }

  kernels::LineConvolution forward_;
  kernels::LineConvolution backward_;
  CacheId image_points_;     // one example's x or dy at the points
  CacheId gradient_points_;  // one example's dy at the points, for the gradient of the kernel
  CacheId kernel_;
  CacheId turned_kernel_;
  CacheId dkernel_;
  std::vector<Index> offsets_;  // of the numbers at one point that meet a kernel's lines and inputs
};

/// Whether a line of so many outputs takes at most three quarters of the multiplications.
bool is_shorter(const kernels::LineConvolution& line) { return 4 * line.tiles() * kernels::kPoints <= 3 * line.places * line.taps; }

}  // namespace

bool is_winograd(const Window& window, Index filters) {
  constexpr Index kChannels = 16;
  const auto has_no_steps = [](const Slide& slide) { return slide.stride == 1 && slide.dilation == 1; };
  if (window.along.size != 3 && window.along.size != 5) return false;
  if (window.channels % kChannels != 0 || filters % kChannels != 0 || !has_no_steps(window.down) || !has_no_steps(window.along))
    return false;
  const kernels::LineConvolution forward = forward_of(window, filters);
  return is_shorter(forward) && is_shorter(backward_of(forward));
}

template <class T>
std::unique_ptr<const Layer<T>> winograd_convolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters,
                                                     Blueprint& blueprint) {
  return std::make_unique<WinogradConvolution<T>>(params, image, filters, blueprint);
}
template std::unique_ptr<const Layer<float>> winograd_convolution(const ConvolutionParams&, const WindowedImage<float>&, Index, Blueprint&);
template std::unique_ptr<const Layer<double>> winograd_convolution(const ConvolutionParams&, const WindowedImage<double>&, Index,
                                                                   Blueprint&);

}  // namespace normrun::nn::layers
