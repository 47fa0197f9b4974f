// Inverted dropout: y = x m / (1 - rate).  Each m is 1 with probability 1 - rate and 0 otherwise, so E[y] = x.
//
//   dx = dy m / (1 - rate)
//
// Source: Srivastava et al. 2014; Keras 3 Dropout.  Modes: numbers drop only if mode.dropout is kOn; otherwise y = x, bit for bit.
// dropped.hpp says what the mask depends on.
#include <algorithm>

#include "nn/layers/dropped.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class DropoutLayer;

class DropoutSpec final : public SpecOf<DropoutSpec, DropoutLayer> {
 public:
  double rate = 0.5;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"rate", "the share of the inputs that is set to 0"}, rate, {.low = 0.0, .high = 1.0, .high_open = true});
  }
};

template <class T>
class DropoutLayer final : public Layer<T> {
 public:
  DropoutLayer(const DropoutSpec& spec, Blueprint& blueprint)
      : dropped_(spec.rate, blueprint.input().size(), blueprint), factors_(blueprint.per_example(blueprint.input().size())) {}

  void forward(const Forward<T>& call) const override {
    if (call.mode.dropout == Dropout::kOff) {
      std::copy(call.x.begin(), call.x.end(), call.y.begin());
      return;
    }
    T* factors = call.caches[factors_];
    dropped_.draw(call.key, call.examples, factors);
    for (Index i = 0; i < call.x.size(); ++i) call.y.data[i] = call.x.data[i] * factors[i];
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    if (call.mode.dropout == Dropout::kOff) {
      std::copy(call.dy.begin(), call.dy.end(), call.dx.begin());
      return;
    }
    const T* factors = call.caches[factors_];
    for (Index i = 0; i < call.dy.size(); ++i) call.dx.data[i] = call.dy.data[i] * factors[i];
  }

  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .is_mode_free = false, .drops_out = true}; }

 private:
  DroppedNumbers<T> dropped_;
  CacheId factors_;  // (examples, size): 0 or 1 / (1 - rate)
};

}  // namespace

config::FamilyMember dropout() {
  return {"dropout", "y = x m / (1 - rate), m = 0 with probability `rate`; only while training", "Srivastava et al. 2014; Keras 3 Dropout",
          [] { return std::make_shared<DropoutSpec>(); }};
}

}  // namespace normrun::nn::layers
