#pragma once

#include <span>

#include "core/parts.hpp"
#include "nn/losses.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// What the replicas of a step share besides the averaged gradient.
enum class Sync {
  kNone,              // each replica normalizes by its own rows; of the moved statistics, the first replica's are kept
  kMovingStatistics,  // each replica normalizes by its own rows; of the moved statistics, the mean over the replicas is kept
  kBatchStatistics,   // all replicas normalize by the merged statistics of their rows, and these also move the moving statistics
};

/// How the rows of a step are divided: into micro-batches, one after another, and each micro-batch among replicas, which stand for devices
/// side by side.  Parts are consecutive rows, as equal as possible (even_part).  A part without rows is skipped.
struct Division {
  Index accumulate = 1;
  Index replicas = 1;
  Sync sync = Sync::kNone;
};

/// The rows of a step, with their targets.
template <class T>
struct Batch {
  ConstView<T> x;
  nn::Targets<T> targets;          // for the rows of x
  const Index* lengths = nullptr;  // how many time steps of each row are valid; null if the rows are no sequences
  Batch part(const Part& rows) const;
};

/// Computes the gradient of the mean loss (losses.hpp) over the rows of a batch.  Every part contributes in proportion to its targets
/// that count, which are its rows unless every position has a label.  Each part normalizes by its own statistics, unless the replicas
/// synchronise theirs.  The moving statistics move after each micro-batch, and all replicas of a micro-batch start from the same ones.  One
/// process simulates the replicas, one pass after another. Source: Keras 3 fit under tf.distribute.MirroredStrategy (kNone: the moving
/// statistics of replica 0 are kept) and BatchNormalization(synchronized=True) (kBatchStatistics).
template <class T>
class BatchGradient {
 public:
  /// `capacity` is the number of rows in the largest batch.
  BatchGradient(const nn::Network<T>& network, nn::LossKind loss, const Division& division, Index capacity);

  struct Result {
    double loss = 0.0;       // the mean loss over the rows
    double unit_loss = 0.0;  // the mean loss in the units of the data file (count_in_units)
    Index correct = 0;       // how many predictions are right; 0 without labels
    Index counted = 0;       // how many targets the batch has: its rows, or their positions that count
  };
  /// Fills gradient(), and moves `state` if the mode says so.  Allocates nothing.  Stops after a pass whose loss is not finite: record()
  /// then holds that pass, and gradient() has no meaning.  With a `kernel_updater`, is_one_pass() must hold: the updater takes the
  /// gradients of the kernels, which do not reach gradient().
  Result compute(const Mode& mode, const nn::PassKey& key, std::span<const T> params, std::span<T> state, const Batch<T>& batch,
                 nn::KernelUpdater<T>* kernel_updater = nullptr);
  /// Runs only the forward passes of a step, which move `state` if the mode says so.  gradient() has no meaning afterwards.
  Result move_statistics(const Mode& mode, const nn::PassKey& key, std::span<const T> params, std::span<T> state, const Batch<T>& batch);
  /// Says that the targets are standardized.  An error times the output's factor in `scale` is then in the units of the data file.
  void count_in_units(std::span<const double> scale) { scale_ = scale; }
  /// Whether a step is a single pass, so that the gradient of this pass is the gradient of the step.
  bool is_one_pass() const { return division_.accumulate == 1 && passes() == 1; }

  std::span<const T> gradient() const { return gradient_; }
  std::span<T> gradient() { return gradient_; }            // the caller may clip it
  const nn::Record<T>& record() const { return record_; }  // what the last pass recorded
  Index logits_boundary() const { return logits_boundary_; }

 private:
  struct Pass {
    Mode mode;
    nn::PassKey key;
    Index replicas = 1;  // how many replicas synchronise inside this pass
    std::span<const T> params = {};
    std::span<const T> state = {};
    T* next_state = nullptr;
    double share = 1.0;  // the share of the step's targets that this pass has
    nn::KernelUpdater<T>* kernel_updater = nullptr;
    bool has_backward = true;
  };
  Result compute(const Pass& pass, std::span<T> state, const Batch<T>& batch);
  /// Returns how many passes a micro-batch takes: replicas that do not synchronise take a pass each.
  Index passes() const { return division_.sync == Sync::kBatchStatistics ? 1 : division_.replicas; }
  void add_micro_batch(Pass pass, std::span<T> state, const Batch<T>& batch, const Part& rows, Result& result);
  void add_pass(Pass pass, const Batch<T>& batch, const Part& rows, Result& result);
  void add_gradient(const Pass& pass, View<T> dlogits);

  const nn::Network<T>& network_;
  nn::LossKind loss_;
  Division division_;
  std::span<const double> scale_;  // empty: losses are already in the file's units
  Index logits_boundary_;
  nn::Record<T> record_;
  Buffer<T> gradient_;
  Buffer<T> part_gradient_;  // the gradient of one pass; empty if a step is a single pass
  Buffer<T> start_state_;    // the state from which all replicas of a micro-batch start; empty if one pass has all replicas
  Buffer<T> replica_state_;  // gets the state of each replica after the first, before that state joins the average
  bool is_first_ = true;     // whether no pass of this step has added its gradient yet
};

}  // namespace normrun::train
