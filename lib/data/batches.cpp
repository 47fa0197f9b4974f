#include "data/batches.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace normrun::data {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ExitCode::kUsage, {"data.batching", what, hint}); }

}  // namespace

void Batching::describe(config::OptionVisitor& visitor) {
  visitor.choice<BatchOrder>({"order",
                              "shuffled: every row once, freshly shuffled each epoch; sequential: in the split's order; replacement: "
                              "independent draws; by-class: few classes in each batch"},
                             order,
                             {{"shuffled", BatchOrder::kShuffled},
                              {"sequential", BatchOrder::kSequential},
                              {"replacement", BatchOrder::kReplacement},
                              {"by-class", BatchOrder::kByClass}});
  visitor.integer({"classes_per_batch", "by-class: the number of classes in each batch"}, classes_per_batch, {.low = 1});
  visitor.flag({"balanced", "by-class: each class of a batch has the same number of rows"}, balanced);
  visitor.choice<LastBatch>({"last", "whether an epoch's last batch is kept if it is smaller than the others"}, last,
                            {{"keep", LastBatch::kKeep}, {"drop", LastBatch::kDrop}});
}

Batches::Batches(const Batching& batching, Index samples, std::vector<std::int32_t> labels, Index classes, BatchSizes sizes,
                 std::uint64_t seed)
    : batching_(batching), samples_(samples), labels_(std::move(labels)), classes_(classes), sizes_(std::move(sizes)), seed_(seed) {
  if (samples_ < 1 || sizes_.smallest() < 1)
    refuse("no rows to make batches of", "give the training split at least one row, and set batch_size to at least 1");
  if (steps_per_epoch() == 0) {
    refuse("\"last\": \"drop\" leaves no batch: " + std::to_string(samples_) + " training rows, batches of " + std::to_string(sizes_.at(0)),
           "keep the last batch or lower train.batch_size");
  }
  order_.resize(static_cast<std::size_t>(samples_));
  if (batching_.order != BatchOrder::kByClass) return;
  count_classes();
  class_rows_.resize(order_.size());
  deck_.resize(static_cast<std::size_t>(classes_));
}

void Batches::count_classes() {
  if (labels_.empty() || classes_ < 1) refuse("\"by-class\" needs class labels, and these data have none", "choose another order");
  if (batching_.classes_per_batch > classes_) {
    refuse(
        "classes_per_batch is " + std::to_string(batching_.classes_per_batch) + ", but there are " + std::to_string(classes_) + " classes",
        "lower classes_per_batch");
  }
  if (batching_.classes_per_batch > sizes_.smallest()) {
    refuse("a batch of " + std::to_string(sizes_.smallest()) + " rows has no room for " + std::to_string(batching_.classes_per_batch) +
               " classes",
           "lower classes_per_batch or raise train.batch_size");
  }
  class_begin_.assign(static_cast<std::size_t>(classes_) + 1, 0);
  class_used_.assign(static_cast<std::size_t>(classes_), 0);
  class_dealt_.assign(static_cast<std::size_t>(classes_), 0);
  for (const std::int32_t label : labels_) ++class_begin_[static_cast<std::size_t>(label) + 1];
  for (std::size_t label = 0; label < class_used_.size(); ++label) {
    if (class_begin_[label + 1] == 0) {
      refuse("class " + std::to_string(label) + " has no row in the training split, and order \"by-class\" needs rows of every class",
             "raise data.limit, or choose another data.batching.order");
    }
    class_begin_[label + 1] += class_begin_[label];
  }
}

void Batches::set_order(std::vector<std::vector<Index>> epochs) {
  for (std::size_t epoch = 0; epoch < epochs.size(); ++epoch) {
    const auto outside = [this](Index row) { return row < 0 || row >= samples_; };
    const auto wrong = std::find_if(epochs[epoch].begin(), epochs[epoch].end(), outside);
    const std::string where = "batch_order, epoch " + std::to_string(epoch);
    if (static_cast<Index>(epochs[epoch].size()) != samples_) {
      throw Error(ExitCode::kDamaged,
                  {where, std::to_string(epochs[epoch].size()) + " indices for " + std::to_string(samples_) + " training rows",
                   "write one index for each training row"});
    }
    if (wrong != epochs[epoch].end()) {
      throw Error(ExitCode::kDamaged,
                  {where, "there is no training row " + std::to_string(*wrong), "the rows are 0 to " + std::to_string(samples_ - 1)});
    }
  }
  given_ = std::move(epochs);
}

