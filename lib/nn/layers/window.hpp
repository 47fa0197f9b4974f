#pragma once

#include <algorithm>
#include <vector>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn::layers {

enum class Padding { kValid, kSame, kCausal };

/// What a window slides over: the time of a sequence, or the height and width of an image.
enum class Over { kTime, kImage };

/// What a layer's options say about its window.  In a list, one number stands for both directions of an image, as in Keras.
struct WindowOptions {
  Over over = Over::kImage;
  std::vector<Index> size = {3};
  std::vector<Index> strides = {1};
  std::vector<Index> dilation_rate = {1};
  Padding padding = Padding::kValid;
  std::vector<Index> pads = {};  // replaces `padding` unless it is empty
  bool ceil_mode = false;        // whether a last window that does not fit gives an output, too

  bool is_over_time() const { return over == Over::kTime; }
};

/// Describes a list of one number for each direction.
void describe_directions(config::OptionVisitor& visitor, config::Option option, Over over, std::vector<Index>& values);
void describe_padding(config::OptionVisitor& visitor, WindowOptions& options);

/// How many outputs there are: one for each stride of the input (kEachStride); as many as windows fit (kThatFit); or as many as do not
/// begin behind the input, even if the last one does not fit (kThatBegin).
enum class Outputs { kEachStride, kThatFit, kThatBegin };

/// How the window moves in one direction: its size and steps, the outputs and the padding.
struct Slide {
  Index size = 1;  // how many cells the window has
  Index stride = 1;
  Index dilation = 1;  // the step from one cell of the window to the next
  Index input = 1;
  Index output = 1;
  Index before = 0;  // how many padded cells lie before the input
  Index after = 0;   // how many padded cells lie behind the input; with kThatBegin the last window may reach beyond them
  Outputs outputs = Outputs::kThatFit;

  /// how many cells lie from the window's first cell to its last one, gaps included
  Index span() const { return (size - 1) * dilation + 1; }
  Index first(Index at) const { return at * stride - before; }  // where the window of output `at` begins on the input; negative on padding
  /// Of the window at output `at`, the cells [begin(at), end(at)) lie on the input, and the others lie on padding.
  Index begin(Index at) const { return std::clamp<Index>((dilation - 1 - first(at)) / dilation, 0, size); }
  Index end(Index at) const { return std::clamp<Index>((input - first(at) + dilation - 1) / dilation, begin(at), size); }
  /// The place on the input of cell begin(at).
  Index place(Index at) const { return first(at) + begin(at) * dilation; }
  /// How many cells lie under all windows together, padding and gaps included.
  Index reach() const { return (output - 1) * stride + span(); }
  bool is_padded() const { return before > 0 || reach() > input; }
  /// How many outputs an input of `length` numbers has.  A sequence of `length` valid steps therefore has so many valid outputs.
  Index outputs_of(Index length) const;
};

/// A window that slides over an image or a sequence, channels last, as in convolution and pooling.
///
///   valid   output = (input - span) / stride + 1, rounded down
/// same    output = input / stride, rounded up; half of the padded cells lie before the input and half behind it, an odd one behind it
///   causal  output = as same; all padded cells lie before the input, so no output sees a later step
/// pads    output = (input + before + after - span) / stride + 1, rounded down; with ceil_mode rounded up, unless the last window would
///           begin behind the input
///
/// Source: Keras 3 and TensorFlow 2, "padding"; PyTorch 2, "padding" as numbers and "ceil_mode".
struct Window {
  Slide down;   // over the height; one place for a sequence
  Slide along;  // over the width, or the time
  Index channels = 1;

  Index input_size() const { return down.input * along.input * channels; }
  Index positions() const { return down.output * along.output; }
  Index area() const { return down.size * along.size; }  // how many cells lie under the window
  Index patch() const { return area() * channels; }      // how many numbers lie under the window
  Index padded_size() const { return down.reach() * along.reach() * channels; }
  bool is_padded() const { return down.is_padded() || along.is_padded(); }
};

/// Returns the window over a layer's input.  Throws Error(kUsage) if the input is no sequence or image, or if the window does not fit.
Window window_over(const Blueprint& blueprint, const WindowOptions& options);
/// Returns the window of a transposed convolution.  It slides over the layer's output, and its places are the positions of the layer's
/// input.  output_padding: how many further numbers the output has, one number for each direction, or empty.
Window window_under(const Blueprint& blueprint, const WindowOptions& options, const std::vector<Index>& output_padding, Index channels);
/// Returns the shape (height, width, channels), or (time, channels) over time.
std::vector<Index> dims_of(Over over, Index height, Index width, Index channels);

/// A patch is a row of the (positions, patch) matrix: the numbers under the window at one position.  Calls visit(patch, image, count) for
/// every run of `count` numbers that a patch shares with the image, in the order of the patches.  `patch` is the index of the run's first
/// number in the matrix, and `image` its index in the image.
template <class Visit>
void for_each_run(const Window& window, const Visit& visit) {
  const Slide& down = window.down;
  const Slide& along = window.along;
  const Index channels = window.channels;
  for (Index y = 0; y < down.output; ++y) {
    const Index top = down.begin(y);
    const Index bottom = down.end(y);
    for (Index x = 0; x < along.output; ++x) {
      const Index begin = along.begin(x);
      const Index cells = along.end(x) - begin;
      Index patch = (y * along.output + x) * window.patch() + (top * along.size + begin) * channels;
      Index image = (down.place(y) * along.input + along.place(x)) * channels;
      for (Index line = top; line < bottom; ++line) {
        if (along.dilation == 1) {
          visit(patch, image, cells * channels);
        } else {
          for (Index cell = 0; cell < cells; ++cell) visit(patch + cell * channels, image + cell * along.dilation * channels, channels);
        }
        patch += along.size * channels;
        image += down.dilation * along.input * channels;
      }
    }
  }
}

}  // namespace normrun::nn::layers
