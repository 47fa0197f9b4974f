#include "statistics/evaluation_batches.hpp"

#include <algorithm>

namespace normrun::statistics {

EvaluationBatches::EvaluationBatches(std::span<const Index> order, Index samples, Index batch_size)
    : order_(order), batch_size_(std::min(batch_size, samples)), has_counted_(static_cast<std::size_t>(samples)) {}

bool EvaluationBatches::next() {
  for (slice_ += 1; slice_ * batch_size_ < std::ssize(order_); slice_ += 1) {
    const auto slice = order_.subspan(static_cast<std::size_t>(slice_ * batch_size_));
    const auto size = static_cast<std::size_t>(batch_size_);
    const std::span<const Index> own = slice.first(std::min(slice.size(), size));
    counted_.clear();
    for (std::size_t i = 0; i < own.size(); ++i) {
      const auto row = static_cast<std::size_t>(own[i]);
      if (has_counted_[row]) continue;
      has_counted_[row] = true;
      counted_.push_back(static_cast<Index>(i));
    }
    if (counted_.empty()) continue;
    rows_.assign(own.begin(), own.end());
    const auto filling = order_.first(size - own.size());
    rows_.insert(rows_.end(), filling.begin(), filling.end());
    return true;
  }
  return false;
}

std::vector<Index> first_places(std::span<const Index> order, Index samples) {
  std::vector<bool> is_known(static_cast<std::size_t>(samples));
  std::vector<Index> rows;
  for (const Index row : order) {
    if (is_known[static_cast<std::size_t>(row)]) continue;
    is_known[static_cast<std::size_t>(row)] = true;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace normrun::statistics
