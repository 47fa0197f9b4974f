// Upsampling makes an image, or a sequence, larger by whole factors.
//
//   nearest   y(i) = x(i / size), rounded down;  dx(j) = the sum of dy over the outputs that copy j, in their order
//   bilinear  y(i) = (1 - w) x(j) + w x(j + 1) along each direction, where j + w = (i + 1/2) / size - 1/2, clipped to the range from the
//             first number to the last.  dx gets each dy(i) in the same shares, in the order of the outputs.  With align_corners,
//             j + w = i (inputs - 1) / (outputs - 1), so the corners of the output are those of the input.
//
// Source: Keras 3 UpSampling1D, UpSampling2D; PyTorch Upsample.  Modes: the layers do not read the mode.
#include <algorithm>
#include <cmath>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/window.hpp"

namespace normrun::nn::layers {
namespace {

enum class Interpolation { kNearest, kBilinear };

template <class T>
class Upsampling;

class UpsamplingSpec final : public SpecOf<UpsamplingSpec, Upsampling> {
 public:
  explicit UpsamplingSpec(Over over_in) : over(over_in) {}
  Over over;
  std::vector<Index> size = {2};
  Interpolation interpolation = Interpolation::kNearest;
  bool align_corners = false;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    describe_directions(visitor, {"size", "by which factor the output is larger; one number stands for both directions of an image"}, over,
                        size);
    if (over == Over::kImage) {
      visitor.choice({"interpolation",
                      "nearest: an output copies the nearest number; bilinear: it lies on a straight line between its two neighbours"},
                     interpolation, {{"nearest", Interpolation::kNearest}, {"bilinear", Interpolation::kBilinear}});
      visitor.flag(
          {"align_corners", "with bilinear: whether the corners of the output are the corners of the input (PyTorch's align_corners)"},
          align_corners);
      visitor.require(!align_corners || interpolation == Interpolation::kBilinear, "align_corners", "false beside \"nearest\"");
    }
  }
};

/// What an output consists of along one direction: (1 - weight) x(low) + weight x(high).
template <class T>
struct Between {
  Index low = 0;
  Index high = 0;
  T weight = 0;
};

template <class T>
std::vector<Between<T>> places_along(Index input, Index size, const UpsamplingSpec& spec) {
  std::vector<Between<T>> places(static_cast<std::size_t>(input * size));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto at = static_cast<Index>(i);
    if (spec.interpolation == Interpolation::kNearest) {
      places[i] = {at / size, at / size, T{0}};
      continue;
    }
    const double last = static_cast<double>(std::max<Index>(1, input * size - 1));
    const double centre = spec.align_corners ? static_cast<double>(at * (input - 1)) / last
                                             : (static_cast<double>(at) + 0.5) / static_cast<double>(size) - 0.5;
    const double held = std::clamp(centre, 0.0, static_cast<double>(input - 1));
    const auto low = static_cast<Index>(std::floor(held));
    places[i] = {low, std::min(low + 1, input - 1), static_cast<T>(held - std::floor(held))};
  }
  return places;
}

template <class T>
class Upsampling final : public Layer<T> {
 public:
  Upsampling(const UpsamplingSpec& spec, Blueprint& blueprint) : channels_(blueprint.channels()) {
    const Window input = window_over(blueprint, {.over = spec.over, .size = {1}});  // of one cell, so its places are the input's
    height_ = input.down.input;
    width_ = input.along.input;
    const Index factor_down = spec.over == Over::kTime ? 1 : spec.size.front();
    Index size = 0;
    if (!checked_product(height_ * width_, factor_down * spec.size.back(), size) || size > Shape::kMaxSize)
      blueprint.refuse("its output has more than 2^31 numbers", "give a smaller \"size\"");
    down_ = places_along<T>(height_, factor_down, spec);
    along_ = places_along<T>(width_, spec.size.back(), spec);
    blueprint.set_output(dims_of(spec.over, static_cast<Index>(down_.size()), static_cast<Index>(along_.size()), channels_));
  }

  void forward(const Forward<T>& call) const override {
    for_each_output(call.examples, [&](Index row, const Corners& corners) {
      T* const y = call.y.row(row);
      for (Index c = 0; c < channels_; ++c) {
        const T top = between(call.x(corners.top_left, c), call.x(corners.top_right, c), corners.along);
        const T bottom = between(call.x(corners.bottom_left, c), call.x(corners.bottom_right, c), corners.along);
        y[c] = between(top, bottom, corners.down);
      }
    });
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for_each_output(call.examples, [&](Index row, const Corners& corners) {
      const T* const dy = call.dy.row(row);
      const T right = corners.along;
      const T bottom = corners.down;
      add(dy, (T{1} - bottom) * (T{1} - right), call.dx.row(corners.top_left));
      if (right > 0) add(dy, (T{1} - bottom) * right, call.dx.row(corners.top_right));
      if (bottom > 0) add(dy, bottom * (T{1} - right), call.dx.row(corners.bottom_left));
      if (right > 0 && bottom > 0) add(dy, bottom * right, call.dx.row(corners.bottom_right));
    });
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kChanged}; }
  Index valid_steps(Index length) const override { return length * static_cast<Index>(along_.size()) / width_; }

 private:
  /// The four rows of x between which an output lies, and how far it is from the first one along each direction.
  struct Corners {
    Index top_left, top_right, bottom_left, bottom_right;
    T along, down;
  };
  static T between(T a, T b, T weight) { return weight > 0 ? std::fma(weight, b, (T{1} - weight) * a) : a; }
  void add(const T* dy, T weight, T* dx) const {
    for (Index c = 0; c < channels_; ++c) dx[c] = std::fma(weight, dy[c], dx[c]);
  }

  template <class Visit>
  void for_each_output(Index examples, const Visit& visit) const {
    Index row = 0;
    for (Index example = 0; example < examples; ++example) {
      for (const Between<T>& down : down_) {
        const Index top = (example * height_ + down.low) * width_;
        const Index bottom = (example * height_ + down.high) * width_;
        for (const Between<T>& along : along_) {
          visit(row++, Corners{top + along.low, top + along.high, bottom + along.low, bottom + along.high, along.weight, down.weight});
        }
      }
    }
  }

  Index channels_;
  Index height_ = 1;
  Index width_ = 1;
  std::vector<Between<T>> down_;   // for each line of the output
  std::vector<Between<T>> along_;  // for each place in a line
};

}  // namespace

config::FamilyMember upsampling1d() {
  return {"upsampling1d", "a sequence with each step repeated", "Keras 3 UpSampling1D",
          [] { return std::make_shared<UpsamplingSpec>(Over::kTime); }};
}
config::FamilyMember upsampling2d() {
  return {"upsampling2d", "an image enlarged by whole factors", "Keras 3 UpSampling2D, PyTorch Upsample",
          [] { return std::make_shared<UpsamplingSpec>(Over::kImage); }};
}

}  // namespace normrun::nn::layers