void Batches::start_epoch(Index epoch) {
  if (!given_.empty()) {
    if (epoch >= static_cast<Index>(given_.size())) {
      throw Error(ExitCode::kUsage,
                  {"batch_order", "holds " + std::to_string(given_.size()) + " epochs, but epoch " + std::to_string(epoch) + " is next",
                   "lower train.epochs or write more epochs"});
    }
    const std::vector<Index>& given = given_[static_cast<std::size_t>(epoch)];
    std::copy(given.begin(), given.end(), order_.begin());
    return;
  }
  RandomStream stream(seed_, Purpose::kOrder, static_cast<std::uint64_t>(epoch));
  switch (batching_.order) {
    case BatchOrder::kSequential:
      std::iota(order_.begin(), order_.end(), Index{0});
      break;
    case BatchOrder::kShuffled:
      std::iota(order_.begin(), order_.end(), Index{0});
      stream.shuffle(order_);
      break;
    case BatchOrder::kReplacement:
      for (Index& row : order_) row = static_cast<Index>(stream.below(static_cast<std::uint64_t>(samples_)));
      break;
    case BatchOrder::kByClass:
      fill_by_class(stream);
      break;
  }
}

std::span<const Index> Batches::step(Index step_in_epoch) const {
  const Index first = sizes_.first_row(step_in_epoch);
  const Index count = std::min(sizes_.at(step_in_epoch), samples_ - first);
  return std::span<const Index>(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

std::span<const Index> Batches::next_rows(Index step_in_epoch) const {
  const auto first = static_cast<std::size_t>(std::min(sizes_.first_row(step_in_epoch + 1), samples_));
  return std::span<const Index>(order_).subspan(first);
}

std::span<Index> Batches::rows_of(std::size_t label) {
  const auto begin = static_cast<std::size_t>(class_begin_[label]);
  return std::span<Index>(class_rows_).subspan(begin, static_cast<std::size_t>(class_begin_[label + 1]) - begin);
}

Index Batches::next_row(std::size_t label, RandomStream& stream) {
  const std::span<Index> rows = rows_of(label);
  if (class_used_[label] == static_cast<Index>(rows.size())) {
    stream.shuffle(rows);
    class_used_[label] = 0;
  }
  return rows[static_cast<std::size_t>(class_used_[label]++)];
}

/// Deals the next classes_per_batch cards: those that were dealt least often so far.  Cards that were dealt equally often come in shuffled
/// order.
void Batches::deal_classes(RandomStream& stream) {
  stream.shuffle(deck_);
  const auto times = [this](Index label) { return class_dealt_[static_cast<std::size_t>(label)]; };
  for (std::size_t card = 0; card < static_cast<std::size_t>(batching_.classes_per_batch); ++card) {
    std::size_t least = card;
    for (std::size_t i = card + 1; i < deck_.size(); ++i) {
      if (times(deck_[i]) < times(deck_[least])) least = i;
    }
    std::swap(deck_[card], deck_[least]);
    ++class_dealt_[static_cast<std::size_t>(deck_[card])];
  }
}

void Batches::fill_by_class(RandomStream& stream) {
  // A counting sort first lists the rows of each class in the split's order, and then they are shuffled.  So the result depends on the
  // epoch's stream alone.
  std::fill(class_used_.begin(), class_used_.end(), Index{0});
  for (Index row = 0; row < samples_; ++row) {
    const auto label = static_cast<std::size_t>(labels_[static_cast<std::size_t>(row)]);
    class_rows_[static_cast<std::size_t>(class_begin_[label] + class_used_[label]++)] = row;
  }
  for (std::size_t label = 0; label < class_used_.size(); ++label) stream.shuffle(rows_of(label));
  std::fill(class_used_.begin(), class_used_.end(), Index{0});
  std::fill(class_dealt_.begin(), class_dealt_.end(), Index{0});
  std::iota(deck_.begin(), deck_.end(), Index{0});

  const std::span<const Index> hand = std::span<const Index>(deck_).first(static_cast<std::size_t>(batching_.classes_per_batch));
  for (Index step = 0; sizes_.first_row(step) < samples_; ++step) {
    deal_classes(stream);
    const Index first = sizes_.first_row(step);
    const Index count = std::min(sizes_.at(step), samples_ - first);
    fill_batch(hand, std::span<Index>(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), stream);
  }
}

void Batches::fill_batch(std::span<const Index> hand, std::span<Index> batch, RandomStream& stream) {
  std::uint64_t rows = 0;
  for (const Index label : hand) rows += rows_of(static_cast<std::size_t>(label)).size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // In a balanced batch, row i of n belongs to class number i k / n of its k classes.  Otherwise the class is drawn at random.
    std::size_t card = i * hand.size() / batch.size();
    if (!batching_.balanced) {
      std::uint64_t ticket = stream.below(rows);
      for (card = 0; ticket >= rows_of(static_cast<std::size_t>(hand[card])).size(); ++card) {
        ticket -= rows_of(static_cast<std::size_t>(hand[card])).size();
      }
    }
    batch[i] = next_row(static_cast<std::size_t>(hand[card]), stream);
  }
}

}  // namespace normrun::data
