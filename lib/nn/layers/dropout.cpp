// Inverted dropout: y = x m / (1 - rate), where each m is 1 with probability 1 - rate, else 0, so that E[y] = x.
//
//   dx = dy m / (1 - rate)
//
// Source: Srivastava et al. 2014; Keras 3 Dropout.  Modes: it drops only where mode.dropout is kOn; otherwise y = x, bit for bit.
// The mask is a function of (seed, step, the layer's place in the config, the element's place in the step's batch).  It is the same in both
// precisions, for every normalization and for every division of the batch.
#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "nn/layer.hpp"
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

/// The random stream of a step and a layer: there is room for 2^16 layers of a branch and 2^48 steps.
std::uint64_t stream_index(std::uint64_t step, Index position) { return (step << 16U) | static_cast<std::uint64_t>(position & 0xFFFF); }

template <class T>
class DropoutLayer final : public Layer<T> {
 public:
  DropoutLayer(const DropoutSpec& spec, Blueprint& blueprint)
      : place_(blueprint.place()),
        size_(blueprint.input().size()),
        threshold_(static_cast<std::uint64_t>(std::ceil(spec.rate * 0x1p32))),
        kept_(static_cast<T>(1.0 / (1.0 - spec.rate))),
        factors_(blueprint.per_example(size_)) {}

  void forward(const Forward<T>& call) const override {
    if (call.mode.dropout == Dropout::kOff) {
      std::copy(call.x.begin(), call.x.end(), call.y.begin());
      return;
    }
    T* factors = call.caches[factors_];
    RandomStream stream(seed_of_branch(call.key.seed, place_.branch), Purpose::kDropout, stream_index(call.key.step, place_.position));
    stream.skip(static_cast<std::uint64_t>(call.key.first_example * size_));
    for (Index i = 0; i < call.x.size(); ++i) {
      factors[i] = stream.next_u32() < threshold_ ? T{0} : kept_;
      call.y.data[i] = call.x.data[i] * factors[i];
    }
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
  LayerPlace place_;
  Index size_;               // numbers of an example
  std::uint64_t threshold_;  // a 32-bit draw below it drops the element
  T kept_;                   // the factor of an element that stays
  CacheId factors_;          // (examples, size): 0 or 1 / (1 - rate)
};

}  // namespace

config::FamilyMember dropout() {
  return {"dropout", "y = x m / (1 - rate), m = 0 with probability `rate`; only while training", "Srivastava et al. 2014; Keras 3 Dropout",
          [] { return std::make_shared<DropoutSpec>(); }};
}

}  // namespace normrun::nn::layers
