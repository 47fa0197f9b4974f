// Reshape and permute change the shape of an example.
//
//   reshape  the same numbers in the same order under another shape; one dimension may be -1, and then follows from the others
//   permute  y's axis i is x's axis dims[i], counted from 1;  dx is dy permuted back
//
// Source: Keras 3 Reshape, Permute.  Modes: the layers do not read the mode.  Reshape leaves the numbers where they are, so it builds no
// layer.
#include <algorithm>
#include <numeric>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

class ReshapeSpec final : public SpecWithFactory<ReshapeSpec> {
 public:
  std::vector<Index> target_shape;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integers({"target_shape", "the shape of an example, without the batch; one dimension may be -1"}, target_shape,
                     {-1, Shape::kMaxSize});
    visitor.require(visitor.given("target_shape"), "", "the key \"target_shape\": the shape that an example gets");
    visitor.require(std::count(target_shape.begin(), target_shape.end(), Index{-1}) <= 1 &&
                        std::count(target_shape.begin(), target_shape.end(), Index{0}) == 0,
                    "target_shape", "numbers of at least 1, and at most one -1");
  }

  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    std::vector<Index> dims = target_shape;
    const Index size = blueprint.input().size();
    Index known = 1;
    bool fits = true;
    for (const Index dim : dims) fits = fits && (dim < 0 || (checked_product(known, dim, known) && known <= size));
    const auto open = std::find(dims.begin(), dims.end(), Index{-1});
    fits = fits && (open == dims.end() ? known == size : size % known == 0);
    if (!fits)
      blueprint.refuse("the " + std::to_string(size) + " numbers of " + blueprint.input().text() + " do not fit the target_shape",
                       "give dimensions whose product is this number, or -1 for one of them");
    if (open != dims.end()) *open = size / known;
    blueprint.set_output(std::move(dims));
    return nullptr;
  }
};

template <class T>
class Permute;

class PermuteSpec final : public SpecOf<PermuteSpec, Permute> {
 public:
  std::vector<Index> dims;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integers({"dims", "for each axis of the output, which axis of the input it is; axes count from 1 and leave out the batch"},
                     dims, {1, 64});
    visitor.require(visitor.given("dims"), "", "the key \"dims\": the order of the axes, such as [2, 1]");
  }
};

template <class T>
class Permute final : public Layer<T> {
 public:
  Permute(const PermuteSpec& spec, Blueprint& blueprint) {
    const std::vector<Index>& from = blueprint.input().dims();
    std::vector<Index> sorted = spec.dims;
    std::sort(sorted.begin(), sorted.end());
    std::vector<Index> axes(from.size());
    std::iota(axes.begin(), axes.end(), Index{1});
    if (sorted != axes)
      blueprint.refuse("\"dims\" does not name each axis of " + blueprint.input().text() + " once",
                       "give \"dims\" each axis from 1 on once");
    std::vector<Index> strides(from.size(), 1);
    for (std::size_t i = from.size(); i-- > 1;) strides[i - 1] = strides[i] * from[i];
    std::vector<Index> dims;
    std::vector<Index> steps;
    dims.reserve(from.size());
    steps.reserve(from.size());
    for (const Index axis : spec.dims) {
      dims.push_back(from[static_cast<std::size_t>(axis - 1)]);
      steps.push_back(strides[static_cast<std::size_t>(axis - 1)]);
    }
    fill_sources(dims, steps, blueprint.input().size());
    blueprint.set_output(std::move(dims));
  }

  void forward(const Forward<T>& call) const override {
    const T* x = call.x.data;
    T* y = call.y.data;
    for (Index example = 0; example < call.examples; ++example, x += sources_.size()) {
      for (const Index source : sources_) *y++ = x[source];
    }
  }

  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    const T* dy = call.dy.data;
    T* dx = call.dx.data;
    for (Index example = 0; example < call.examples; ++example, dx += sources_.size()) {
      for (const Index source : sources_) dx[source] = *dy++;
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kLost}; }

 private:
  /// Counts through the output's places, axis by axis, and notes where in x each number comes from.
  void fill_sources(const std::vector<Index>& dims, const std::vector<Index>& steps, Index size) {
    std::vector<Index> at(dims.size(), 0);
    sources_.reserve(static_cast<std::size_t>(size));
    for (Index i = 0, source = 0; i < size; ++i) {
      sources_.push_back(source);
      for (std::size_t axis = dims.size(); axis-- > 0;) {
        source += steps[axis];
        if (++at[axis] < dims[axis]) break;
        source -= dims[axis] * steps[axis];
        at[axis] = 0;
      }
    }
  }

  std::vector<Index> sources_;  // where in x each number of y lies
};

}  // namespace

config::FamilyMember reshape() {
  return {"reshape", "the same numbers under another shape", "Keras 3 Reshape", [] { return std::make_shared<ReshapeSpec>(); }};
}
config::FamilyMember permute() {
  return {"permute", "the axes of an example in another order", "Keras 3 Permute", [] { return std::make_shared<PermuteSpec>(); }};
}

}  // namespace normrun::nn::layers
