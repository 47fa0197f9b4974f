#include "diagnosis/subject.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "statistics/layer_input.hpp"

namespace normrun::diagnosis {
namespace {

/// With more rows, an estimate would be surer than any decision needs.
constexpr Index kMostJudged = 2048;

/// Whether something is to be predicted for a row: not if every one of its positions counts for nothing.
template <class T>
bool has_target(const data::Split<T>& split, Index row) {
  const auto own = split.labels.begin() + (split.labels.empty() ? 0 : row * split.positions());
  return split.positions() == 1 || std::any_of(own, own + split.positions(), [](std::int32_t label) { return label != kNoLabel; });
}

template <class T>
std::vector<Index> judged_order(const Subject<T>& subject, data::SplitName name) {
  std::vector<Index> order(static_cast<std::size_t>(subject.split(name).samples()));
  std::iota(order.begin(), order.end(), Index{0});
  std::erase_if(order, [&](Index row) { return !has_target(subject.split(name), row); });
  RandomStream(subject.plan.seed, Purpose::kDiagnosis, static_cast<std::uint64_t>(name)).shuffle(order);
  if (std::ssize(order) > kMostJudged) order.resize(kMostJudged);
  return order;
}

template <class T>
RowScorer make_scorer(const Subject<T>& subject, data::SplitName name, std::span<const Index> rows) {
  const data::Split<T>& split = subject.split(name);
  const Index outputs = subject.network().output().size();
  std::vector<std::int32_t> labels;
  std::vector<double> targets;
  for (const Index row : rows) {
    if (!split.labels.empty()) {
      const auto own = split.labels.begin() + row * split.positions();
      labels.insert(labels.end(), own, own + split.positions());
    } else if (split.targets.rows() > 0) {
      const T* target = split.targets.view().row(row);
      targets.insert(targets.end(), target, target + outputs);
    } else {
      targets.insert(targets.end(), static_cast<std::size_t>(outputs), 0.0);
    }
  }
  return {subject.plan.loss, std::move(labels), std::move(targets), outputs, split.positions()};
}

/// Returns the rows of a split as training would order them; nothing if they cannot be ordered so.
template <class T>
std::optional<std::vector<Index>> training_order(const Subject<T>& subject, data::SplitName name) {
  const data::Split<T>& split = subject.split(name);
  std::vector<Index> order;
  try {
    data::Batches batches(*subject.plan.batching, split.samples(), split.labels, subject.plan.data->classes,
                          subject.plan.options->sizes().at_most(split.samples()), subject.plan.seed);
    batches.start_epoch(0);
    for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
      const std::span<const Index> rows = batches.step(step);
      order.insert(order.end(), rows.begin(), rows.end());
    }
  } catch (const Error&) {  // the split has no rows of some class, or too few
    return std::nullopt;
  }
  return order;
}

}  // namespace

Index rows_of_norm_batch(const train::TrainOptions& options) {
  const train::Division& division = options.division;
  const Index parts = division.accumulate * (division.sync == train::Sync::kBatchStatistics ? 1 : division.replicas);
  return std::max<Index>(options.batch_size / parts, 1);
}

Index rows_of_statistics(const train::TrainOptions& options, const nn::Normalization& norm) {
  const Index rows = rows_of_norm_batch(options);
  return std::max<Index>(rows / statistics::statistics_groups(norm, rows), 1);
}

Index rows_of_statistics(const train::TrainOptions& options, const nn::Layout& layout) {
  Index fewest = rows_of_norm_batch(options);
  for (const Index index : statistics::layers_with_statistics(layout))
    fewest = std::min(fewest, rows_of_statistics(options, layout.normalizations[static_cast<std::size_t>(index)]));
  return fewest;
}

template <class T>
bool draws_at_random(const train::TrainingPlan<T>& plan) {
  const data::BatchOrder order = plan.batching->order;
  return plan.data->resample ||
         (plan.options->batch_order.empty() && (order == data::BatchOrder::kShuffled || order == data::BatchOrder::kReplacement));
}

template <class T>
StatisticsList stored_statistics(const nn::Layout& layout, std::span<const T> state) {
  StatisticsList list;
  for (const Index index : statistics::layers_with_statistics(layout))
    list.push_back(statistics::moving_statistics<T>(layout, index, state));
  return list;
}

template <class T>
JudgedRows<T>::JudgedRows(const Subject<T>& subject, data::SplitName split)
    : subject_(subject), name_(split), order_(judged_order(subject, split)), scorer_(make_scorer<T>(subject, split, order_)) {}

template <class T>
RowScorer JudgedRows<T>::scorer_of(std::span<const Index> rows) const {
  return make_scorer<T>(subject_, name_, rows);
}

