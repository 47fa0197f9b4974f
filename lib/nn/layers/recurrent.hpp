#pragma once

#include <algorithm>
#include <memory>

#include "config/options/options.hpp"
#include "nn/initializers.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

enum class CellNormalization { kNone, kLayer, kBatch };

/// The options that simple_rnn, lstm and gru share.  The names are Keras's.
struct RecurrentOptions {
  Index units = 1;
  bool use_bias = true;
  bool return_sequences = false;
  bool go_backwards = false;
  std::shared_ptr<config::Described> kernel_initializer = default_initializer("glorot_uniform");
  std::shared_ptr<config::Described> recurrent_initializer = default_initializer("orthogonal");
  std::shared_ptr<config::Described> bias_initializer = default_initializer("zeros");
  CellNormalization normalization = CellNormalization::kNone;
  double epsilon = 1e-3;
  double momentum = 0.99;  // of batch normalization, as the following ones
  double initial_gamma = 0.1;
  config::Count longest_step{.word = "all"};

  void describe(config::OptionVisitor& visitor);
};

/// One call of a recurrent layer.  One step of all examples is one matrix.  The last step lies first in memory.  Backward begins with the
/// last step, so it visits all rows in the order of memory and can sum over them while they are in the processor's caches.
template <class T>
struct Steps {
  Index examples = 0;
  Index count = 0;                 // how many steps run: the largest valid length
  const Index* lengths = nullptr;  // null: every step of every example is valid
  Caches<T> caches;

  // Views of a cache that holds all steps.  rows(): a run of its rows, (rows, cols).  all(): every step, (count * examples, cols).
  // some(): a few steps, (steps * examples, cols).  at(): one step, (examples, cols).  A cache of states holds at `step` the state that
  // this step leaves behind, so h_0, the state before the first step, is at step -1.
  View<T> rows(CacheId id, Index first_row, Index rows, Index cols) const { return {caches[id] + first_row * cols, rows, cols}; }
  View<T> all(CacheId id, Index cols) const { return rows(id, 0, count * examples, cols); }
  View<T> some(CacheId id, Index first, Index steps, Index cols) const { return rows(id, first_row(first, steps), steps * examples, cols); }
  View<T> at(CacheId id, Index step, Index cols) const { return some(id, step, 1, cols); }
  Index first_row(Index first, Index steps = 1) const { return (count - first - steps) * examples; }
  /// A cache that holds one step alone: (examples, cols).
  View<T> one(CacheId id, Index cols) const { return rows(id, 0, examples, cols); }
  bool is_valid(Index example, Index step) const { return lengths == nullptr || step < lengths[example]; }
  /// for_each_few calls visit(first, count) for groups of steps that together stay in the processor's caches, from the first step on.
  /// for_each_few_back goes from the last step back; where there are no steps, it calls visit once with count 0.
  static constexpr Index kMostTogether = 16;
  static Index most_together(Index time) { return std::min(time, kMostTogether); }
  Index together() const {
    constexpr Index kRows = 64;
    return std::clamp(kRows / std::max(examples, Index{1}), Index{1}, kMostTogether);
  }
  template <class Visit>
  void for_each_few(const Visit& visit) const {
    for (Index first = 0; first < count; first += together()) visit(first, std::min(together(), count - first));
  }
  template <class Visit>
  void for_each_few_back(const Visit& visit) const {
    Index end = count;
    do {
      const Index first = std::max(end - together(), Index{0});
      visit(first, end - first);
      end = first;
    } while (end > 0);
  }
  /// Calls visit(first, count) for every run of consecutive examples that reach this step.
  template <class Visit>
  void for_each_run(Index step, const Visit& visit) const {
    for (Index first = 0; first < examples; ++first) {
      Index end = lengths == nullptr ? examples : first;
      while (end < examples && is_valid(end, step)) ++end;
      if (end > first) visit(first, end - first);
      first = end;
    }
  }
};

