// Slice takes some entries of one axis of an example, and broadcast repeats the entries of axes of size 1.
//
//   slice      y[…, i, …] = x[…, start + i step, …], i < count;  dx has dy at these entries and 0 at the others
//   broadcast  y[…, i, …] = x[…, 0, …] along each axis on which x has size 1;  dx = the sum of dy over its copies, in their order
//
// Sources: ONNX Slice and Expand; Keras 3 Cropping1D, Cropping2D and ops.broadcast_to.  A negative step runs backwards: a slice with start
// time - 1 and step -1 turns a sequence around.  Modes: the layers do not read the mode.
#include <algorithm>

#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Slice;

class SliceSpec final : public SpecOf<SliceSpec, Slice> {
 public:
  Index axis = -1;
  Index start = 0;
  Index step = 1;
  std::optional<Index> count;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"axis", "the axis of an example; axes count from 1, or from -1 backwards, and leave out the batch"}, axis, {-64, 64});
    visitor.require(axis != 0, "axis", "an axis of an example: 0 is the batch");
    visitor.integer({"start", "the first entry, counted from 0"}, start, {0, Shape::kMaxSize});
    visitor.integer({"step", "the distance from one taken entry to the next; a negative one goes backwards"}, step,
                    {-Shape::kMaxSize, Shape::kMaxSize});
    visitor.require(step != 0, "step", "a number other than 0");
    visitor.integer({"count", "how many entries are taken; default: as many as there are"}, count, {1, Shape::kMaxSize});
  }
};

template <class T>
class Slice final : public Layer<T> {
 public:
  Slice(const SliceSpec& spec, Blueprint& blueprint) : start_(spec.start), step_(spec.step) {
    std::vector<Index> dims = blueprint.input().dims();
    const auto rank = static_cast<Index>(dims.size());
    const Index axis = spec.axis < 0 ? spec.axis + rank : spec.axis - 1;
    if (axis < 0 || axis >= rank)
      blueprint.refuse("axis " + std::to_string(spec.axis) + " is no axis of the input " + blueprint.input().text(),
                       "axes count from 1; 0 is the batch");
    size_ = dims[static_cast<std::size_t>(axis)];
    const Index room = step_ > 0 ? size_ - 1 - start_ : start_;
    const Index there = start_ >= size_ ? 0 : room / std::abs(step_) + 1;
    count_ = spec.count.value_or(there);
    if (there < 1 || count_ > there)
      blueprint.refuse("it takes entries beyond the " + std::to_string(size_) + " of axis " + std::to_string(axis + 1),
                       "give a smaller \"start\", \"step\" or \"count\"");
    for (Index i = axis + 1; i < rank; ++i) run_ *= dims[static_cast<std::size_t>(i)];
    outer_ = blueprint.input().size() / (size_ * run_);
    dims[static_cast<std::size_t>(axis)] = count_;
    blueprint.set_output(std::move(dims));
  }

  void forward(const Forward<T>& call) const override {
    for_each_run(call.examples, [&](Index from, Index to) { std::copy_n(call.x.data + from, run_, call.y.data + to); });
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for_each_run(call.examples, [&](Index from, Index to) { std::copy_n(call.dy.data + to, run_, call.dx.data + from); });
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kLost}; }

 private:
  template <class Visit>
  void for_each_run(Index examples, const Visit& visit) const {
    for (Index outer = 0; outer < examples * outer_; ++outer) {
      for (Index i = 0; i < count_; ++i) visit((outer * size_ + start_ + i * step_) * run_, (outer * count_ + i) * run_);
    }
  }

  Index start_;
  Index step_;
  Index count_ = 0;
  Index size_ = 0;   // how many entries the axis of the input has
  Index run_ = 1;    // how many numbers an entry has
  Index outer_ = 1;  // how often an example runs through the axis
};

template <class T>
class Broadcast;

class BroadcastSpec final : public SpecOf<BroadcastSpec, Broadcast> {
 public:
  std::vector<Index> target_shape;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integers({"target_shape", "the shape of an example; it may differ from the input's only on axes on which the input has size 1"},
                     target_shape, {1, Shape::kMaxSize});
    visitor.require(visitor.given("target_shape"), "", "the key \"target_shape\": the shape that an example gets");
  }
};

template <class T>
class Broadcast final : public Layer<T> {
 public:
  Broadcast(const BroadcastSpec& spec, Blueprint& blueprint) : dims_(spec.target_shape), steps_(dims_.size(), 0) {
    const std::vector<Index>& from = blueprint.input().dims();
    bool fits = from.size() == dims_.size();
    Index step = 1;
    for (std::size_t axis = dims_.size(); fits && axis-- > 0;) {
      fits = from[axis] == 1 || from[axis] == dims_[axis];
      if (from[axis] > 1) steps_[axis] = step;
      step *= from[axis];
    }
    if (!fits)
      blueprint.refuse("its input " + blueprint.input().text() + " cannot be repeated to " + shape_text(dims_),
                       "only axes of size 1 are repeated");
    inputs_ = blueprint.input().size();
    blueprint.set_output(dims_);
    outputs_ = blueprint.output().size();
  }

  void forward(const Forward<T>& call) const override {
    for (Index example = 0; example < call.examples; ++example) {
      const T* const x = call.x.data + example * inputs_;
      T* const y = call.y.data + example * outputs_;
      each_copy(0, 0, 0, [&](Index from, Index to) { y[to] = x[from]; });
    }
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    std::fill(call.dx.begin(), call.dx.end(), T{0});
    for (Index example = 0; example < call.examples; ++example) {
      T* const dx = call.dx.data + example * inputs_;
      const T* const dy = call.dy.data + example * outputs_;
      each_copy(0, 0, 0, [&](Index from, Index to) { dx[from] += dy[to]; });
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kLost}; }

 private:
  /// Calls visit(place in x, place in y) for every number of an example of y, in the order of memory.
  template <class Visit>
  void each_copy(std::size_t axis, Index from, Index to, const Visit& visit) const {
    if (axis == dims_.size()) return visit(from, to);
    for (Index i = 0; i < dims_[axis]; ++i) each_copy(axis + 1, from + i * steps_[axis], to * dims_[axis] + i, visit);
  }

  std::vector<Index> dims_;
  std::vector<Index> steps_;  // for each axis the distance in x from one entry to the next
  Index inputs_ = 0;
  Index outputs_ = 0;
};

}  // namespace

config::FamilyMember slice() {
  return {"slice", "some entries of one axis of an example", "ONNX Slice, Keras 3 Cropping1D and Cropping2D",
          [] { return std::make_shared<SliceSpec>(); }};
}
config::FamilyMember broadcast() {
  return {"broadcast", "repeats the entries of axes of size 1", "Keras 3 ops.broadcast_to",
          [] { return std::make_shared<BroadcastSpec>(); }};
}

}  // namespace normrun::nn::layers
