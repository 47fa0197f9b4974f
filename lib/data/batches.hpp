#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "core/random.hpp"

namespace normrun::data {

enum class BatchOrder { kShuffled, kSequential, kReplacement, kByClass };
enum class LastBatch { kKeep, kDrop };

/// The `batching` options.
struct Batching : config::Described {
  BatchOrder order = BatchOrder::kShuffled;
  Index classes_per_batch = 1;
  bool balanced = true;
  LastBatch last = LastBatch::kKeep;
  void describe(config::OptionVisitor& visitor) override;
};

/// The order in which an epoch reads its rows: indices into the split, consecutive slices of batch_size are the batches.
/// A pure function of (seed, epoch) and, but for by-class batching, not of the batch size.
///   shuffled     every row once, in a fresh order each epoch
///   sequential   every row once, in the split's order
///   replacement  samples independent draws
///   by-class     each batch has rows of classes_per_batch classes, dealt from a shuffled deck of all classes; balanced: the
///                same number of each (a remainder goes to the first ones), else as many as the classes' sizes make likely.
///                The rows of a class come in a shuffled order, again from the start when all have been used
class Batches {
 public:
  /// labels: (samples) or empty; needed by by-class batching.  Throws Error(kUsage): by-class without labels, with an empty
  /// class, with more classes a batch than there are classes or rows in a batch; no full batch where the last is dropped.
  Batches(const Batching& batching, Index samples, std::vector<std::int32_t> labels, Index classes, Index batch_size, std::uint64_t seed);

  /// A given order instead (`batch_order`): (epochs, samples) indices.  Throws Error(kDamaged) where one is no row of the
  /// split or an epoch has another length.
  void set_order(std::vector<std::vector<Index>> epochs);

  /// Epochs of the given order; 0 without one.
  Index given_epochs() const { return static_cast<Index>(given_.size()); }

  Index steps_per_epoch() const;
  /// Computes the order of an epoch; allocates nothing.  Throws Error(kUsage) past the end of a given order.
  void start_epoch(Index epoch);
  /// Rows of a step within the epoch: at most batch_size indices.
  std::span<const Index> step(Index step_in_epoch) const;
  /// The rows of the epoch's later steps.
  std::span<const Index> next_rows(Index step_in_epoch) const;

 private:
  Batching batching_;
  Index samples_;
  std::vector<std::int32_t> labels_;
  Index classes_;
  Index batch_size_;
  std::uint64_t seed_;
  std::vector<std::vector<Index>> given_;
  std::vector<Index> order_;

  void count_classes();
  void fill_by_class(RandomStream& stream);
  void deal_classes(RandomStream& stream);
  void fill_batch(std::span<const Index> hand, std::span<Index> batch, RandomStream& stream);
  Index next_row(std::size_t label, RandomStream& stream);
  std::span<Index> rows_of(std::size_t label);

  // By-class batching alone: the rows ordered by class, where each class starts, how many of it are used up, how often it was
  // dealt, and the deck, whose first classes_per_batch cards are the batch's.
  std::vector<Index> class_rows_;
  std::vector<Index> class_begin_;
  std::vector<Index> class_used_;
  std::vector<Index> class_dealt_;
  std::vector<Index> deck_;
};

}  // namespace normrun::data