/// The work that every recurrent layer does around its cell, with h_0 = 0: x_t kernel for several steps in one product, the output, and the
/// backward pass through both.  A step beyond an example's length leaves the example's state as it is and never reads the input.
template <class T>
class Unrolled {
 public:
  /// gates: how many blocks of `units` columns the kernels have.
  Unrolled(const RecurrentOptions& options, Blueprint& blueprint, Index gates);

  Index units() const { return units_; }
  Index time() const { return time_; }
  View<T> h(const Steps<T>& steps, Index step) const { return steps.at(h_, step, units_); }  // the state after the step
  View<T> dh(const Steps<T>& steps) const { return steps.one(dh_, units_); }

  /// Arranges the input by steps, with zeros where it is padded, and clears h_0.
  Steps<T> start(const Forward<T>& call) const;
  /// Starts dh with the gradient of the state after the last step, without that of the last step's own output.
  Steps<T> start(const Backward<T>& call) const;
  /// projected = x_t kernel + bias for the steps from `first` on, as many as `projected` has rows for; bias may be null.
  void project(const Steps<T>& steps, const T* bias, Index first, View<T> projected) const;
  /// recurred = h_{t-1} recurrent_kernel + bias, (examples, width); bias may be null.
  void recur(const Steps<T>& steps, const T* params, Index step, const T* bias, View<T> recurred) const;
  /// Copies the state of the step before for the examples that have ended.
  void carry(const Steps<T>& steps, CacheId state, Index step) const;
  void carry_h(const Steps<T>& steps, Index step) const { carry(steps, h_, step); }
  /// Fills the rows of the examples that have ended before this step with zeros.  rows: (examples, …)
  void clear_ended(const Steps<T>& steps, Index step, View<T> rows) const;
  void write_output(const Steps<T>& steps, View<T> y) const;

  /// Adds the gradient of this step's output to dh.
  void add_output_gradient(const Steps<T>& steps, ConstView<T> dy, Index step) const;
  /// Returns drecurred recurrent_kernel^T: (examples, units).
  ConstView<T> state_gradient(const Steps<T>& steps, const T* params, ConstView<T> drecurred) const;
  /// Computes the gradients of kernel and recurrent_kernel, and dx.  dprojected, drecurred: (count * examples, width)
  void gradients(const Steps<T>& steps, const Backward<T>& call, View<T> dprojected, View<T> drecurred) const;
  /// The same for some rows of all steps at a time, ascending from first_row 0; after them comes one call of write_input_gradient.
  void add_gradients(const Steps<T>& steps, const Backward<T>& call, Index first_row, View<T> dprojected, View<T> drecurred) const;
  void write_input_gradient(const Steps<T>& steps, const Backward<T>& call) const;
  ConstView<T> recurrent_kernel(const T* params) const { return {params + recurrent_kernel_.offset, units_, width_}; }
  View<T> recurrent_kernel(T* grads) const { return {grads + recurrent_kernel_.offset, units_, width_}; }

 private:
  Steps<T> steps_of(Index examples, const Index* lengths, const Caches<T>& caches) const;
  /// The row of the input that a valid step of an example reads.
  Index input_row(const Steps<T>& steps, Index example, Index step) const {
    if (!goes_backwards_) return example * time_ + step;
    const Index length = steps.lengths != nullptr ? steps.lengths[example] : time_;
    return example * time_ + length - 1 - step;
  }

  Index time_;
  Index features_;
  Index units_;
  Index width_;  // gates * units
  bool returns_sequences_;
  bool goes_backwards_;
  ParamId kernel_;            // (features, width)
  ParamId recurrent_kernel_;  // (units, width)
  CacheId packed_kernel_;     // for the products of all steps
  CacheId packed_recurrent_;  // recurrent_kernel, in backward recurrent_kernel^T; unused for a single example
  CacheId x_;                 // (time, examples, features); every cache of all steps begins with the last step
  CacheId dx_;
  CacheId h_;          // (time + 1, examples, units)
  CacheId dh_;         // (examples, units)
  CacheId dh_before_;  // (examples, units): the gradient of the state before the step, by way of the recurrent kernel
};

}  // namespace normrun::nn::layers
