#include "statistics/mixed_forward.hpp"

#include <algorithm>
#include <utility>

#include "statistics/evaluation_batches.hpp"
#include "statistics/layer_input.hpp"

namespace normrun::statistics {
namespace {

/// Returns the statistics of `stored` with those of `rows` mixed in.  own: the weight of the rows' statistics.
LayerStatistics mixed(const LayerStatistics& stored, const ChannelMoments& rows, double own, Mixing::Variance rule) {
  LayerStatistics result = stored;
  const std::vector<double> variance = rows.variance();
  const std::size_t channels = variance.size() / static_cast<std::size_t>(rows.groups());
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (rows.rows(static_cast<Index>(c / channels)) == 0) continue;
    const double difference = rows.mean()[c] - stored.mean[c];
    result.mean[c] += own * difference;
    result.variance[c] += own * (variance[c] - stored.variance[c]);
    if (rule == Mixing::Variance::kPooled) result.variance[c] += own * (1.0 - own) * difference * difference;
  }
  return result;
}

template <class T>
std::vector<LayerStatistics> statistics_of(const nn::Layout& layout, std::span<const T> state) {
  std::vector<LayerStatistics> list;
  for (const Index index : layers_with_statistics(layout)) list.push_back(moving_statistics<T>(layout, index, state));
  return list;
}

}  // namespace

template <class T>
MixedForward<T>::MixedForward(const nn::Network<T>& network, const SplitRows<T>& rows, const nn::Model<T>& model,
                              std::vector<LayerStatistics> stored, const Mixing& mixing, Index capacity)
    : network_(network),
      params_(model.params),
      stored_(std::move(stored)),
      mixing_(mixing),
      start_(state_with<T>(network.layout(), model.state, stored_)),
      forward_(network, rows, capacity) {}

template <class T>
ConstView<T> MixedForward<T>::run(std::span<const Index> rows, Index boundary) {
  const nn::Layout& layout = network_.layout();
  const double own = mixing_.weight_of(std::ssize(rows));
  Buffer<T> state = start_;
  std::size_t first = 0;  // stored_ lists the groups one after another
  for (const NormGroup& group : norm_groups(layout)) {
    Buffer<T> before;
    for (Index round = 0; round < group.rounds && before != state; ++round) {
      forward_.run(rows, params_, state, kEvalMode, group.last_boundary);
      std::vector<LayerStatistics> layers;
      for (std::size_t i = 0; i < group.norms.size(); ++i) {
        const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(group.norms[i])];
        ChannelMoments moments(norm.features, norm.steps);
        add_layer_input(forward_, norm, norm.padded_steps, moments);
        layers.push_back(mixed(stored_[first + i], moments, own, mixing_.variance));
      }
      before = state_with<T>(layout, state, layers);
      std::swap(before, state);
    }
    first += group.norms.size();
  }
  forward_.run(rows, params_, state, kEvalMode, boundary);
  return forward_.activations(boundary);
}

template <class T>
Matrix<T> run_every_row_mixed(const nn::Network<T>& network, const nn::Model<T>& model, const Mixing& mixing,
                              const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size,
                              Index boundary) {
  Matrix<T> result(rows.split.samples(), boundary_size(network, boundary));
  EvaluationBatches batches(order, rows.split.samples(), batch_size);
  MixedForward<T> forward(network, rows, model, statistics_of<T>(network.layout(), model.state), mixing, batches.batch_size());
  while (batches.next()) {
    const ConstView<T> activations = forward.run(batches.rows(), boundary);
    for (const Index place : batches.counted()) {
      const Index row = batches.rows()[static_cast<std::size_t>(place)];
      std::copy_n(activations.row(place), activations.cols, result.view().row(row));
    }
  }
  return result;
}

template class MixedForward<float>;
template class MixedForward<double>;
template Matrix<float> run_every_row_mixed<float>(const nn::Network<float>&, const nn::Model<float>&, const Mixing&,
                                                  const SplitRows<float>&, std::span<const Index>, Index, Index);
template Matrix<double> run_every_row_mixed<double>(const nn::Network<double>&, const nn::Model<double>&, const Mixing&,
                                                    const SplitRows<double>&, std::span<const Index>, Index, Index);

}  // namespace normrun::statistics
