#include "train/batch_replay.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>

#include "statistics/layer_input.hpp"
#include "statistics/run_on.hpp"
#include "train/training_batches.hpp"

namespace normrun::train {
namespace {

constexpr double kForgotten = 1e-3;  // a replay leaves out old batches that have at most this weight together
constexpr Index kMostReplayed = 4096;

/// Returns how many of the last updates a moving average remembers.  Everything before these updates has at most the weight kForgotten.
Index memory_in_updates(const nn::Normalization& norm, Index updates) {
  Index low = 0;  // so few of the last updates leave more than kForgotten to older ones
  Index high = updates;
  while (low < high) {
    const Index middle = low + (high - low) / 2;
    if (nn::share_left(norm.average, norm.momentum, updates - middle, updates) > kForgotten)
      low = middle + 1;
    else
      high = middle;
  }
  return high;
}

/// Returns the weight that one update has in the moving statistics.  `update` counts from 1, and `updates` is the count of all updates.
double update_weight(const nn::Normalization& norm, Index update, Index updates) {
  const double taken = 1.0 - nn::momentum_of_update(norm.average, norm.momentum, static_cast<double>(update));
  return taken * nn::share_left(norm.average, norm.momentum, update, updates);
}

/// The steps whose batches are averaged: [first, last).
struct Window {
  Index first = 0;
  Index last = 0;
};

/// Returns how many examples give precise statistics.  Images have many positions, so fewer images are enough.
template <class T>
Index many_examples(const nn::Network<T>& network) {
  constexpr Index kManyRows = Index{1} << 20;  // rows that a normalization layer sees: positions of all examples
  Index positions = 1;
  for (const nn::Normalization& norm : network.layout().normalizations)
    positions = std::max(positions, statistics::boundary_size(network, norm.input) / std::max<Index>(norm.features, 1));
  return std::clamp<Index>(kManyRows / positions, 1024, 16384);
}

/// Returns the window that starts with the present epoch and has as many batches as many_examples needs, but at least an epoch.  If the
/// config gives the order of rows, the window is the present epoch alone.
template <class T>
Window epoch_window(const TrainingPlan<T>& plan, Index steps, Index steps_per_epoch) {
  const Index first = steps_per_epoch > 0 ? std::max<Index>(steps - 1, 0) / steps_per_epoch * steps_per_epoch : 0;
  Index count = steps_per_epoch;
  if (plan.options->batch_order.empty())
    count = std::max(count, plan.options->sizes().batches(many_examples(*plan.network), data::LastBatch::kKeep));
  return {first, first + std::min(kMostReplayed, count)};
}

/// Returns the window of the last steps, as far back as the moving averages of any layer remember.
template <class T>
Window memory_window(const nn::Layout& layout, const nn::Model<T>& model, Index steps) {
  Index wanted = 0;  // how many updates the window should have; a step has at least one
  for (const Index index : statistics::layers_with_statistics(layout)) {
    const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(index)];
    wanted = std::max(wanted, memory_in_updates(norm, statistics::update_count<T>(norm, model.state)));
  }
  return {steps - std::min({wanted, steps, kMostReplayed}), steps};
}

/// Runs the batches of a training once more, through a network that no longer changes.  The statistics of these passes therefore differ
/// only by the batches.
template <class T>
class BatchReplay {
 public:
  BatchReplay(const TrainingPlan<T>& plan, statistics::StemOutputs<T>* stem);

  /// Finds or draws the rows of a step, and returns how many there are.
  Index start(Index step);
  /// Runs a part of the step's rows up to `boundary`, with the same dropout as the step; on from the boundary where the last run of the
  /// part stopped, if that is given.
  void run(const Part& part, const nn::Model<T>& model, const Mode& mode, std::optional<Index> from, Index boundary);
  const statistics::SliceForward<T>& pass() const { return forward_; }
  Index row_count(Index step) const { return batches_ ? std::ssize(batches_->step(step % steps_per_epoch_)) : sizes_.at(step); }
  Index steps_per_epoch() const { return steps_per_epoch_; }

