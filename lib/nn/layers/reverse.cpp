// Reverse turns the valid steps of a sequence around: y[t] = x[length - 1 - t].  The padding stays behind them, as it is.
//
// dx is dy, turned around in the same way
//
// Source: Keras 3 ops.flip, by which Bidirectional turns the outputs of its backward layer.  Modes: the layer does not read the mode.
#include <algorithm>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Reverse;

class ReverseSpec final : public SpecOf<ReverseSpec, Reverse> {
 public:
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
};

template <class T>
class Reverse final : public Layer<T> {
 public:
  Reverse(const ReverseSpec&, Blueprint& blueprint) : steps_(blueprint.input().positions()) {
    if (blueprint.input().rank() != 2)
      blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (time, features)", "only sequences can be reversed");
  }

  void forward(const Forward<T>& call) const override { turn_around(call.x, call.examples, call.lengths, call.y); }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data != nullptr) turn_around(call.dy, call.examples, call.lengths, call.dx);
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth}; }

 private:
  void turn_around(ConstView<T> from, Index examples, const Index* lengths, View<T> to) const {
    for (Index e = 0; e < examples; ++e) {
      const Index length = lengths != nullptr ? lengths[e] : steps_;
      for (Index t = 0; t < steps_; ++t) {
        const Index source = t < length ? length - 1 - t : t;
        std::copy_n(from.row(e * steps_ + source), from.cols, to.row(e * steps_ + t));
      }
    }
  }

  Index steps_;
};

}  // namespace

config::FamilyMember reverse() {
  return {"reverse", "the valid steps of a sequence from the last one to the first", "Keras 3 ops.flip",
          [] { return std::make_shared<ReverseSpec>(); }};
}

}  // namespace normrun::nn::layers
