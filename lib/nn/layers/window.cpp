#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
namespace {

constexpr Index kLargest = Index{1} << 20;

enum class Direction { kDown, kAlong };

/// Returns the number for a direction.  `values` holds one number for both directions, or one for each.
Index of(const std::vector<Index>& values, Direction direction) { return direction == Direction::kDown ? values.front() : values.back(); }

/// Enters the numbers of explicit padding into a slide.
void take_pads(const WindowOptions& options, Direction direction, Slide& slide) {
  const std::vector<Index>& pads = options.pads;
  if (pads.empty()) return;
  const bool names_sides = pads.size() == (options.is_over_time() ? 2 : 4);
  if (!names_sides) {
    slide.before = slide.after = of(pads, direction);
    return;
  }
  const std::size_t first = options.is_over_time() || direction == Direction::kDown ? 0 : 2;
  slide.before = pads[first];
  slide.after = pads[first + 1];
}

Slide slide_of(const WindowOptions& options, Direction direction) {
  return {.size = of(options.size, direction), .stride = of(options.strides, direction), .dilation = of(options.dilation_rate, direction)};
}

Slide slide_over(const Blueprint& blueprint, const WindowOptions& options, Index input, Direction direction) {
  Slide slide = slide_of(options, direction);
  slide.input = input;
  const bool is_padded_by_word = options.pads.empty() && options.padding != Padding::kValid;
  slide.outputs = is_padded_by_word ? Outputs::kEachStride : options.ceil_mode ? Outputs::kThatBegin : Outputs::kThatFit;
  take_pads(options, direction, slide);
  slide.output = slide.outputs_of(input);
  if (slide.output == 0) {
    blueprint.refuse("a window of " + std::to_string(slide.span()) + " cells does not fit into its input " + blueprint.input().text(),
                     "make the window smaller, or pad the input: \"padding\": \"same\"");
  }
  if (is_padded_by_word) {
    const Index missing = std::max<Index>(0, slide.reach() - input);
    slide.before = options.padding == Padding::kCausal ? slide.span() - 1 : missing / 2;
    slide.after = options.padding == Padding::kCausal ? 0 : missing - missing / 2;
  }
  return slide;
}

/// Returns the slide over the output of a transposed convolution.  The output is so large that the window has `places` places in it.
Slide slide_under(const Blueprint& blueprint, const WindowOptions& options, Index places, Index output_padding, Direction direction) {
  Slide slide = slide_of(options, direction);
  slide.output = places;
  if (options.pads.empty() && options.padding == Padding::kSame) {
    slide.input = places * slide.stride;
    slide.before = std::max<Index>(0, slide.reach() - slide.input) / 2;
    return slide;
  }
  take_pads(options, direction, slide);
  slide.input = slide.reach() - slide.before - slide.after + output_padding;
  if (slide.input < 1) blueprint.refuse("its padding leaves no output", "give \"pads\" smaller numbers");
  return slide;
}

std::vector<Index> image_of(const Blueprint& blueprint, const WindowOptions& options) {
  const std::vector<Index>& dims = blueprint.input().dims();
  if (options.is_over_time()) {
    if (dims.size() != 2)
      blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (time, features)",
                       "this layer reads sequences, and the 2d layer reads images");
    return {1, dims[0], dims[1]};
  }
  if (dims.size() != 3)
    blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (height, width, channels)",
                     "this layer reads images, and the 1d layer reads sequences");
  return dims;
}

}  // namespace

Index Slide::outputs_of(Index length) const {
  if (outputs == Outputs::kEachStride) return (length + stride - 1) / stride;
  const Index room = length + before + after - span() + (outputs == Outputs::kThatBegin ? stride - 1 : 0);
  if (length == 0 || room < 0) return 0;
  const Index count = room / stride + 1;
  return outputs == Outputs::kThatBegin && (count - 1) * stride >= length + before ? count - 1 : count;
}

void describe_directions(config::OptionVisitor& visitor, config::Option option, Over over, std::vector<Index>& values) {
  visitor.integers(option, values, {1, kLargest});
  if (over == Over::kTime) {
    visitor.require(values.size() == 1, option.name, "one whole number");
  } else {
    visitor.require(values.size() == 1 || values.size() == 2, option.name, "one whole number, or two: [height, width]");
  }
}

void describe_padding(config::OptionVisitor& visitor, WindowOptions& options) {
  constexpr config::Option kPads{
      "pads",
      "padding by numbers instead of a word, as in PyTorch: one number for every side; two for an image, [height, width]; or one for "
      "each side, [before, after] or [top, bottom, left, right]"};
  if (options.is_over_time()) {
    visitor.choice(
        {"padding",
         "same: zeros around the sequence, so that there are as many outputs as inputs (divided by the stride); causal: the same "
         "number, all before it; valid: no padding"},
        options.padding, {{"valid", Padding::kValid}, {"same", Padding::kSame}, {"causal", Padding::kCausal}});
  } else {
    visitor.choice(
        {"padding", "same: zeros around the image, so that there are as many outputs as inputs (divided by the stride); valid: no padding"},
        options.padding, {{"valid", Padding::kValid}, {"same", Padding::kSame}});
  }
  visitor.integers(kPads, options.pads, {0, kLargest});
  const std::size_t count = options.pads.size();
  if (options.is_over_time())
    visitor.require(count <= 2, "pads", "one whole number, or two: [before, after]");
  else
    visitor.require(count <= 2 || count == 4, "pads", "one, two or four whole numbers: [height, width] or [top, bottom, left, right]");
  visitor.require(count == 0 || options.padding == Padding::kValid, "pads", "padding by a word or by numbers, not by both");
}

Window window_over(const Blueprint& blueprint, const WindowOptions& options) {
  const std::vector<Index> image = image_of(blueprint, options);
  const Slide along = slide_over(blueprint, options, image[1], Direction::kAlong);
  const Slide down = options.is_over_time() ? Slide{} : slide_over(blueprint, options, image[0], Direction::kDown);
  return {.down = down, .along = along, .channels = image[2]};
}

Window window_under(const Blueprint& blueprint, const WindowOptions& options, const std::vector<Index>& output_padding, Index channels) {
  const std::vector<Index> image = image_of(blueprint, options);
  const auto slide = [&](Index places, Direction direction) {
    // Without padding, Keras's transposed convolution gives the last window the room of a whole stride.
    const bool is_keras = output_padding.empty() && options.pads.empty();
    const Slide window = slide_of(options, direction);
    const Index further = is_keras                 ? std::max<Index>(0, window.stride - window.span())
                          : output_padding.empty() ? 0
                                                   : of(output_padding, direction);
    return slide_under(blueprint, options, places, further, direction);
  };
  return {.down = options.is_over_time() ? Slide{} : slide(image[0], Direction::kDown),
          .along = slide(image[1], Direction::kAlong),
          .channels = channels};
}

std::vector<Index> dims_of(Over over, Index height, Index width, Index channels) {
  if (over == Over::kTime) return {width, channels};
  return {height, width, channels};
}

}  // namespace normrun::nn::layers