 private:
  TrainingPlan<T> plan_;
  data::BatchSizes sizes_;
  std::optional<data::Batches> batches_;  // empty if every step draws fresh rows
  Index steps_per_epoch_ = 0;
  Index epoch_ = -1;
  Index step_ = 0;
  std::span<const Index> rows_;  // the rows of the present step
  data::Split<T> fresh_;
  std::vector<Index> all_fresh_;
  statistics::SliceForward<T> forward_;
};

template <class T>
BatchReplay<T>::BatchReplay(const TrainingPlan<T>& plan, statistics::StemOutputs<T>* stem)
    : plan_(plan),
      sizes_(plan.options->sizes()),
      batches_(training_batches(plan)),
      steps_per_epoch_(batches_ ? batches_->steps_per_epoch() : 0),
      forward_(*plan.network, batches_ ? statistics::SplitRows<T>(plan.data->train, stem) : statistics::SplitRows<T>(fresh_),
               plan.options->batch_size) {
  if (batches_) return;
  fresh_ = empty_batch(*plan.data, plan.options->batch_size, plan.data->outputs);
  all_fresh_.resize(static_cast<std::size_t>(fresh_.samples()));
  std::iota(all_fresh_.begin(), all_fresh_.end(), Index{0});
}

template <class T>
Index BatchReplay<T>::start(Index step) {
  step_ = step;
  if (!batches_) {
    const Index count = sizes_.at(step);
    draw_batch(*plan_.data, step, count, fresh_);
    rows_ = std::span<const Index>(all_fresh_).first(static_cast<std::size_t>(count));
  } else {
    const Index epoch = step / steps_per_epoch_;
    if (epoch != epoch_) batches_->start_epoch(epoch);
    epoch_ = epoch;
    rows_ = batches_->step(step % steps_per_epoch_);
  }
  return static_cast<Index>(rows_.size());
}

template <class T>
void BatchReplay<T>::run(const Part& part, const nn::Model<T>& model, const Mode& mode, std::optional<Index> from, Index boundary) {
  const nn::PassKey key{.seed = plan_.seed, .step = static_cast<std::uint64_t>(step_), .first_example = part.first};
  const auto rows = rows_.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count));
  statistics::run_on<T>(forward_, from, rows, model, mode, boundary, key);
}

/// Averages the statistics of the batches in a window of steps.  The batches are divided into micro-batches and replicas as in training.
template <class T>
class ReplayAverage {
 public:
  ReplayAverage(const TrainingPlan<T>& plan, const nn::Model<T>& model, Index steps, ReplayWeights weights,
                statistics::StemOutputs<T>* stem)
      : plan_(plan), model_(model), steps_(steps), weights_(weights), replay_(plan, stem) {
    for (const Index index : statistics::layers_with_statistics(plan.network->layout())) {
      norms_.push_back(&plan.network->layout().normalizations[static_cast<std::size_t>(index)]);
      averages_.emplace_back(*norms_.back());
    }
  }

  void add_window(Dropout dropout) {
    const nn::Layout& layout = plan_.network->layout();
    const Window window =
        weights_ == ReplayWeights::kEqual ? epoch_window(plan_, steps_, replay_.steps_per_epoch()) : memory_window(layout, model_, steps_);
    const Division& division = plan_.options->division;
    updates_after_.assign(norms_.size(), 0);
    for (Index step = window.first; step < window.last; ++step)
      for (Index i = 0; i < micro_batches(step); ++i) count_updates(even_part(replay_.row_count(step), division.accumulate, i), 1);
    for (Index step = window.first; step < window.last; ++step) {
      const Index rows = replay_.start(step);
      for (Index i = 0; i < micro_batches(step); ++i) {
        count_updates(even_part(rows, division.accumulate, i), -1);
        add_micro_batch(even_part(rows, division.accumulate, i), dropout);
      }
    }
  }

