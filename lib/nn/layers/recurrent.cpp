#include "nn/layers/recurrent.hpp"

#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels/repeated_products.hpp"

namespace normrun::nn::layers {
namespace {

/// Refuses an input that is not a sequence.
Index time_of(const Blueprint& blueprint) {
  if (blueprint.input().rank() != 2) blueprint.refuse("its input has the shape " + blueprint.input().text() + ", not (time, features)");
  return blueprint.input().dims()[0];
}

}  // namespace

void RecurrentOptions::describe(config::OptionVisitor& visitor) {
  visitor.integer({"units", "how many numbers the state has"}, units, {1, Index{1} << 20});
  visitor.require(visitor.given("units"), "", "the key \"units\": how many numbers the state has");
  visitor.flag({"use_bias", "whether a bias is added"}, use_bias);
  visitor.flag({"return_sequences", "whether the output is the state after every step, instead of the last one alone"}, return_sequences);
  visitor.flag(
      {"go_backwards", "whether the layer reads from the last valid step to the first; its outputs are in the order in which it reads"},
      go_backwards);
  describe_initializer(visitor, {"kernel_initializer", "how the kernel starts"}, kernel_initializer, "glorot_uniform");
  describe_initializer(visitor, {"recurrent_initializer", "how the recurrent kernel starts"}, recurrent_initializer, "orthogonal");
  describe_initializer(visitor, {"bias_initializer", "how the bias starts"}, bias_initializer, "zeros");
  visitor.choice({"normalization",
                  "the normalization inside the cell, before the non-linearities: none; layer (Ba, Kiros and Hinton 2016); or batch, with "
                  "statistics of its own for each step (Cooijmans et al. 2017)"},
                 normalization,
                 {{"none", CellNormalization::kNone}, {"layer", CellNormalization::kLayer}, {"batch", CellNormalization::kBatch}});
  visitor.number({"epsilon", "added to the variance of that normalization"}, epsilon, config::at_least(0.0));
  visitor.number({"momentum", "of \"normalization\": \"batch\": weight of the old value in the moving averages"}, momentum,
                 config::between(0.0, 1.0));
  visitor.number({"initial_gamma", "of \"normalization\": \"batch\": where its gammas start"}, initial_gamma, config::any_number());
  visitor.count({"longest_step",
                 "of \"normalization\": \"batch\": how many steps have moving averages of their own; later ones use those of the last of "
                 "them.  all: every step"},
                longest_step, {1, Index{1} << 30}, {"all"});
}

template <class T>
Unrolled<T>::Unrolled(const RecurrentOptions& options, Blueprint& blueprint, Index gates)
    : time_(time_of(blueprint)),
      features_(blueprint.channels()),
      units_(options.units),
      width_(gates * options.units),
      returns_sequences_(options.return_sequences),
      goes_backwards_(options.go_backwards),
      kernel_(blueprint.param("kernel", {features_, width_}, initializer_from(options.kernel_initializer), features_, width_)),
      recurrent_kernel_(
          blueprint.param("recurrent_kernel", {units_, width_}, initializer_from(options.recurrent_initializer), units_, width_)),
      packed_kernel_(blueprint.per_call(kernels::packed_size(features_, width_))),
      packed_recurrent_(blueprint.per_call(std::max(kernels::packed_size(units_, width_), kernels::packed_size(width_, units_)))),
      x_(blueprint.per_example(time_ * features_)),
      dx_(blueprint.per_example(time_ * features_)),
      h_(blueprint.per_example((time_ + 1) * units_)),
      dh_(blueprint.per_example(units_)),
      dh_before_(blueprint.per_example(units_)) {
  blueprint.set_output(returns_sequences_ ? std::vector<Index>{time_, units_} : std::vector<Index>{units_});
}

template <class T>
Steps<T> Unrolled<T>::steps_of(Index examples, const Index* lengths, const Caches<T>& caches) const {
  Steps<T> steps{.examples = examples, .count = time_, .lengths = lengths, .caches = caches};
  if (lengths != nullptr && examples > 0) steps.count = *std::max_element(lengths, lengths + examples);
  return steps;
}

template <class T>
Steps<T> Unrolled<T>::start(const Forward<T>& call) const {
  const Steps<T> steps = steps_of(call.examples, call.lengths, call.caches);
  for (Index t = 0; t < steps.count; ++t) {
    const View<T> x_t = steps.at(x_, t, features_);
    for (Index e = 0; e < steps.examples; ++e) {
      if (steps.is_valid(e, t)) {
        std::copy_n(call.x.row(input_row(steps, e, t)), features_, x_t.row(e));
      } else {
        std::fill_n(x_t.row(e), features_, T{0});
      }
    }
  }
  std::fill(h(steps, -1).begin(), h(steps, -1).end(), T{0});
  kernels::pack<T>({call.params + kernel_.offset, features_, width_}, steps.caches[packed_kernel_]);
  if (steps.examples > 1) kernels::pack<T>(recurrent_kernel(call.params), steps.caches[packed_recurrent_]);
  return steps;
}

template <class T>
Steps<T> Unrolled<T>::start(const Backward<T>& call) const {
  const Steps<T> steps = steps_of(call.examples, call.lengths, call.caches);
  if (steps.examples > 1) kernels::pack_transposed<T>(recurrent_kernel(call.params), steps.caches[packed_recurrent_]);
  std::fill(dh(steps).begin(), dh(steps).end(), T{0});
  if (!returns_sequences_) {
    std::copy(call.dy.begin(), call.dy.end(), dh(steps).begin());
  } else {
    for (Index t = time_ - 1; t >= steps.count; --t) add_output_gradient(steps, call.dy, t);
  }
  return steps;
}

template <class T>
void Unrolled<T>::project(const Steps<T>& steps, const T* bias, Index first, View<T> projected) const {
  const Index count = projected.rows / std::max(steps.examples, Index{1});
  kernels::product_by_packed<T>(steps.some(x_, first, count, features_), steps.caches[packed_kernel_], bias, projected);
}

template <class T>
void Unrolled<T>::recur(const Steps<T>& steps, const T* params, Index step, const T* bias, View<T> recurred) const {
  if (steps.examples == 1) return kernels::product<T>(h(steps, step - 1), recurrent_kernel(params), bias, recurred);
  kernels::product_by_packed<T>(h(steps, step - 1), steps.caches[packed_recurrent_], bias, recurred);
}

template <class T>
void Unrolled<T>::carry(const Steps<T>& steps, CacheId state, Index step) const {
  for (Index e = 0; e < steps.examples; ++e) {
    if (steps.is_valid(e, step)) continue;
    std::copy_n(steps.at(state, step - 1, units_).row(e), units_, steps.at(state, step, units_).row(e));
  }
}

template <class T>
void Unrolled<T>::clear_ended(const Steps<T>& steps, Index step, View<T> rows) const {
  for (Index e = 0; e < steps.examples; ++e) {
    if (!steps.is_valid(e, step)) std::fill_n(rows.row(e), rows.cols, T{0});
  }
}

template <class T>
void Unrolled<T>::write_output(const Steps<T>& steps, View<T> y) const {
  if (!returns_sequences_) {
    const View<T> last = h(steps, steps.count - 1);
    std::copy(last.begin(), last.end(), y.begin());
    return;
  }
  for (Index e = 0; e < steps.examples; ++e) {
    for (Index t = 0; t < time_; ++t) std::copy_n(h(steps, std::min(t, steps.count - 1)).row(e), units_, y.row(e * time_ + t));
  }
}

template <class T>
void Unrolled<T>::add_output_gradient(const Steps<T>& steps, ConstView<T> dy, Index step) const {
  if (!returns_sequences_) return;
  for (Index e = 0; e < steps.examples; ++e) kernels::add<T>(dy.row(e * time_ + step), dh(steps).row(e), units_);
}

template <class T>
ConstView<T> Unrolled<T>::state_gradient(const Steps<T>& steps, const T* params, ConstView<T> drecurred) const {
  const View<T> dh_before = steps.one(dh_before_, units_);
  if (steps.examples == 1) {
    kernels::product_input_gradient<T>(drecurred, recurrent_kernel(params), dh_before);
  } else {
    kernels::product_by_packed<T>(drecurred, steps.caches[packed_recurrent_], nullptr, dh_before);
  }
  return dh_before;
}

template <class T>
void Unrolled<T>::gradients(const Steps<T>& steps, const Backward<T>& call, View<T> dprojected, View<T> drecurred) const {
  add_gradients(steps, call, 0, dprojected, drecurred);
  write_input_gradient(steps, call);
}

template <class T>
void Unrolled<T>::add_gradients(const Steps<T>& steps, const Backward<T>& call, Index first_row, View<T> dprojected,
                                View<T> drecurred) const {
  const Index rows = dprojected.rows;
  const auto add_product = [&](ConstView<T> x, ConstView<T> dy, View<T> dw) {
    first_row == 0 ? kernels::product_weight_gradient<T>(x, dy, dw) : kernels::continue_weight_gradient<T>(x, dy, dw);
  };
  add_product(steps.rows(x_, first_row, rows, features_), dprojected, {call.grads + kernel_.offset, features_, width_});
  add_product(steps.rows(h_, first_row + steps.examples, rows, units_), drecurred, recurrent_kernel(call.grads));
  if (call.dx.data == nullptr) return;
  const ConstView<T> kernel(call.params + kernel_.offset, features_, width_);
  kernels::product_input_gradient<T>(dprojected, kernel, steps.rows(dx_, first_row, rows, features_));
}

template <class T>
void Unrolled<T>::write_input_gradient(const Steps<T>& steps, const Backward<T>& call) const {
  if (call.dx.data == nullptr) return;
  for (Index e = 0; e < steps.examples; ++e) {
    for (Index t = 0; t < time_; ++t) {
      if (steps.is_valid(e, t)) {
        std::copy_n(steps.at(dx_, t, features_).row(e), features_, call.dx.row(input_row(steps, e, t)));
      } else {
        std::fill_n(call.dx.row(e * time_ + t), features_, T{0});
      }
    }
  }
}

template class Unrolled<float>;
template class Unrolled<double>;

}  // namespace normrun::nn::layers
