#include <algorithm>
#include <cmath>
#include <limits>

#include "compare/probes/probe_functions.hpp"
#include "compare/probes/probe_rows.hpp"
#include "core/elementary.hpp"
#include "statistics/channel_moments.hpp"
#include "statistics/gather.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::compare::probe {
namespace {

constexpr Index kSnapshots = 1000;
constexpr double kLeft = 0.05;          // the correlation that may be left between two snapshots
constexpr Index kBurnInIntervals = 10;  // after these intervals the share of the initial moving mean is at most kLeft^10

/// Returns the first normalization with moving statistics, or null if its moving mean is not an exponential average of independent rows.
template <class T>
const nn::Normalization* find_averaging_layer(const nn::Network<T>& network) {
  for (const nn::Normalization& norm : network.layout().normalizations) {
    if (!norm.moving_mean || norm.kept) continue;
    const bool is_plain = network.layers()[static_cast<std::size_t>(norm.layer)].input.positions() == 1;
    return is_plain && norm.average == nn::Average::kExponential && norm.momentum < 1.0 ? &norm : nullptr;
  }
  return nullptr;
}

/// Returns the smallest number of updates for which momentum^updates <= kLeft.
Index decorrelation_interval(double momentum) {
  if (momentum <= kLeft) return 1;
  return static_cast<Index>(std::ceil(math::log(kLeft) / math::log(momentum)));
}

/// Continues to update the moving statistics on rows drawn with replacement, while the parameters stay.
template <class T>
class FrozenTraining {
 public:
  FrozenTraining(const Snapshot<T>& snapshot, const nn::Normalization& norm)
      : snapshot_(snapshot),
        norm_(norm),
        state_(snapshot.model.state),
        rows_(static_cast<std::size_t>(snapshot.settings.batch_size)),
        lengths_(probe_split(snapshot).lengths.empty() ? 0 : rows_.size()),
        x_(snapshot.settings.batch_size, snapshot.network.input().size()),
        record_(snapshot.network, snapshot.settings.batch_size),
        stream_(static_cast<std::uint64_t>(snapshot.settings.seed), Purpose::kProbe) {}

  void step() {
    const data::Split<T>& split = probe_split(snapshot_);
    for (Index& row : rows_) row = static_cast<Index>(stream_.below(static_cast<std::uint64_t>(split.samples())));
    statistics::gather_rows<T>(split.features.view(), rows_, x_.view());
    if (!lengths_.empty()) statistics::gather_numbers<Index>(split.lengths, rows_, lengths_.data());
    const typename nn::Network<T>::Pass pass{.mode = {Statistics::kBatch, Tracking::kUpdate, Dropout::kOff},
                                             .lengths = lengths_.empty() ? nullptr : lengths_.data(),
                                             .last_boundary = norm_.layer + 1};
    snapshot_.network.forward(pass, snapshot_.model.params, state_, state_.data(), record_, x_.view());
  }
  ConstView<T> moving_mean() const { return {state_.data() + norm_.moving_mean->offset, 1, norm_.moving_mean->size}; }

 private:
  const Snapshot<T>& snapshot_;
  const nn::Normalization& norm_;
  Buffer<T> state_;
  std::vector<Index> rows_;
  std::vector<Index> lengths_;  // valid time steps; empty unless rows are padded sequences
  Matrix<T> x_;
  nn::Record<T> record_;
  RandomStream stream_;
};

/// Returns the biased variance of each channel of the layer's input over the whole split, or 0 if it is 0 apart from rounding.
template <class T>
std::vector<double> input_variance(const Snapshot<T>& snapshot, const nn::Normalization& norm) {
  const data::Split<T>& split = probe_split(snapshot);
  const std::vector<Index> order = probe_order(snapshot);
  const Matrix<T> inputs = statistics::run_forward<T>(snapshot.network, snapshot.model.params, snapshot.model.state, kEvalMode, split,
                                                      order, split.samples(), norm.input);
  statistics::ChannelMoments moments(inputs.cols());
  moments.add<T>(inputs.view());
  std::vector<double> variance = moments.variance();
  const std::vector<double> rounding = moments.rounding_variance(std::numeric_limits<T>::epsilon());
  for (std::size_t c = 0; c < variance.size(); ++c) variance[c] = variance[c] > rounding[c] ? variance[c] : 0.0;
  return variance;
}

}  // namespace

template <class T>
double moving_mean_noise(const Snapshot<T>& snapshot) {
  const nn::Normalization* norm = find_averaging_layer(snapshot.network);
  if (norm == nullptr || probe_split(snapshot).samples() == 0) return kNone;
  FrozenTraining<T> training(snapshot, *norm);
  const Index interval = decorrelation_interval(norm->momentum);
  for (Index i = 0; i < kBurnInIntervals * interval; ++i) training.step();
  Matrix<double> snapshots(kSnapshots, norm->features);
  for (Index s = 0; s < kSnapshots; ++s) {
    for (Index i = 0; i < interval; ++i) training.step();
    std::copy(training.moving_mean().begin(), training.moving_mean().end(), snapshots.view().row(s));
  }
  statistics::ChannelMoments moments(norm->features);
  moments.add<double>(snapshots.view());
  const std::vector<double> observed = moments.variance();
  const std::vector<double> variance = input_variance(snapshot, *norm);
  const double law = (1.0 - norm->momentum) / (1.0 + norm->momentum) / static_cast<double>(snapshot.settings.batch_size);
  double sum = 0.0;
  double alive = 0.0;
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (!(variance[c] > 0.0)) continue;
    sum += observed[c] / (law * variance[c]);
    alive += 1.0;
  }
  return sum / alive * static_cast<double>(kSnapshots) /
         static_cast<double>(kSnapshots - 1);  // divides by n - 1, because the variance is about the snapshots' own mean
}

template double moving_mean_noise(const Snapshot<float>&);
template double moving_mean_noise(const Snapshot<double>&);

}  // namespace normrun::compare::probe
