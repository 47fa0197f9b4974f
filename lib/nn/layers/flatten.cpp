// Flatten: an example of any shape becomes one row, (height, width, channels) -> (height * width * channels), channels last.
//
// Source: Keras 3 Flatten.  The numbers do not move; every mode is the same.
#include <algorithm>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::layers {
namespace {

template <class T>
class Flatten;

class FlattenSpec final : public SpecOf<FlattenSpec, Flatten> {
 public:
  void describe(OptionVisitor& visitor) override { describe_name(visitor); }
};

template <class T>
class Flatten final : public Layer<T> {
 public:
  Flatten(const FlattenSpec&, Blueprint& blueprint) { blueprint.set_output({blueprint.input().size()}); }
  void forward(const Forward<T>& call) const override { std::copy(call.x.begin(), call.x.end(), call.y.begin()); }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data != nullptr) std::copy(call.dy.begin(), call.dy.end(), call.dx.begin());
  }
};

}  // namespace

FamilyMember flatten() {
  return {"flatten", "an example of any shape becomes one row", "Keras 3 Flatten", [] { return std::make_shared<FlattenSpec>(); }};
}

}  // namespace normrun::layers
