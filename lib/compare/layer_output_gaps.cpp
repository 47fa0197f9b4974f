#include "compare/layer_output_gaps.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compare/evaluation_set.hpp"
#include "compare/metrics.hpp"
#include "statistics/evaluation_batches.hpp"
#include "statistics/run_on.hpp"

namespace normrun::compare {
namespace {

template <class T>
std::optional<data::SplitName> gap_split(const Snapshot<T>& snapshot) {
  std::optional<data::SplitName> chosen;
  for (const std::string& name : snapshot.settings.compare.splits) {
    const data::SplitName split = data::split_of(name);
    if (snapshot.data.split(split).samples() == 0) continue;
    if (!chosen || split == data::SplitName::kTest) chosen = split;
  }
  return chosen;
}

}  // namespace

Index counted_numbers(const nn::LayerInfo& layer, std::span<const Index> lengths, Index example) {
  return lengths.empty() ? layer.output.size() : lengths[static_cast<std::size_t>(example)] * layer.output.channels();
}

template <class T>
std::vector<double> layer_output_gaps(const Snapshot<T>& snapshot) {
  const nn::Network<T>& network = snapshot.network;
  const std::vector<nn::Normalization>& norms = network.layout().normalizations;
  const std::optional<data::SplitName> split = gap_split(snapshot);
  if (!split || norms.empty()) return std::vector<double>(norms.size(), std::nan(""));
  Index last = 0;
  for (const nn::Normalization& norm : norms) last = std::max(last, norm.layer + 1);
  if (network.mode_free_boundary() >= last) return std::vector<double>(norms.size(), 0.0);
  const EvaluationSet<T> set(snapshot, *split);
  const statistics::SplitRows<T> rows = snapshot.rows(*split);
  statistics::EvaluationBatches batches(set.batch_order(), set.rows(), snapshot.settings.batch_size);
  statistics::SliceForward<T> train(network, rows, batches.batch_size());
  statistics::SliceForward<T> eval(network, rows, batches.batch_size());
  std::vector<RunningGap<T>> gaps(norms.size());
  while (batches.next()) {
    std::optional<Index> at;  // where both passes have stopped
    for (std::size_t i = 0; i < norms.size(); ++i) {
      const nn::LayerInfo& layer = network.layers()[static_cast<std::size_t>(norms[i].layer)];
      const Index output = norms[i].layer + 1;
      statistics::run_on<T>(train, at, batches.rows(), snapshot.model, kTrainFrozen, output);
      statistics::run_on<T>(eval, at, batches.rows(), snapshot.model, kEvalMode, output);
      at = output;
      const ConstView<T> a = train.activations(output);
      const ConstView<T> b = eval.activations(output);
      for (const Index place : batches.counted())
        gaps[i].add(a.row(place), b.row(place), counted_numbers(layer, train.lengths_behind(norms[i].layer), place));
    }
  }
  std::vector<double> values(norms.size());
  std::transform(gaps.begin(), gaps.end(), values.begin(), [](const RunningGap<T>& gap) { return gap.relative_gap(); });
  return values;
}

template std::vector<double> layer_output_gaps(const Snapshot<float>&);
template std::vector<double> layer_output_gaps(const Snapshot<double>&);

}  // namespace normrun::compare
