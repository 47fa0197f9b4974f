#include "nn/layers/convolution.hpp"

#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/activation.hpp"

namespace normrun::nn::layers {

void ConvolutionOptions::describe_window(config::OptionVisitor& visitor) {
  if (window.is_over_time()) {
    describe_directions(visitor, {"kernel_size", "how many steps lie under the kernel"}, window.over, window.size);
    describe_directions(visitor, {"strides", "by how many steps the kernel moves"}, window.over, window.strides);
  } else {
    describe_directions(visitor, {"kernel_size", "height and width of the kernel; one number stands for both"}, window.over, window.size);
    describe_directions(visitor, {"strides", "the kernel's steps down and along; one number stands for both"}, window.over, window.strides);
  }
  describe_padding(visitor, window);
  describe_directions(visitor, {"dilation_rate", "the step from one cell of the kernel to the next"}, window.over, window.dilation_rate);
}

void ConvolutionOptions::describe_parameters(config::OptionVisitor& visitor) {
  visitor.flag({"use_bias", "whether a bias is added"}, use_bias);
  describe_activation(visitor, activation);
  describe_initializer(visitor, {"kernel_initializer", "how the kernel starts"}, kernel_initializer, "glorot_uniform");
  describe_initializer(visitor, {"bias_initializer", "how the bias starts"}, bias_initializer, "zeros");
}

std::vector<Index> ConvolutionOptions::kernel_shape(const Window& of, Index rows, Index columns) const {
  if (window.is_over_time()) return {of.along.size, rows, columns};
  return {of.down.size, of.along.size, rows, columns};
}

template <class T>
WindowedImage<T>::WindowedImage(const Window& window, Over over, Blueprint& blueprint) : window_(window) {
  const bool may_be_shorter = over == Over::kTime;
  copy_ = blueprint.per_call(window.is_padded() || may_be_shorter ? window.padded_size() : 0);
  offsets_.reserve(static_cast<std::size_t>(window.patch()));
  cells_.reserve(static_cast<std::size_t>(window.area()));
  for (Index i = 0; i < window.down.size; ++i) {
    for (Index j = 0; j < window.along.size; ++j) {
      const Index cell = i * window.down.dilation * line() + j * window.along.dilation * window.channels;
      cells_.push_back(cell);
      for (Index c = 0; c < window.channels; ++c) offsets_.push_back(cell + c);
    }
  }
}

template <class T>
void WindowedImage<T>::clear(const Caches<T>& caches) const {
  if (window_.is_padded() && caches.first == 0) std::fill_n(caches[copy_], window_.padded_size(), T{0});
}

template <class T>
template <class Visit>
void WindowedImage<T>::for_each_line(const Visit& visit) const {
  const auto& [down, along, channels] = window_;
  const Index cells = std::clamp<Index>(along.reach() - along.before, 0, along.input);
  const Index lines = std::clamp<Index>(down.reach() - down.before, 0, down.input);
  for (Index y = 0; y < lines; ++y)
    visit(y * along.input * channels, ((down.before + y) * along.reach() + along.before) * channels, cells * channels);
}

template <class T>
const T* WindowedImage<T>::copied(const T* image, Index valid, const Caches<T>& caches) const {
  if (!is_copied(valid)) return image;
  T* const copy = caches[copy_];
  for_each_line([&](Index from, Index to, Index count) {
    const Index taken = std::min(count, valid * window_.channels);
    std::copy_n(image + from, taken, copy + to);
    std::fill_n(copy + to + taken, count - taken, T{0});
  });
  return copy;
}

template <class T>
kernels::Windows<T> WindowedImage<T>::windows(const T* data, const std::vector<Index>& offsets) const {
  return {.data = data,
          .lines = window_.down.output,
          .line_step = window_.down.stride * line(),
          .places = window_.along.output,
          .step = window_.along.stride * window_.channels,
          .offsets = offsets.data(),
          .depth = static_cast<Index>(offsets.size())};
}

template <class T>
kernels::Windows<T> WindowedImage<T>::over(const T* image, Index valid, const Caches<T>& caches) const {
  return windows(copied(image, valid, caches), offsets_);
}

template <class T>
kernels::Windows<T> WindowedImage<T>::cells_over(const T* image, Index valid, const Caches<T>& caches) const {
  return windows(copied(image, valid, caches), cells_);
}

template <class T>
T* WindowedImage<T>::gathered(T* image, T* around) const {
  const bool is_padded = window_.is_padded();
  T* const memory = is_padded ? around : image;
  std::fill_n(memory, is_padded ? window_.padded_size() : window_.input_size(), T{0});
  return memory;
}

template <class T>
void WindowedImage<T>::take_gathered(const T* gathered, T* image) const {
  if (gathered == image) return;
  std::fill_n(image, window_.input_size(), T{0});
  for_each_line([&](Index to, Index from, Index count) { std::copy_n(gathered + from, count, image + to); });
}

ConvolutionParams declare(const ConvolutionOptions& options, const KernelPlan& plan, Index filters, Blueprint& blueprint) {
  ConvolutionParams params;
  params.kernel = blueprint.param("kernel", plan.shape, initializer_from(options.kernel_initializer), plan.fan_in, plan.fan_out);
  if (!options.use_bias) return params;
  const Initializer start = initializer_from(options.bias_initializer);
  const Index fan = start.kind == Init::kTorchDefault ? plan.bias_fan : filters;
  params.bias = blueprint.param("bias", {filters}, start, fan, fan);
  return params;
}

template <class T>
BiasGradient<T>::BiasGradient(const ConvolutionParams& params, Index positions, Blueprint& blueprint)
    : bias_(params.bias), positions_(positions), running_(blueprint.per_call(kernels::running_sums_size<T>(params.bias.size, 1))) {}

template <class T>
void BiasGradient<T>::add(const Backward<T>& call) const {
  if (bias_.size == 0) return;
  T* const sums = call.grads + bias_.offset;
  if (call.examples == call.all) return kernels::column_sums<T>(call.dy, sums);
  kernels::add_column_sums<T>(call.dy, call.first * positions_, call.caches[running_]);
  if (call.first + call.examples == call.all) kernels::finish_column_sums<T>(call.caches[running_], bias_.size, sums);
}

template class WindowedImage<float>;
template class WindowedImage<double>;
template class BiasGradient<float>;
template class BiasGradient<double>;

}  // namespace normrun::nn::layers
