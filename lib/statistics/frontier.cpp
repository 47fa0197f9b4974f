#include "statistics/frontier.hpp"

#include <algorithm>
#include <utility>

#include "statistics/gather.hpp"
#include "statistics/shared_rows.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::statistics {

template <class T>
Frontier<T>::Frontier(const nn::Network<T>& network, std::span<const T> params, const SplitRows<T>& source, std::vector<Index> rows,
                      Index most_bytes)
    : network_(network),
      params_(params),
      split_(source.split),
      rows_(std::move(rows)),
      most_bytes_(most_bytes),
      part_rows_(std::min(evaluation_rows(network), row_count())) {
  if (source.stem == nullptr || !source.stem->are_by(params) || source.stem->boundary() == 0) return;
  kept_at_ = source.stem->boundary();
  Matrix<T>& outputs = kept_.emplace(kept_at_, Matrix<T>(row_count(), boundary_size(network, kept_at_))).first->second;
  source.stem->gather(rows_, outputs.view());
}

template <class T>
Index Frontier<T>::bytes_at(Index boundary) const {
  return boundary == 0 ? 0 : boundary_size(network_, boundary) * row_count() * static_cast<Index>(sizeof(T));
}

/// Returns the boundaries whose activations a pass needs that goes on from `boundary`, the highest first.
template <class T>
std::vector<Index> Frontier<T>::needed_above(Index boundary) const {
  std::vector<Index> needed = {boundary};
  for (std::size_t layer = static_cast<std::size_t>(boundary); layer < network_.layers().size(); ++layer)
    for (const Index input : network_.layers()[layer].inputs)
      if (input < boundary) needed.push_back(input);
  std::sort(needed.begin(), needed.end(), std::greater<>());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  return needed;
}

template <class T>
void Frontier<T>::start_stretch(Index boundary) {
  end_ = boundary;
  next_at_ = kept_at_;
  next_.clear();
  Index held = 0;
  for (const auto& [at, values] : kept_) held += bytes_at(at);
  for (Index at = boundary; at > kept_at_; --at) {
    const std::vector<Index> needed = needed_above(at);
    Index bytes = held;
    for (const Index one : needed) bytes += kept_.contains(one) ? 0 : bytes_at(one);
    if (bytes > most_bytes_) continue;
    next_at_ = at;
    for (const Index one : needed)
      if (one > 0 && !kept_.contains(one)) next_.emplace(one, Matrix<T>(row_count(), boundary_size(network_, one)));
    return;
  }
}

template <class T>
void Frontier<T>::finish_stretch() {
  if (next_at_ == kept_at_) return;
  Kept now = std::move(next_);
  for (const Index one : needed_above(next_at_))
    if (const auto old = kept_.find(one); old != kept_.end()) now.insert(kept_.extract(old));
  kept_ = std::move(now);
  next_.clear();
  kept_at_ = next_at_;
}

/// Runs some rows from what is kept of them up to a boundary, and keeps of them what the next stretch needs.
template <class T>
void Frontier<T>::advance(Worker& worker, Index first, Index count, std::span<const T> state, Index last_boundary) {
  const auto rows = std::span(rows_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  if (!split_.lengths.empty()) {
    worker.lengths.resize(rows.size());
    gather_numbers<Index>(split_.lengths, rows, worker.lengths.data());
  }
  const auto run = [&](Index from, ConstView<T> x, Index to) {
    const typename nn::Network<T>::Pass pass{.mode = kEvalMode,
                                             .lengths = worker.lengths.empty() ? nullptr : worker.lengths.data(),
                                             .first_boundary = from,
                                             .last_boundary = to};
    network_.forward(pass, params_, state, nullptr, worker.record, x);
  };
  for (const Index one : needed_above(kept_at_)) {
    ConstView<T> x = worker.x.view().slice(0, count);
    if (one == 0)
      gather_rows<T>(split_.features.view(), rows, worker.x.view());
    else
      x = std::as_const(kept_.at(one)).view().slice(first, count);
    run(one, x, one);
  }
  const auto go_on = [&](Index from, Index to) {
    if (to > from) run(from, std::as_const(worker.record).activations(from), to);
  };
  if (next_at_ > kept_at_) {
    go_on(kept_at_, next_at_);
    keep(worker, first, count);
    go_on(next_at_, last_boundary);
  } else {
    go_on(kept_at_, last_boundary);
  }
}

template <class T>
void Frontier<T>::keep(const Worker& worker, Index first, Index count) {
  for (auto& [boundary, values] : next_) {
    const ConstView<T> own = worker.record.activations(boundary);
    std::copy(own.begin(), own.end(), values.view().slice(first, count).begin());
  }
}

template <class T>
std::vector<std::unique_ptr<typename Frontier<T>::Worker>>& Frontier<T>::workers_for(Index parts) {
  while (std::ssize(workers_) < members_for(parts)) workers_.push_back(std::make_unique<Worker>(network_, part_rows_));
  return workers_;
}

template <class T>
typename Frontier<T>::Activations Frontier<T>::run(Index first, Index count, std::span<const T> state, Index layer) {
  const Index size = boundary_size(network_, end_);
  const bool is_kept = next_at_ == end_ && next_.contains(end_);
  if (!is_kept && (values_.cols() != size || values_.rows() < count)) values_ = Matrix<T>(count, size);
  lengths_.resize(split_.lengths.empty() ? 0 : static_cast<std::size_t>(count));
  const Index parts = (count + part_rows_ - 1) / part_rows_;
  std::vector<std::unique_ptr<Worker>>& workers = workers_for(parts);
  std::vector<char> has_lengths(static_cast<std::size_t>(parts));
  share_items(parts, [&](Index member, Index part) {
    Worker& worker = *workers[static_cast<std::size_t>(member)];
    const Index offset = part * part_rows_;
    const Index part_count = std::min(part_rows_, count - offset);
    advance(worker, first + offset, part_count, state, end_);
    const std::span<const Index> own = worker.record.lengths(layer);
    has_lengths[static_cast<std::size_t>(part)] = own.empty() ? 0 : 1;
    std::copy(own.begin(), own.end(), lengths_.begin() + offset);
    if (is_kept) return;
    const ConstView<T> activations = std::as_const(worker.record).activations(end_);
    std::copy(activations.begin(), activations.end(), values_.view().row(offset));
  });
  layer_rows_ += count * (end_ - kept_at_);
  const ConstView<T> values = is_kept ? std::as_const(next_.at(end_)).view().slice(first, count) : values_.view().slice(0, count);
  return {values, has_lengths.front() != 0 ? std::span<const Index>(lengths_) : std::span<const Index>()};
}

template <class T>
const nn::Record<T>& Frontier<T>::run_at_once(Index first, Index count, std::span<const T> state, Index last_boundary) {
  if (at_once_ == nullptr) at_once_ = std::make_unique<Worker>(network_, count);
  advance(*at_once_, first, count, state, last_boundary);
  layer_rows_ += count * (last_boundary - kept_at_);
  return at_once_->record;
}

template class Frontier<float>;
template class Frontier<double>;

}  // namespace normrun::statistics
