#include <algorithm>
#include <cmath>

#include "compare/layer_output_gaps.hpp"
#include "compare/probes/probe_functions.hpp"
#include "compare/probes/probe_rows.hpp"

namespace normrun::compare::probe {
namespace {

/// Returns a layer's outputs in ascending order, without the steps beyond a sequence's length.
template <class T>
std::vector<T> sorted_outputs(const nn::Record<T>& record, std::size_t layer, const nn::LayerInfo& info) {
  const ConstView<T> outputs = record.activations(static_cast<Index>(layer) + 1);
  const std::span<const Index> lengths = record.lengths_behind(static_cast<Index>(layer));
  std::vector<T> numbers;
  numbers.reserve(static_cast<std::size_t>(outputs.size()));
  for (Index row = 0; row < outputs.rows; ++row) {
    numbers.insert(numbers.end(), outputs.row(row), outputs.row(row) + counted_numbers(info, lengths, row));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

double percentile_of(std::span<const double> ascending, double share) {
  if (ascending.empty()) return kNone;
  const double place = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

template <class T>
std::vector<LayerValue> activation_percentile(const Snapshot<T>& snapshot, double share) {
  const ProbeRows<T> rows(snapshot);
  std::vector<LayerValue> values;
  if (rows.count() == 0) return values;
  nn::Record<T> record(snapshot.network, rows.count());
  run_train_mode<T>(snapshot, snapshot.model.params, rows.all(), record);
  const std::vector<nn::LayerInfo>& layers = snapshot.network.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::vector<T> outputs = sorted_outputs(record, i, layers[i]);
    const bool is_finite = std::all_of(outputs.begin(), outputs.end(), [](T value) { return std::isfinite(value); });
    const std::vector<double> numbers(outputs.begin(), outputs.end());
    values.push_back({layers[i].name, is_finite ? percentile_of(numbers, share) : kNone});
  }
  return values;
}

template <class T>
std::vector<LayerValue> gradient_norm(const Snapshot<T>& snapshot) {
  const ProbeRows<T> rows(snapshot);
  std::vector<LayerValue> values;
  if (rows.count() == 0) return values;
  train::BatchGradient<T> pass(snapshot.network, snapshot.loss, {}, rows.count());
  Buffer<T> state = snapshot.model.state;
  pass.compute(kTrainFrozen, {}, snapshot.model.params, state, rows.all());
  std::size_t begin = 0;  // the buffer has the layers in order
  for (const nn::LayerInfo& layer : snapshot.network.layers()) {
    double squares = 0.0;
    for (const T value : pass.gradient().subspan(begin, static_cast<std::size_t>(layer.params)))
      squares += static_cast<double>(value) * static_cast<double>(value);
    begin += static_cast<std::size_t>(layer.params);
    if (layer.params > 0) values.push_back({layer.name, std::sqrt(squares)});
  }
  return values;
}

template std::vector<LayerValue> activation_percentile(const Snapshot<float>&, double);
template std::vector<LayerValue> activation_percentile(const Snapshot<double>&, double);
template std::vector<LayerValue> gradient_norm(const Snapshot<float>&);
template std::vector<LayerValue> gradient_norm(const Snapshot<double>&);

}  // namespace normrun::compare::probe
