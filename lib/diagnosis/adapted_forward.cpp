#include "diagnosis/adapted_forward.hpp"

#include <algorithm>

#include "statistics/layer_input.hpp"

namespace normrun::diagnosis {
namespace {

/// Returns the statistics of `stored` with those of a batch mixed in.
statistics::LayerStatistics mixed(const statistics::LayerStatistics& stored, const statistics::ChannelMoments& batch, double rows,
                                  const Adaptation& adaptation) {
  statistics::LayerStatistics result = stored;
  const double own = rows / (rows + adaptation.pseudo_rows);
  const std::vector<double> variance = batch.variance();
  const std::size_t channels = variance.size() / static_cast<std::size_t>(batch.groups());
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (batch.rows(static_cast<Index>(c / channels)) == 0) continue;
    const double difference = batch.mean()[c] - stored.mean[c];
    result.mean[c] += own * difference;
    result.variance[c] += own * (variance[c] - stored.variance[c]);
    if (adaptation.variance == Adaptation::Variance::kPooled) result.variance[c] += own * (1.0 - own) * difference * difference;
  }
  return result;
}

}  // namespace

template <class T>
RowScores adapted_score(const Subject<T>& subject, const JudgedRows<T>& judged, const StatisticsList& base, const Adaptation& adaptation) {
  const nn::Network<T>& network = subject.network();
  const Index size = std::min(adaptation.batch_size, judged.rows());
  const Index logits_boundary = network.logits_boundary(subject.plan.loss);
  Matrix<T> logits(judged.rows(), statistics::boundary_size(network, logits_boundary));
  statistics::SliceForward<T> forward(network, subject.rows_of(judged.name()), size);
  const Buffer<T> start = statistics::state_with<T>(subject.layout(), subject.model.state, base);
  for (Index first = 0; first < judged.rows(); first += size) {
    const Index count = std::min(size, judged.rows() - first);
    const auto rows = std::span(judged.order()).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    Buffer<T> state = start;
    for (const statistics::LayerStatistics& layer : base) {
      const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(layer.normalization)];
      forward.run(rows, subject.model.params, state, kEvalMode, norm.input);
      statistics::ChannelMoments moments(norm.features, norm.steps);
      statistics::add_layer_input(forward, norm, norm.padded_steps, moments);
      state = statistics::state_with<T>(subject.layout(), state, {mixed(layer, moments, static_cast<double>(count), adaptation)});
    }
    forward.run(rows, subject.model.params, state, kEvalMode, logits_boundary);
    const ConstView<T> result = forward.activations(logits_boundary);
    std::copy(result.begin(), result.end(), logits.view().row(first));
  }
  return judged.scorer().score(logits);
}

template RowScores adapted_score(const Subject<float>&, const JudgedRows<float>&, const StatisticsList&, const Adaptation&);
template RowScores adapted_score(const Subject<double>&, const JudgedRows<double>&, const StatisticsList&, const Adaptation&);

}  // namespace normrun::diagnosis
