// Padding puts new entries before and after those of an example, axis by axis.
//
//   constant  the new entries are `value`             dx = dy at the old entries
// edge      the new entries repeat the nearest old one   dx = the sum of dy over an entry and its copies, in their order
// reflect   the new entries mirror those behind the edge, and the entry at the edge is not repeated; dx as with edge
//
// Sources: Keras 3 ZeroPadding1D, ZeroPadding2D; numpy.pad; ONNX Pad.  Modes: the layer does not read the mode.  The new entries are
// numbers like any others; those that pad a convolution or a pooling are not.
#include <algorithm>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

enum class PaddingMode { kConstant, kEdge, kReflect };

template <class T>
class PaddingLayer;

class PaddingSpec final : public SpecOf<PaddingSpec, PaddingLayer> {
 public:
  std::vector<Index> pads;
  PaddingMode mode = PaddingMode::kConstant;
  double value = 0.0;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integers({"pads", "how many entries come before and after those of each axis of an example: [before, after, before, after, …]"},
                     pads, {0, Index{1} << 20});
    visitor.require(visitor.given("pads"), "", "the key \"pads\": how many entries come before and after those of each axis");
    visitor.choice({"mode", "what the new entries are: a constant, the nearest entry, or the entries mirrored at the edge"}, mode,
                   {{"constant", PaddingMode::kConstant}, {"edge", PaddingMode::kEdge}, {"reflect", PaddingMode::kReflect}});
    visitor.number({"value", "the constant"}, value, config::any_number());
  }
};

template <class T>
class PaddingLayer final : public Layer<T> {
 public:
  PaddingLayer(const PaddingSpec& spec, Blueprint& blueprint) : value_(static_cast<T>(spec.value)) {
    const std::vector<Index>& from = blueprint.input().dims();
    if (spec.pads.size() != 2 * from.size())
      blueprint.refuse(
          "its \"pads\" are " + std::to_string(spec.pads.size()) + " numbers for an input of shape " + blueprint.input().text(),
          "give two numbers for each axis");
    steps_.assign(from.size(), 1);
    for (std::size_t axis = from.size(); axis-- > 1;) steps_[axis - 1] = steps_[axis] * from[axis];
    std::vector<Index> dims(from.size());
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
      const Index before = spec.pads[2 * axis];
      const Index after = spec.pads[2 * axis + 1];
      if (spec.mode == PaddingMode::kReflect && std::max(before, after) >= from[axis])
        blueprint.refuse("it mirrors more entries than axis " + std::to_string(axis + 1) + " has",
                         "give \"pads\" numbers below the size of the axis");
      dims[axis] = before + from[axis] + after;
      for (Index i = 0; i < dims[axis] && dims[axis] <= Shape::kMaxSize; ++i)
        places_at(axis).push_back(source(spec.mode, i - before, from[axis]));
    }
    inputs_ = blueprint.input().size();
    blueprint.set_output(std::move(dims));
    outputs_ = blueprint.output().size();
  }

  void forward(const Forward<T>& call) const override {
    for (Index example = 0; example < call.examples; ++example) {
      const T* const x = call.x.data + example * inputs_;
      T* y = call.y.data + example * outputs_;
      each_entry(0, 0, [&](Index from) { *y++ = from < 0 ? value_ : x[from]; });
    }
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for (Index example = 0; example < call.examples; ++example) {
      T* const dx = call.dx.data + example * inputs_;
      const T* dy = call.dy.data + example * outputs_;
      each_entry(0, 0, [&](Index from) {
        if (from >= 0) dx[from] += *dy;
        ++dy;
      });
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kLost}; }

 private:
  static constexpr Index kNone = -1;

  std::vector<Index>& places_at(std::size_t axis) {
    if (places_.size() <= axis) places_.resize(axis + 1);
    return places_[axis];
  }
  /// Returns which entry of x stands at a place of y.  `at` counts from the first entry of x, and may lie beyond x on either side.
  static Index source(PaddingMode mode, Index at, Index size) {
    if (at >= 0 && at < size) return at;
    if (mode == PaddingMode::kConstant) return kNone;
    if (mode == PaddingMode::kEdge) return at < 0 ? 0 : size - 1;
    return at < 0 ? -at : 2 * (size - 1) - at;
  }
  /// Calls visit(place in x, or kNone) for every number of an example of y, in the order of memory.
  template <class Visit>
  void each_entry(std::size_t axis, Index from, const Visit& visit) const {
    if (axis == places_.size()) return visit(from);
    for (const Index place : places_[axis]) each_entry(axis + 1, from < 0 || place < 0 ? kNone : from + place * steps_[axis], visit);
  }

  T value_;
  std::vector<Index> steps_;
  std::vector<std::vector<Index>> places_;  // for each axis the places in x of its entries
  Index inputs_ = 0;
  Index outputs_ = 0;
};

}  // namespace

config::FamilyMember padding() {
  return {"padding", "adds entries before and after those of an example: a constant, or copies",
          "Keras 3 ZeroPadding1D and ZeroPadding2D, numpy.pad", [] { return std::make_shared<PaddingSpec>(); }};
}

}  // namespace normrun::nn::layers