template <class T>
Matrix<T> JudgedRows<T>::eval_logits(std::span<const T> state) const {
  const nn::Network<T>& network = subject_.network();
  return statistics::run_forward<T>(network, subject_.model.params, state, kEvalMode, subject_.rows_of(name_), order_, rows(),
                                    network.logits_boundary(subject_.plan.loss));
}

template <class T>
RowScores JudgedRows<T>::eval_score(const StatisticsList& statistics) const {
  return eval_score(std::span<const T>(statistics::state_with<T>(subject_.layout(), subject_.model.state, statistics)));
}

template <class T>
Matrix<T> JudgedRows<T>::train_logits(std::span<const Index> order, Index batch_size) const {
  const nn::Network<T>& network = subject_.network();
  const Index count = static_cast<Index>(order.size());
  const Index size = std::min(batch_size, count);
  std::vector<Index> filled(order.begin(), order.end());
  for (Index i = 0; std::ssize(filled) % size != 0; ++i) filled.push_back(order[static_cast<std::size_t>(i)]);
  const Matrix<T> logits = statistics::run_forward<T>(network, subject_.model.params, subject_.model.state, kTrainFrozen,
                                                      subject_.rows_of(name_), filled, size, network.logits_boundary(subject_.plan.loss));
  Matrix<T> first(count, logits.cols());
  std::copy_n(logits.view().begin(), first.view().size(), first.view().begin());
  return first;
}

template <class T>
RowScores JudgedRows<T>::train_score(Index batch_size, Index partitions) const {
  std::vector<Index> places(order_.size());
  std::vector<Matrix<T>> passes;
  passes.reserve(static_cast<std::size_t>(partitions));
  for (Index partition = 0; partition < partitions; ++partition) {
    // A batch of one row is the same in every partition.
    if (batch_size == 1 && partition > 0) {
      passes.push_back(passes.front());
      continue;
    }
    std::iota(places.begin(), places.end(), Index{0});
    RandomStream(subject_.plan.seed, Purpose::kPartition, static_cast<std::uint64_t>(partition)).shuffle(places);
    std::vector<Index> order(places.size());
    for (std::size_t i = 0; i < places.size(); ++i) order[i] = order_[static_cast<std::size_t>(places[i])];
    const Matrix<T> logits = train_logits(order, batch_size);
    passes.emplace_back(rows(), logits.cols());
    for (std::size_t i = 0; i < places.size(); ++i)
      std::copy_n(logits.view().row(static_cast<Index>(i)), logits.cols(), passes.back().view().row(places[i]));
  }
  return scorer_.score(std::span<const Matrix<T>>(passes));
}

template <class T>
std::optional<RowScores> JudgedRows<T>::ordered_train_score() const {
  const std::optional<std::vector<Index>> order = training_order(subject_, name_);
  if (!order) return std::nullopt;
  std::vector<Index> place(static_cast<std::size_t>(subject_.split(name_).samples()), -1);
  for (std::size_t i = 0; i < order_.size(); ++i) place[static_cast<std::size_t>(order_[i])] = static_cast<Index>(i);
  const Matrix<T> logits = train_logits(*order, rows_of_norm_batch(*subject_.plan.options));
  // The training's order may leave out a row.  Such a row keeps its logits from eval mode, which favours neither mode.
  Matrix<T> result = eval_logits(subject_.model.state);
  for (std::size_t i = 0; i < order->size(); ++i) {
    const Index to = place[static_cast<std::size_t>((*order)[i])];
    if (to >= 0) std::copy_n(logits.view().row(static_cast<Index>(i)), logits.cols(), result.view().row(to));
  }
  return scorer_.score(result);
}

template <class T>
Index JudgedRows<T>::partitions() const {
  constexpr Index kFewest = 4;
  constexpr Index kMost = 16;
  if (subject_.steps == 0) return rows() <= kMostJudged / 4 ? kMost : kFewest;
  // So many forward passes of one row cost about half as much as training did.
  const Index trained = 2 * subject_.steps * subject_.plan.options->batch_size;
  return std::clamp(trained / std::max<Index>(rows(), 1), kFewest, kMost);
}

template struct Subject<float>;
template struct Subject<double>;
template class JudgedRows<float>;
template class JudgedRows<double>;
template bool draws_at_random(const train::TrainingPlan<float>&);
template bool draws_at_random(const train::TrainingPlan<double>&);
template StatisticsList stored_statistics(const nn::Layout&, std::span<const float>);
template StatisticsList stored_statistics(const nn::Layout&, std::span<const double>);

}  // namespace normrun::diagnosis
