// Positions add a row p of numbers for each step, y = x + p.  Layers such as attention see all steps alike, and learn from p where a step
// stands.
//
//   learned_positions     p is a parameter, position_embeddings (steps, channels);  its gradient is the sum of dy over the examples
//   sinusoidal_positions  p[t, 2i] = sin(t w_i),  p[t, 2i+1] = cos(t w_i),  w_i = max_wavelength^(-2i / channels),  t = 0, 1, …
//   dx = dy
//
// Source: Keras Hub PositionEmbedding and SinePositionEncoding; Vaswani et al. 2017, section 3.5.  Modes: the layers do not read the mode.
#include <algorithm>

#include "core/elementary.hpp"
#include "nn/initializers.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

void refuse_unless_sequence(const Blueprint& blueprint) {
  if (blueprint.input().rank() != 2)
    blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (time, features)", "positions are added to sequences");
}

/// Adds p to each example.  p has as many numbers as an example.
template <class T>
void add_to_examples(ConstView<T> x, Index examples, const T* p, View<T> y) {
  if (y.data != x.data) std::copy(x.begin(), x.end(), y.begin());
  const Index size = x.size() / std::max(examples, Index{1});
  for (Index e = 0; e < examples; ++e) kernels::add<T>(p, y.data + e * size, size);
}

template <class T>
void copy_gradient(const Backward<T>& call) {
  if (call.dx.data != nullptr && call.dx.data != call.dy.data) std::copy(call.dy.begin(), call.dy.end(), call.dx.begin());
}

template <class T>
class LearnedPositions;

class LearnedPositionsSpec final : public SpecOf<LearnedPositionsSpec, LearnedPositions> {
 public:
  std::shared_ptr<config::Described> initializer = default_initializer("glorot_uniform");

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    describe_initializer(visitor, {"initializer", "how the learned rows are initialized"}, initializer, "glorot_uniform");
  }
};

template <class T>
class LearnedPositions final : public Layer<T> {
 public:
  LearnedPositions(const LearnedPositionsSpec& spec, Blueprint& blueprint) {
    refuse_unless_sequence(blueprint);
    const std::vector<Index>& dims = blueprint.input().dims();
    positions_ = blueprint.param("position_embeddings", dims, initializer_from(spec.initializer), dims[0], dims[1]);
  }

  void forward(const Forward<T>& call) const override {
    add_to_examples<T>(call.x, call.examples, call.params + positions_.offset, call.y);
  }
  void backward(const Backward<T>& call) const override {
    kernels::column_sums<T>(call.dy.reshaped(call.examples, positions_.size), call.grads + positions_.offset);
    copy_gradient(call);
  }
  LayerTraits traits() const override { return {.may_write_y_over_x = true, .may_write_dx_over_dy = true}; }

 private:
  ParamId positions_;  // (steps, channels)
};

template <class T>
class SinusoidalPositions;

class SinusoidalPositionsSpec final : public SpecOf<SinusoidalPositionsSpec, SinusoidalPositions> {
 public:
  double max_wavelength = 10000.0;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"max_wavelength", "the wavelength of the slowest wave in steps, divided by 2 pi"}, max_wavelength,
                   config::at_least(1.0));
  }
};

template <class T>
class SinusoidalPositions final : public Layer<T> {
 public:
  SinusoidalPositions(const SinusoidalPositionsSpec& spec, Blueprint& blueprint) {
    refuse_unless_sequence(blueprint);
    const Index steps = blueprint.input().dims()[0];
    const Index channels = blueprint.channels();
    constexpr Index kMostSteps = 100'000;  // sin and cos are exact for steps up to this one
    if (steps > kMostSteps) blueprint.refuse("its input has more than 100000 steps", "use learned_positions");
    positions_.reserve(static_cast<std::size_t>(steps * channels));
    for (Index t = 0; t < steps; ++t) {
      for (Index c = 0; c < channels; ++c) {
        const double share = static_cast<double>(c - c % 2) / static_cast<double>(channels);
        const double angle = static_cast<double>(t) * math::exp(-share * math::log(spec.max_wavelength));
        positions_.push_back(static_cast<T>(c % 2 == 0 ? math::sin(angle) : math::cos(angle)));
      }
    }
  }

  void forward(const Forward<T>& call) const override { add_to_examples<T>(call.x, call.examples, positions_.data(), call.y); }
  void backward(const Backward<T>& call) const override { copy_gradient(call); }
  LayerTraits traits() const override {
    return {.may_write_y_over_x = true, .may_write_dx_over_dy = true, .part_by_part = PartByPart::kBoth};
  }

 private:
  std::vector<T> positions_;  // (steps, channels)
};

}  // namespace

config::FamilyMember learned_positions() {
  return {"learned_positions", "y = x + p, where p is a learned row for each step", "Keras Hub PositionEmbedding",
          [] { return std::make_shared<LearnedPositionsSpec>(); }};
}
config::FamilyMember sinusoidal_positions() {
  return {"sinusoidal_positions", "y = x + p, where p holds sines and cosines of the step, from fast to slow",
          "Vaswani et al. 2017, section 3.5", [] { return std::make_shared<SinusoidalPositionsSpec>(); }};
}

}  // namespace normrun::nn::layers
