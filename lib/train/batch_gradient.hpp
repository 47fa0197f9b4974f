#pragma once

#include <span>

#include "core/parts.hpp"
#include "nn/losses.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// What the replicas of a step have in common beside the averaged gradient.
enum class Sync {
  kNone,              // each normalizes by its own rows; the moving statistics are those that the first replica moved
  kMovingStatistics,  // each normalizes by its own rows; the moving statistics are the mean of those that the replicas moved
  kBatchStatistics,   // all normalize, and move, by the merged statistics of all their rows
};

/// How a step's rows are divided: into micro-batches, read one after another, and each of these among replicas, which work
/// beside one another.  Parts are consecutive rows, as equal as they can be (even_part); those without rows are left out.
struct Division {
  Index accumulate = 1;
  Index replicas = 1;
  Sync sync = Sync::kNone;
};

/// The rows of a step.
template <class T>
struct Batch {
  ConstView<T> x;
  nn::Targets<T> targets;          // of the same rows
  const Index* lengths = nullptr;  // (rows), of sequences
  Batch part(const Part& rows) const;
};

/// Computes the gradient of a batch: that of the mean loss over its rows, every part counted by its rows.  What the parts do
/// not share is what normalizes them: each by its own statistics, unless these are synchronised.  The moving statistics move
/// after each micro-batch; the replicas of one all start from the same ones.  Simulated in one process, one pass after another.
/// Source: Keras 3 fit under tf.distribute.MirroredStrategy (kNone: what is kept is replica 0's) and
/// BatchNormalization(synchronized=True) (kBatchStatistics).
template <class T>
class BatchGradient {
 public:
  /// capacity: rows of the largest batch.
  BatchGradient(const nn::Network<T>& network, nn::LossKind loss, const Division& division, Index capacity);

  struct Result {
    double loss = 0.0;       // mean over the rows
    double unit_loss = 0.0;  // the same in the units of the data file (count_in_units)
    Index correct = 0;       // predictions, where there are labels
  };
  /// Fills gradient(), and moves `state` where the mode says so.  Allocates nothing.  A part whose loss is not finite is the
  /// last one: record() holds it and gradient() is of no use.
  /// A `kernel_updater` updates kernels instead of leaving their gradients in gradient(); only where is_one_pass().
  Result compute(const Mode& mode, const nn::PassKey& key, std::span<const T> params, std::span<T> state, const Batch<T>& batch,
                 nn::KernelUpdater<T>* kernel_updater = nullptr);
  /// The targets are standardized.  Errors multiplied by `scale`, one factor for each output, are in the units of the data file.
  void count_in_units(std::span<const double> scale) { scale_ = scale; }
  /// Whether a step is one pass, whose gradient is that of the step.
  bool is_one_pass() const { return division_.accumulate == 1 && passes() == 1; }

  std::span<const T> gradient() const { return gradient_; }
  const nn::Record<T>& record() const { return record_; }  // of the last pass
  Index logits_boundary() const { return logits_boundary_; }

 private:
  struct Pass {
    Mode mode;
    nn::PassKey key;
    Index replicas = 1;  // that synchronise inside the pass
    std::span<const T> params = {};
    std::span<const T> state = {};
    T* next_state = nullptr;
    double share = 1.0;  // of the step's rows
    nn::KernelUpdater<T>* kernel_updater = nullptr;
  };
  /// Replicas that do not synchronise are passes of their own.
  Index passes() const { return division_.sync == Sync::kBatchStatistics ? 1 : division_.replicas; }
  void add_micro_batch(Pass pass, std::span<T> state, const Batch<T>& batch, const Part& rows, Result& result);
  void add_pass(Pass pass, const Batch<T>& batch, const Part& rows, Result& result);
  void add_gradient(const Pass& pass, View<T> dlogits);

  const nn::Network<T>& network_;
  nn::LossKind loss_;
  Division division_;
  std::span<const double> scale_;  // empty: losses are in the file's units
  Index logits_boundary_;
  nn::Record<T> record_;
  Buffer<T> gradient_;
  Buffer<T> part_gradient_;  // empty where a step is one pass
  Buffer<T> start_state_;    // of the replicas of a micro-batch; empty where there are none
  Buffer<T> replica_state_;  // where one of them moves
  bool is_first_ = true;     // pass of the step
};

}  // namespace normrun::train
