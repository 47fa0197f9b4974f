// Batch normalization of sequences in which each step is normalized by its own statistics.
//
//   x: (time, channels) of each example; mean_t, var_t (biased) over the examples that reach step t
//   x_hat = (x - mean_t) / sqrt(var_t + epsilon),  y = gamma x_hat + beta; gamma, beta: (channels), shared by all steps
//   moving_mean, moving_variance: (time, channels), averaged step by step; the modes are those of batch.cpp
//   With n_t examples at step t, and sums over all examples (padded steps are normalized, so they are in the sums, too):
//     dx = gamma inv_std_t (dy - sum(dy) / n_t - x_hat sum(dy x_hat) / n_t) for numbers that are part of the statistics
//     dx = gamma inv_std_t dy for the others
//
// The layer has weak spots.  Few examples reach late steps, and a single one gives variance 0.  Steps beyond the longest training sequence
// only have the initial statistics.  If no example of a batch reaches a step, mean 0 and variance 0 normalize the step, and its moving
// averages stay.  With "padded_steps": "counted" every example reaches every step.
//
// Source: Cooijmans et al. 2017, section 3.  The kernels see an example as one row of time * channels columns.
#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/batch.hpp"
#include "nn/reaching_rows.hpp"

namespace normrun::nn::layers {
namespace {

/// Returns the number of steps.  Throws Error(kUsage) if the input is not a sequence.
Index steps_of(const Blueprint& blueprint) {
  if (blueprint.input().rank() != 2) {
    blueprint.refuse("its input has the shape " + blueprint.input().text() + ", which has no steps", R"(use "time": "shared")");
  }
  return blueprint.input().dims()[0];
}

template <class T>
class BatchPerStep final : public Layer<T> {
 public:
  BatchPerStep(const BatchOptions& options, Blueprint& blueprint)
      : options_(options),
        momentum_(blueprint.momentum(options.old_weight())),
        time_(steps_of(blueprint)),
        channels_(blueprint.channels()),
        columns_(time_ * channels_),
        affine_(options.affine, blueprint, {channels_}),
        moving_mean_(blueprint.state("moving_mean", {time_, channels_}, options.initial_mean)),
        moving_variance_(blueprint.state("moving_variance", {time_, channels_}, options.initial_variance)),
        updates_(blueprint.state("updates", {1}, 0.0)),
        mean_(blueprint.per_call(columns_)),
        batch_mean_(blueprint.per_call(columns_)),
        variance_(blueprint.per_call(columns_)),
        inv_std_(blueprint.per_call(columns_)),
        gamma_(blueprint.per_call(columns_)),
        beta_(blueprint.per_call(columns_)),
        sum_dy_(blueprint.per_call(columns_)),
        sum_dy_x_hat_(blueprint.per_call(columns_)),
        packed_(blueprint.per_example(channels_)) {
    blueprint.normalization({.type = "batch",
                             .features = columns_,
                             .steps = time_,
                             .epsilon = options.epsilon,
                             .momentum = momentum_,
                             .average = options.average,
                             .variance_rule = options.moving_variance,
                             .padded_steps = options.padded_steps,
                             .moving_mean = moving_mean_,
                             .moving_variance = moving_variance_,
                             .updates = updates_});
  }

  void forward(const Forward<T>& call) const override {
    const ConstView<T> x = rows_of<const T>(call.x);
    T* mean = call.caches[batch_mean_];
    T* variance = call.caches[variance_];
    T* inv_std = call.caches[inv_std_];
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const bool moves = call.mode.tracking == Tracking::kUpdate;
    if (by_batch || moves) batch_moments(call, x, mean, variance);
    std::copy_n(by_batch ? mean : call.state + moving_mean_.offset, columns_, call.caches[mean_]);
    kernels::inverse_std<T>(by_batch ? variance : call.state + moving_variance_.offset, static_cast<T>(options_.epsilon), inv_std,
                            columns_);
    kernels::normalize_columns<T>(
        {x, call.caches[mean_], inv_std},
        {tiled(affine_.gamma(call.params), call.caches[gamma_]), tiled(affine_.beta(call.params), call.caches[beta_])}, rows_of<T>(call.y));
    if (moves) move_statistics(call, mean, variance);
  }

  void backward(const Backward<T>& call) const override {
    const kernels::NormalizedColumns<T> x_hat{rows_of<const T>(call.x), call.caches[mean_], call.caches[inv_std_]};
    const ConstView<T> dy = rows_of<const T>(call.dy);
    T* sum_dy = call.caches[sum_dy_];
    T* sum_dy_x_hat = call.caches[sum_dy_x_hat_];
    kernels::column_gradient_sums<T>(x_hat, dy, sum_dy, sum_dy_x_hat);
    if (T* dgamma = affine_.gamma(call.grads)) kernels::column_sums<T>({sum_dy_x_hat, time_, channels_}, dgamma);
    if (T* dbeta = affine_.beta(call.grads)) kernels::column_sums<T>({sum_dy, time_, channels_}, dbeta);
    if (call.dx.data == nullptr) return;
    const T* gamma = tiled(affine_.gamma(call.params), call.caches[gamma_]);
    T* factor = call.caches[batch_mean_];  // reuses the cache, whose numbers nobody needs any more
    const T* inv_std = x_hat.inv_std;
    for (Index c = 0; c < columns_; ++c) factor[c] = gamma != nullptr ? gamma[c] * inv_std[c] : inv_std[c];
    if (call.mode.statistics == Statistics::kMoving) return kernels::scale_columns<T>(dy, factor, rows_of<T>(call.dx));
    if (lengths_of(call) != nullptr) scale_sums(call, sum_dy, sum_dy_x_hat);
    kernels::normalize_columns_backward<T>(x_hat, dy, gamma, {sum_dy, sum_dy_x_hat, dy.rows}, rows_of<T>(call.dx));
    if (lengths_of(call) != nullptr) pass_padding(call, factor);
  }
  LayerTraits traits() const override { return {.is_mode_free = false}; }