  std::vector<statistics::LayerStatistics> statistics() const {
    const std::vector<Index> layers = statistics::layers_with_statistics(plan_.network->layout());
    std::vector<statistics::LayerStatistics> statistics;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      statistics.push_back(statistics::moving_statistics<T>(plan_.network->layout(), layers[i], model_.state));
      averages_[i].replace(statistics.back());
    }
    return statistics;
  }

 private:
  /// Returns how many micro-batches of a step have rows.
  Index micro_batches(Index step) const { return std::min(replay_.row_count(step), plan_.options->division.accumulate); }
  Index parts() const { return plan_.options->division.sync == Sync::kBatchStatistics ? 1 : plan_.options->division.replicas; }

  /// Adds `sign` times the updates of a micro-batch to updates_after_: one for each layer, or as many as the layer makes ghost batches.
  void count_updates(const Part& rows, Index sign) {
    const Index examples = even_part(rows.count, parts(), 0).count;
    for (std::size_t layer = 0; layer < norms_.size(); ++layer)
      updates_after_[layer] += sign * statistics::statistics_groups(*norms_[layer], examples);
  }

  /// Adds the statistics of a micro-batch.  A part contributes only if training keeps the moving statistics of its replica.
  void add_micro_batch(const Part& rows, Dropout dropout) {
    const Index kept = plan_.options->division.sync == Sync::kMovingStatistics ? parts() : 1;
    for (Index i = 0; i < kept; ++i) {
      Part part = even_part(rows.count, parts(), i);
      if (part.count == 0) continue;
      part.first += rows.first;
      std::optional<Index> at;
      for (std::size_t layer = 0; layer < norms_.size(); ++layer) {
        const Index input = statistics::boundary_of_input(*norms_[layer]);
        replay_.run(part, model_, {Statistics::kBatch, Tracking::kFreeze, dropout}, at, input);
        at = std::max(at.value_or(0), input);
        add_layer(layer, kept);
      }
    }
  }

  void add_layer(std::size_t layer, Index kept) {
    const nn::Normalization& norm = *norms_[layer];
    const Index updates = statistics::update_count<T>(norm, model_.state);
    const Index groups = statistics::statistics_groups(norm, replay_.pass().activations(norm.input).rows);
    const auto add = [&](Index group, const statistics::ChannelMoments& moments) {
      const Index update = updates - updates_after_[layer] - (groups - 1 - group);
      const double weight = weights_ == ReplayWeights::kEqual ? 1.0 : update_weight(norm, update, updates);
      averages_[layer].add(moments, weight / static_cast<double>(kept));
    };
    statistics::each_statistics_group(replay_.pass(), norm, norm.padded_steps, add);
  }

  const TrainingPlan<T>& plan_;
  const nn::Model<T>& model_;
  Index steps_;
  ReplayWeights weights_;
  BatchReplay<T> replay_;
  std::vector<const nn::Normalization*> norms_;
  std::vector<statistics::BatchAverage> averages_;
  std::vector<Index> updates_after_;  // for each layer, how many updates come after the present micro-batch
};

}  // namespace

template <class T>
std::vector<statistics::LayerStatistics> replay_statistics(const TrainingPlan<T>& plan, const nn::Model<T>& model, Index steps,
                                                           ReplayWeights weights, Dropout dropout, statistics::StemOutputs<T>* stem) {
  if (statistics::layers_with_statistics(plan.network->layout()).empty()) return {};
  ReplayAverage<T> average(plan, model, steps, weights, stem);
  average.add_window(dropout);
  return average.statistics();
}

template std::vector<statistics::LayerStatistics> replay_statistics(const TrainingPlan<float>&, const nn::Model<float>&, Index,
                                                                    ReplayWeights, Dropout, statistics::StemOutputs<float>*);
template std::vector<statistics::LayerStatistics> replay_statistics(const TrainingPlan<double>&, const nn::Model<double>&, Index,
                                                                    ReplayWeights, Dropout, statistics::StemOutputs<double>*);

}  // namespace normrun::train
