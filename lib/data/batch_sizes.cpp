#include "data/batch_sizes.hpp"

#include <algorithm>
#include <cassert>

namespace normrun::data {

BatchSizes::BatchSizes(const std::vector<Index>& sizes) {
  assert(!sizes.empty());
  first_rows_.reserve(sizes.size() + 1);
  first_rows_.push_back(0);
  for (const Index size : sizes) first_rows_.push_back(first_rows_.back() + size);
}

Index BatchSizes::first_row(Index step) const {
  if (count() == 1) return step * rows_of_turn();
  return step / count() * rows_of_turn() + first_rows_[static_cast<std::size_t>(step % count())];
}

Index BatchSizes::largest() const {
  Index most = 0;
  for (Index step = 0; step < count(); ++step) most = std::max(most, at(step));
  return most;
}

Index BatchSizes::smallest() const {
  Index least = at(0);
  for (Index step = 1; step < count(); ++step) least = std::min(least, at(step));
  return least;
}

Index BatchSizes::full_batches(Index rows) const {
  const Index left = rows % rows_of_turn();
  const auto next =
      std::upper_bound(first_rows_.begin(), first_rows_.end(), left);  // the first step of the turn that starts behind the rows
  return rows / rows_of_turn() * count() + (next - first_rows_.begin()) - 1;
}

Index BatchSizes::batches(Index rows, LastBatch last) const {
  return full_batches(rows) + (last == LastBatch::kKeep && left_over(rows) > 0 ? 1 : 0);
}

BatchSizes BatchSizes::at_most(Index rows) const {
  std::vector<Index> sizes;
  sizes.reserve(first_rows_.size());
  for (Index step = 0; step < count(); ++step) sizes.push_back(std::min(at(step), rows));
  return BatchSizes(sizes);
}

}  // namespace normrun::data
