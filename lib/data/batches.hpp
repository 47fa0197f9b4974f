#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/options.hpp"
#include "core/matrix.hpp"

namespace normrun {

enum class BatchOrder { kShuffled, kSequential, kReplacement, kByClass };
enum class LastBatch { kKeep, kDrop };

/// The `batching` options.
struct Batching : Described {
  BatchOrder order = BatchOrder::kShuffled;
  Index classes_per_batch = 1;
  bool balanced = true;
  LastBatch last = LastBatch::kKeep;
  void describe(OptionVisitor& visitor) override;
};

/// The order in which an epoch reads its rows: indices into the split, consecutive slices of batch_size are the batches.
/// A pure function of (seed, epoch) and, but for by-class batching, not of the batch size.
class Batches {
 public:
  /// labels: (samples) or empty; needed by by-class batching (Error(kUsage) without, or where a class is empty).
  Batches(const Batching& batching, Index samples, std::vector<std::int32_t> labels, Index classes, Index batch_size, std::uint64_t seed);

  /// A given order instead (`batch_order`): (epochs, samples) indices.
  void set_order(std::vector<std::vector<Index>> epochs);

  Index steps_per_epoch() const;
  /// Computes the order of an epoch; the memory is reused.
  void start_epoch(Index epoch);
  /// Rows of a step within the epoch: at most batch_size indices.
  std::span<const Index> step(Index step_in_epoch) const;

 private:
  Batching batching_;
  Index samples_;
  std::vector<std::int32_t> labels_;
  Index classes_;
  Index batch_size_;
  std::uint64_t seed_;
  std::vector<std::vector<Index>> given_;
  std::vector<Index> order_;
};

}  // namespace normrun
