// Add sums its inputs, element by element, in their order: y = (x1 + x2) + x3 + …
//
//   dx of each input = dy
//
// A residual block is an add of two branches, the body and the shortcut.  Without a shortcut, y = body(x) + x.
// Source: Keras 3 Add; He, Zhang, Ren and Sun 2016 (residual).  Modes: the layers do not read the mode.
#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/layers/join.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Add final : public Layer<T> {
 public:
  Add(const LayerSpec& spec, Blueprint& blueprint) {
    const std::vector<Shape>& inputs = blueprint.inputs();
    if (std::equal(inputs.begin() + 1, inputs.end(), inputs.begin())) return;
    blueprint.refuse("cannot add inputs of the shapes " + shapes_text(inputs),
                     spec.type == "residual" ? R"(give the block a "shortcut" that ends in the body's shape, such as a convolution)"
                                             : "the shapes must be equal");
  }

  void forward(const Forward<T>& call) const override {
    copy(call.x, call.y.data);
    for (const ConstView<T>& other : call.more) kernels::add<T>(other.data, call.y.data, call.y.size());
  }

  void backward(const Backward<T>& call) const override {
    for (const View<T>& dx : call.dmore) copy(call.dy, dx.data);
    copy(call.dy, call.dx.data);
  }

  LayerTraits traits() const override {
    return {.may_write_y_over_x = true, .may_write_dx_over_dy = true, .part_by_part = PartByPart::kBoth};
  }

 private:
  static void copy(ConstView<T> from, T* to) {
    if (to != nullptr && to != from.data) std::copy(from.begin(), from.end(), to);
  }
};

class AddSpec final : public JoinSpec<AddSpec, Add> {};

class ResidualSpec final : public SpecOf<ResidualSpec, Add> {
 public:
  LayerList body;
  LayerList shortcut;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.tagged_list({"body", "the layers of the block"}, body, layer_family());
    visitor.tagged_list(
        {"shortcut",
         "the layers beside the body; their output has the shape of the body's output.  Without a shortcut, the block's input is added"},
        shortcut, layer_family());
    visitor.require(visitor.refused("body") || !body.empty(), "", "the key \"body\": a list of at least one layer");
    visitor.require(!inputs || inputs->size() == 1, "inputs", "one name, because the body and the shortcut read the same layer");
  }
  std::vector<Branch> branches() const override { return {{"body", body}, {"shortcut", shortcut}}; }
  bool joins() const override { return true; }
};

}  // namespace

std::string shapes_text(const std::vector<Shape>& shapes) {
  std::string text;
  for (std::size_t i = 0; i < shapes.size(); ++i) text += (i == 0 ? "" : i + 1 == shapes.size() ? " and " : ", ") + shapes[i].text();
  return text;
}

config::FamilyMember add() {
  return {"add", "y = x1 + x2 + …, the outputs of its branches or of the layers that it names", "Keras 3 Add",
          [] { return std::make_shared<AddSpec>(); }};
}
config::FamilyMember residual() {
  return {"residual", "y = body(x) + shortcut(x); without a shortcut y = body(x) + x", "He, Zhang, Ren and Sun 2016",
          [] { return std::make_shared<ResidualSpec>(); }};
}

}  // namespace normrun::nn::layers
