#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "config/options/options.hpp"
#include "nn/initializers.hpp"
#include "nn/kernels/windows.hpp"
#include "nn/layer.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {

/// The options that all convolutions share.  The names are Keras's.
struct ConvolutionOptions {
  explicit ConvolutionOptions(Over over) { window.over = over; }

  WindowOptions window;
  bool use_bias = true;
  Activation activation = Activation::kLinear;
  std::shared_ptr<config::Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<config::Described> bias_initializer = default_initializer("zeros");

  void describe_window(config::OptionVisitor& visitor);
  void describe_parameters(config::OptionVisitor& visitor);

  /// The kernel's shape: the window's, and what follows.
  std::vector<Index> kernel_shape(const Window& window, Index rows, Index columns) const;
};

/// The windows of one example at a time.  They lie in the image, or in a copy of it with zeros around.
template <class T>
class WindowedImage {
 public:
  WindowedImage(const Window& window, Over over, Blueprint& blueprint);

  const Window& window() const { return window_; }
  /// For each cell of a window, how far it lies from the first cell: in numbers of the image or of its copy.
  const std::vector<Index>& cells() const { return cells_; }
  /// Clears the zeros around the copy, where the call has the first examples of a pass.
  void clear(const Caches<T>& caches) const;
  /// Returns the windows over an image, one row for each place.  `valid`: how many steps of a sequence count; the other steps are read as
  /// zeros.
  kernels::Windows<T> over(const T* image, Index valid, const Caches<T>& caches) const;
  /// Returns the same windows, but a row has one number for each cell: the first channel of the cell.
  kernels::Windows<T> cells_over(const T* image, Index valid, const Caches<T>& caches) const;
  /// The cleared memory in which gradients of windows are gathered: the image itself, or `around`, which has room for padded_size numbers.
  /// take_gathered then moves the image's own ones there.
  T* gathered(T* image, T* around) const;
  void take_gathered(const T* gathered, T* image) const;
  /// Returns how many steps of an example count.
  Index valid_steps(const Index* lengths, Index example) const { return lengths == nullptr ? window_.along.input : lengths[example]; }

 private:
  bool is_copied(Index valid) const { return window_.is_padded() || valid < window_.along.input; }
  const T* copied(const T* image, Index valid, const Caches<T>& caches) const;
  /// Returns how many numbers a line of the image, or of its copy, has.
  Index line() const { return (window_.is_padded() ? window_.along.reach() : window_.along.input) * window_.channels; }
  kernels::Windows<T> windows(const T* data, const std::vector<Index>& offsets) const;
  /// For each line of the image, calls visit(image, copy, count) for the numbers that the line shares with the copy.
  template <class Visit>
  void for_each_line(const Visit& visit) const;

  Window window_;
  std::vector<Index> offsets_;  // how far each number of a window lies from the window's first number
  std::vector<Index> cells_;
  CacheId copy_;  // the copy of one example
};

/// A convolution's kernel and bias.
struct ConvolutionParams {
  ParamId kernel;
  ParamId bias;  // of size 0 without a bias

  template <class T>
  const T* bias_of(const T* params) const {
    return bias.size > 0 ? params + bias.offset : nullptr;
  }
};
/// A kernel's shape and fans.
struct KernelPlan {
  std::vector<Index> shape;
  Index fan_in = 1;
  Index fan_out = 1;
  Index bias_fan = 1;  // the fan of a bias that starts as PyTorch's
};
ConvolutionParams declare(const ConvolutionOptions& options, const KernelPlan& plan, Index filters, Blueprint& blueprint);

/// The gradient of a bias, for calls with all examples and for calls with a part of them.
template <class T>
class BiasGradient {
 public:
  BiasGradient(const ConvolutionParams& params, Index positions, Blueprint& blueprint);
  void add(const Backward<T>& call) const;

 private:
  ParamId bias_;
  Index positions_;
  CacheId running_;
};

/// What the layers with a window have in common: where their parameters and the positions of an example lie.
template <class T>
class ConvolutionBase : public Layer<T> {
 public:
  LayerTraits traits() const final { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kChanged}; }
  Index valid_steps(Index length) const override { return window().along.outputs_of(length); }

 protected:
  /// columns: of the kernel.  biased: how many positions of an example the bias is added to.
  ConvolutionBase(const ConvolutionParams& params, const WindowedImage<T>& image, Index columns, Index biased, Blueprint& blueprint)
      : params_(params), image_(image), columns_(columns), bias_gradient_(params, biased, blueprint) {}

  const Window& window() const { return image_.window(); }
  ConstView<T> kernel(const T* params, Index rows) const { return {params + params_.kernel.offset, rows, columns_}; }
  /// Returns the rows of an example in a matrix that has a row for each place of the window.
  template <class U>
  View<U> positions_of(View<U> y, Index example) const {
    return y.slice(example * window().positions(), window().positions());
  }
  /// Returns the first number of an example in the matrix over which the window slides.
  template <class U>
  U* image_of(View<U> x, Index example) const {
    return x.data + example * window().input_size();
  }
  /// Writes zeros as the gradients of the steps beyond an example's length.
  void clear_padded_steps(const Index* lengths, Index example, T* dx) const {
    if (lengths != nullptr) std::fill(dx + lengths[example] * window().channels, dx + window().input_size(), T{0});
  }

  ConvolutionParams params_;
  WindowedImage<T> image_;
  Index columns_;
  BiasGradient<T> bias_gradient_;
};

/// Makes the layer of a convolution with two or more groups of channels.  It is depthwise if there are as many groups as channels.
template <class T>
std::unique_ptr<const Layer<T>> grouped_convolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index groups,
                                                    Index filters, Blueprint& blueprint);

/// Whether winograd_convolution takes a convolution in one group, because it needs at most three quarters of the multiplications there.
bool is_winograd(const Window& window, Index filters);
/// Makes the layer of such a convolution.
template <class T>
std::unique_ptr<const Layer<T>> winograd_convolution(const ConvolutionParams& params, const WindowedImage<T>& image, Index filters,
                                                     Blueprint& blueprint);

/// Adds the numbers of one example's patches, (positions, patch), to the numbers of its image from which they came.
template <class T>
void scatter_patches(const Window& window, const T* patches, T* image) {
  for_each_run(window, [&](Index patch, Index at, Index count) {
    for (Index i = 0; i < count; ++i) image[at + i] += patches[patch + i];
  });
}

}  // namespace normrun::nn::layers
