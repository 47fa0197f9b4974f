// Flatten makes one row of an example of any shape: (height, width, channels) becomes (height * width * channels), channels last.
//
// Source: Keras 3 Flatten.  Modes: the layer does not read the mode.  Only the shape changes, and the numbers stay where they are, so no
// layer is built.
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

class FlattenSpec final : public SpecWithFactory<FlattenSpec> {
 public:
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    blueprint.set_output({blueprint.input().size()});
    return nullptr;
  }
};

}  // namespace

config::FamilyMember flatten() {
  return {"flatten", "an example of any shape becomes one row", "Keras 3 Flatten", [] { return std::make_shared<FlattenSpec>(); }};
}

}  // namespace normrun::nn::layers
