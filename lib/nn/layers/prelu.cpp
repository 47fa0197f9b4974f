// PReLU is a leaky relu whose slopes are trained.
//
//   y = x where x > 0, else alpha x;  dx = dy where x > 0, else alpha dy
//   dalpha = the sum of dy min(x, 0) over the rows that share the slope
//   alpha: (channels), (1), or the shape of an example
//
// Source: He, Zhang, Ren and Sun 2015, eq. 1 to 4 (alpha starts at 0.25); PyTorch PReLU; Keras 3 PReLU (alpha starts at 0).
// Modes: the layer does not read the mode.
#include <algorithm>

#include "nn/kernels/activations.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

enum class Slopes { kPerChannel, kOne, kPerElement };

template <class T>
class Prelu;

class PreluSpec final : public SpecOf<PreluSpec, Prelu> {
 public:
  Slopes slopes = Slopes::kPerChannel;
  double initial_slope = 0.25;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.choice(
        {"slopes",
         "which numbers share a slope.  per-channel: those of a channel; one: all of them (PyTorch's default); per-element: none "
         "(Keras's default)"},
        slopes, {{"per-channel", Slopes::kPerChannel}, {"one", Slopes::kOne}, {"per-element", Slopes::kPerElement}});
    visitor.number({"initial_slope", "the initial value of the slopes: 0.25 in the paper and PyTorch, 0 in Keras"}, initial_slope,
                   config::any_number());
  }

  std::vector<Index> shape(const Shape& input) const {
    if (slopes == Slopes::kOne) return {1};
    if (slopes == Slopes::kPerChannel || input.rank() == 0) return {input.channels()};
    return input.dims();
  }
};

template <class T>
class Prelu final : public Layer<T> {
 public:
  Prelu(const PreluSpec& spec, Blueprint& blueprint)
      : columns_(spec.slopes == Slopes::kPerElement ? blueprint.input().size() : blueprint.channels()),
        alpha_(blueprint.param("alpha", spec.shape(blueprint.input()), {.kind = Init::kConstant, .a = spec.initial_slope})),
        slopes_(blueprint.per_call(columns_)),
        below_(blueprint.per_example(blueprint.input().size())) {}

  void forward(const Forward<T>& call) const override {
    kernels::prelu<T>(by_slope(call.x), slopes(call.params, call.caches), by_slope(call.y));
  }

  void backward(const Backward<T>& call) const override {
    T* const below = call.caches[below_];
    for (Index i = 0; i < call.x.size(); ++i) below[i] = call.x.data[i] > 0 ? T{0} : call.x.data[i];
    const ConstView<T> x = by_slope(call.x);
    const ConstView<T> dy = by_slope(call.dy);
    T* const sums = call.caches[slopes_];
    kernels::column_dots<T>(dy, {below, x.rows, columns_}, sums);
    T* const dalpha = call.grads + alpha_.offset;
    if (alpha_.size == columns_) {
      std::copy_n(sums, columns_, dalpha);
    } else {
      double sum = 0.0;
      for (Index c = 0; c < columns_; ++c) sum += static_cast<double>(sums[c]);
      *dalpha = static_cast<T>(sum);
    }
    if (call.dx.data != nullptr) kernels::prelu_backward<T>(x, dy, slopes(call.params, call.caches), by_slope(call.dx));
  }
  LayerTraits traits() const override { return {.may_write_dx_over_dy = true, .activation = Activation::kPrelu}; }

 private:
  template <class U>
  View<U> by_slope(View<U> x) const {
    return x.reshaped(x.size() / columns_, columns_);
  }
  /// Returns a slope for each column.
  const T* slopes(const T* params, const Caches<T>& caches) const {
    const T* const alpha = params + alpha_.offset;
    if (alpha_.size == columns_) return alpha;
    std::fill_n(caches[slopes_], columns_, *alpha);
    return caches[slopes_];
  }

  Index columns_;  // the channels; or all numbers of an example, if each has its own slope
  ParamId alpha_;
  CacheId slopes_;  // (columns)
  CacheId below_;   // the cache of min(x, 0)
};

}  // namespace

config::FamilyMember prelu() {
  return {"prelu", "y = x where x > 0, else alpha x with trained slopes alpha", "He, Zhang, Ren and Sun 2015; PyTorch PReLU, Keras 3 PReLU",
          [] { return std::make_shared<PreluSpec>(); }};
}

}  // namespace normrun::nn::layers