 private:
  /// Returns how many steps of each example are valid, or null if every step counts.
  template <class Call>
  const Index* lengths_of(const Call& call) const {
    return options_.padded_steps == PaddedSteps::kLeftOut ? call.lengths : nullptr;
  }

  template <class U>
  View<U> rows_of(View<U> steps) const {
    return steps.reshaped(steps.rows / time_, columns_);
  }

  /// Repeats the numbers of the channels for every step, in `room`.  Null stays null.
  const T* tiled(const T* numbers, T* room) const {
    if (numbers == nullptr) return nullptr;
    for (Index t = 0; t < time_; ++t) std::copy_n(numbers, channels_, room + t * channels_);
    return room;
  }

  void batch_moments(const Forward<T>& call, ConstView<T> x, T* mean, T* variance) const {
    if (lengths_of(call) == nullptr) return kernels::column_moments<T>(x, mean, variance);
    std::fill_n(mean, columns_, T{0});
    std::fill_n(variance, columns_, T{0});
    for (Index t = 0; t < time_; ++t) {
      const ConstView<T> rows = reaching_rows<T>(x, t * channels_, channels_, lengths_of(call), t, call.caches[packed_]);
      if (rows.rows > 0) kernels::column_moments<T>(rows, mean + t * channels_, variance + t * channels_);
    }
  }

  void move_statistics(const Forward<T>& call, const T* mean, T* variance) const {
    T* updates = call.next_state + updates_.offset;
    *updates += T{1};
    const T momentum = static_cast<T>(momentum_of_update(options_.average, momentum_, static_cast<double>(*updates)));
    for (Index t = 0; t < time_; ++t) {
      const Index count = count_reaching(lengths_of(call), call.examples, t);
      if (count == 0) continue;
      const Index at = t * channels_;
      kernels::blend<T>(momentum, mean + at, call.next_state + moving_mean_.offset + at, channels_);
      if (options_.moving_variance == MovingVariance::kUnbiased) {
        if (count == 1) continue;
        kernels::scale<T>(variance + at, static_cast<T>(count) / static_cast<T>(count - 1), variance + at, channels_);
      }
      kernels::blend<T>(momentum, variance + at, call.next_state + moving_variance_.offset + at, channels_);
    }
  }

  /// Scales the sums of each step.  The kernel divides them by the number of all examples, not by the number that reach the step.
  void scale_sums(const Backward<T>& call, T* sum_dy, T* sum_dy_x_hat) const {
    for (Index t = 0; t < time_; ++t) {
      const Index count = count_reaching(lengths_of(call), call.examples, t);
      const T scale = count == 0 ? T{0} : static_cast<T>(call.examples) / static_cast<T>(count);
      kernels::scale<T>(sum_dy + t * channels_, scale, sum_dy + t * channels_, channels_);
      kernels::scale<T>(sum_dy_x_hat + t * channels_, scale, sum_dy_x_hat + t * channels_, channels_);
    }
  }

  /// Computes dx of the padded steps.  No statistic depends on them.
  void pass_padding(const Backward<T>& call, const T* factor) const {
    for (Index e = 0; e < call.examples; ++e) {
      for (Index t = lengths_of(call)[e]; t < time_; ++t) {
        const Index row = e * time_ + t;
        kernels::scale_columns<T>(call.dy.slice(row, 1), factor + t * channels_, call.dx.slice(row, 1));
      }
    }
  }

  BatchOptions options_;
  double momentum_;
  Index time_;
  Index channels_;
  Index columns_;  // time * channels
  GammaAndBeta affine_;
  StateId moving_mean_;  // (time, channels)
  StateId moving_variance_;
  StateId updates_;  // the count of updates: one number
  CacheId mean_;     // (time, channels): the mean that normalized; the following caches have the same shape
  CacheId batch_mean_;
  CacheId variance_;  // the variance of the batch
  CacheId inv_std_;
  CacheId gamma_;  // gamma, repeated for every step
  CacheId beta_;
  CacheId sum_dy_;
  CacheId sum_dy_x_hat_;
  CacheId packed_;  // (examples, channels): the examples that reach the step at hand
};

}  // namespace

template <class T>
std::unique_ptr<const Layer<T>> make_batch_per_step(const BatchOptions& options, Blueprint& blueprint) {
  return std::make_unique<BatchPerStep<T>>(options, blueprint);
}
template std::unique_ptr<const Layer<float>> make_batch_per_step(const BatchOptions&, Blueprint&);
template std::unique_ptr<const Layer<double>> make_batch_per_step(const BatchOptions&, Blueprint&);

}  // namespace normrun::nn::layers
