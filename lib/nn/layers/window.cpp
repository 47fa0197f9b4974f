#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
namespace {

Slide slide_over(const Blueprint& blueprint, Index input, Index size, Index stride, Padding padding) {
  Slide slide{.size = size, .stride = stride, .input = input};
  if (padding == Padding::kSame) {
    slide.output = (input + stride - 1) / stride;
    slide.before = std::max<Index>(0, (slide.output - 1) * stride + size - input) / 2;
    return slide;
  }
  if (size > input) {
    blueprint.refuse("a window of " + std::to_string(size) + " does not fit into " + blueprint.input().text(),
                     "make it smaller or pad: \"padding\": \"same\"");
  }
  slide.output = (input - size) / stride + 1;
  return slide;
}

}  // namespace

void describe_both_directions(config::OptionVisitor& visitor, config::Option option, std::vector<Index>& values) {
  constexpr Index kLargest = Index{1} << 20;
  visitor.integers(option, values, {1, kLargest});
  visitor.require(values.size() == 1 || values.size() == 2, option.name, "one whole number, or two: [height, width]");
}

void describe_padding(config::OptionVisitor& visitor, Padding& padding) {
  visitor.choice(
      {"padding", "same: zeros around the image, so that there are as many outputs as inputs (divided by the stride); valid: no padding"},
      padding, {{"valid", Padding::kValid}, {"same", Padding::kSame}});
}

Window window_over(const Blueprint& blueprint, const std::vector<Index>& size, const std::vector<Index>& strides, Padding padding) {
  const std::vector<Index>& dims = blueprint.input().dims();
  if (dims.size() != 3) {
    blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (height, width, channels)");
  }
  return {.down = slide_over(blueprint, dims[0], size.front(), strides.front(), padding),
          .along = slide_over(blueprint, dims[1], size.back(), strides.back(), padding),
          .channels = dims[2]};
}

}  // namespace normrun::nn::layers
