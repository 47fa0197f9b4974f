#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "core/random.hpp"
#include "data/batch_sizes.hpp"

namespace normrun::data {

enum class BatchOrder { kShuffled, kSequential, kReplacement, kByClass };

/// The options under `batching` in a config.
struct Batching : config::Described {
  BatchOrder order = BatchOrder::kShuffled;
  Index classes_per_batch = 1;
  bool balanced = true;
  LastBatch last = LastBatch::kKeep;
  void describe(config::OptionVisitor& visitor) override;
};

/// The order in which an epoch reads its rows: indices into the split.  Consecutive slices of it, of the given sizes, are the batches.
/// The order is a pure function of (seed, epoch); only by-class batching also depends on the batch sizes.
///   shuffled     reads every row once, in a fresh order each epoch
///   sequential   reads every row once, in the split's order
///   replacement  makes `samples` independent draws
///   by-class     gives each batch rows of classes_per_batch classes, which are dealt from a shuffled deck of all classes.  A balanced
///                batch has the same number of rows of each class (the first classes get the remainder).  Otherwise each row's class is
///                drawn with probabilities that follow the classes' sizes.  The rows of a class come in shuffled order, and start again
///                when all have been used.
class Batches {
 public:
  /// `labels` has length `samples` or is empty.  Throws Error(kUsage) for by-class batching without labels, with a class that has no row,
  /// or with more classes in a batch than there are or than the smallest batch has rows.  Throws Error(kUsage) too if the last batch is
  /// dropped and no batch is full.
  Batches(const Batching& batching, Index samples, std::vector<std::int32_t> labels, Index classes, BatchSizes sizes, std::uint64_t seed);

  /// Makes the epochs read rows in a given order (`batch_order`), which holds indices (epochs, samples).  Throws Error(kDamaged) if an
  /// index is no row of the split or if an epoch has another length.
  void set_order(std::vector<std::vector<Index>> epochs);

  /// Returns the number of epochs of the given order; 0 if there is none.
  Index given_epochs() const { return static_cast<Index>(given_.size()); }

  Index steps_per_epoch() const { return sizes_.batches(samples_, batching_.last); }
  /// Computes the order of an epoch without allocating.  Throws Error(kUsage) after the last epoch of a given order.
  void start_epoch(Index epoch);
  /// Returns the rows of a step within the epoch: at most as many indices as its size.
  std::span<const Index> step(Index step_in_epoch) const;
  /// Returns the rows of all later steps of the epoch.
  std::span<const Index> next_rows(Index step_in_epoch) const;

 private:
  Batching batching_;
  Index samples_;
  std::vector<std::int32_t> labels_;
  Index classes_;
  BatchSizes sizes_;
  std::uint64_t seed_;
  std::vector<std::vector<Index>> given_;
  std::vector<Index> order_;

  void count_classes();
  void fill_by_class(RandomStream& stream);
  void deal_classes(RandomStream& stream);
  void fill_batch(std::span<const Index> hand, std::span<Index> batch, RandomStream& stream);
  Index next_row(std::size_t label, RandomStream& stream);
  std::span<Index> rows_of(std::size_t label);

  // Only by-class batching uses the members below.  They are the rows ordered by class, where each class starts, how many of its rows are
  // used up, how often it was dealt, and the deck.  The first classes_per_batch cards of the deck are those of the current batch.
  std::vector<Index> class_rows_;
  std::vector<Index> class_begin_;
  std::vector<Index> class_used_;
  std::vector<Index> class_dealt_;
  std::vector<Index> deck_;
};

}  // namespace normrun::data
