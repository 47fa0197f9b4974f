#pragma once

#include <algorithm>
#include <vector>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn::layers {

enum class Padding { kValid, kSame };

/// Describes a list of one or two whole numbers, where one stands for both directions: Keras's int or tuple.
void describe_both_directions(config::OptionVisitor& visitor, config::Option option, std::vector<Index>& values);
void describe_padding(config::OptionVisitor& visitor, Padding& padding);

/// The window's way in one direction: its size and steps, the outputs and the padding.
struct Slide {
  Index size = 1;  // the window's
  Index stride = 1;
  Index input = 1;
  Index output = 1;
  Index before = 0;  // how many padded cells lie before the input

  Index first(Index at) const { return at * stride - before; }  // the window's first cell on the input at output `at`; may be negative
  /// The window's cells [begin(at), end(at)) lie on the input; the others lie on padding.
  Index begin(Index at) const { return std::max<Index>(0, -first(at)); }
  Index end(Index at) const { return std::min(size, input - first(at)); }
  /// How many cells lie under all windows together, padding included.
  Index reach() const { return (output - 1) * stride + size; }
  bool is_padded() const { return before > 0 || reach() > input; }
};

/// A window that slides over an image, channels last, as in convolution and pooling.
///
///   valid  output = (input - size) / stride + 1, rounded down
///   same   output = input / stride, rounded up; half of the padded cells lie before the input and half after it, the odd one after it
///
/// Source: Keras 3 and TensorFlow 2, "padding".
struct Window {
  Slide down;   // over the height
  Slide along;  // over the width
  Index channels = 1;

  Index input_size() const { return down.input * along.input * channels; }
  Index positions() const { return down.output * along.output; }
  Index patch() const { return down.size * along.size * channels; }  // how many numbers lie under the window
  Index padded_size() const { return down.reach() * along.reach() * channels; }
};

/// Refuses an input that is not (height, width, channels) and a window that does not fit.
Window window_over(const Blueprint& blueprint, const std::vector<Index>& size, const std::vector<Index>& strides, Padding padding);

/// Calls visit(patch, image, count) for every run of `count` numbers that a patch shares with the image, in the order of the patches.  The
/// run begins at `patch` in the (positions, patch) matrix of all patches and at `image` in the image.
template <class Visit>
void for_each_run(const Window& window, const Visit& visit) {
  const Slide& down = window.down;
  const Slide& along = window.along;
  for (Index y = 0; y < down.output; ++y) {
    const Index top = down.begin(y);
    const Index bottom = down.end(y);
    for (Index x = 0; x < along.output; ++x) {
      const Index begin = along.begin(x);
      const Index count = (along.end(x) - begin) * window.channels;
      Index patch = (y * along.output + x) * window.patch() + (top * along.size + begin) * window.channels;
      Index image = ((down.first(y) + top) * along.input + along.first(x) + begin) * window.channels;
      for (Index cell = top; cell < bottom; ++cell) {
        visit(patch, image, count);
        patch += along.size * window.channels;
        image += along.input * window.channels;
      }
    }
  }
}

/// Copies the cells of the image that lie under windows into a padded image (down.reach, along.reach, channels).  The padding stays as it
/// is.
template <class T>
void copy_into_padding(const Window& window, const T* image, T* padded) {
  const Slide& down = window.down;
  const Slide& along = window.along;
  const Index count = std::min(along.input, along.reach() - along.before) * window.channels;
  const Index lines = std::min(down.input, down.reach() - down.before);
  for (Index y = 0; y < lines; ++y) {
    const T* from = image + y * along.input * window.channels;
    std::copy_n(from, count, padded + ((down.before + y) * along.reach() + along.before) * window.channels);
  }
}

}  // namespace normrun::nn::layers
