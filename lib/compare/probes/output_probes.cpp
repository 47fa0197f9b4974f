#include <algorithm>
#include <cmath>
#include <set>

#include "compare/probes/probe_functions.hpp"
#include "compare/probes/probe_rows.hpp"

namespace normrun::compare::probe {
namespace {

constexpr double kFactor = 10.0;

/// Returns one list of the outputs that `record` holds of its last forward pass: those of every normalization layer, then the network's.
template <class T>
std::vector<T> normalized_outputs(const Snapshot<T>& snapshot, const nn::Record<T>& record) {
  std::vector<T> outputs;
  const auto append = [&](Index boundary) {
    const ConstView<T> activations = record.activations(boundary);
    outputs.insert(outputs.end(), activations.begin(), activations.end());
  };
  for (const nn::Normalization& norm : snapshot.network.layout().normalizations) append(norm.layer + 1);
  append(snapshot.network.output_boundary());
  return outputs;
}

/// Returns the layers whose parameters feed normalizations alone.  For each normalization this is the last layer before it that has
/// parameters, unless another layer reads what lies between the two, or a join of branches lies between them.  A network without
/// normalizations gives its first layer with parameters.
template <class T>
std::set<Index> layers_before_norms(const nn::Network<T>& network) {
  const auto has_params = [&](Index layer) { return network.layers()[static_cast<std::size_t>(layer)].params > 0; };
  std::set<Index> before;
  for (const nn::Normalization& norm : network.layout().normalizations) {
    if (norm.kept) continue;
    Index boundary = norm.input;
    const auto inputs_below = [&]() -> const std::vector<Index>& {
      return network.layers()[static_cast<std::size_t>(boundary - 1)].inputs;
    };
    const auto feeds_it_alone = [&] { return boundary > 0 && network.readers(boundary) == 1 && inputs_below().size() == 1; };
    while (feeds_it_alone() && !has_params(boundary - 1)) boundary = inputs_below().front();
    if (feeds_it_alone()) before.insert(boundary - 1);
  }
  if (!network.layout().normalizations.empty()) return before;
  Index layer = 0;
  while (layer < network.output_boundary() && !has_params(layer)) ++layer;
  if (layer < network.output_boundary()) before.insert(layer);
  return before;
}

/// Returns the parameters with gamma 1 and beta 0 in this layer, so that its output is x_hat itself.
template <class T>
Buffer<T> without_affine(const Buffer<T>& params, const nn::Normalization& norm) {
  Buffer<T> plain = params;
  if (norm.gamma) std::fill_n(plain.begin() + norm.gamma->offset, norm.gamma->size, T{1});
  if (norm.beta) std::fill_n(plain.begin() + norm.beta->offset, norm.beta->size, T{0});
  return plain;
}

/// Returns the largest deviation of |x_hat| from |d| / sqrt(d^2 + 4 epsilon), where d is the difference of the two rows of x.  x and x_hat
/// are (2, channels).
template <class T>
double sign_error(ConstView<T> x, ConstView<T> x_hat, double epsilon) {
  double largest = 0.0;
  for (Index c = 0; c < x.cols; ++c) {
    const double d = static_cast<double>(x(0, c)) - static_cast<double>(x(1, c));
    const double law = std::abs(d) / std::sqrt(d * d + 4.0 * epsilon);
    for (Index r = 0; r < 2; ++r) largest = std::max(largest, std::abs(std::abs(static_cast<double>(x_hat(r, c))) - law));
  }
  return largest;
}

}  // namespace

template <class T>
double batch_one_output_spread(const Snapshot<T>& snapshot) {
  const ProbeRows<T> rows(snapshot);
  if (rows.count() < 2) return kNone;
  nn::Record<T> record(snapshot.network, 1);
  std::vector<T> lowest;
  std::vector<T> highest;
  for (Index r = 0; r < rows.count(); ++r) {
    run_train_mode<T>(snapshot, snapshot.model.params, rows.some(r, 1), record);
    const std::vector<T> outputs = normalized_outputs(snapshot, record);
    if (r == 0) lowest = highest = outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      lowest[i] = std::min(lowest[i], outputs[i]);
      highest[i] = std::max(highest[i], outputs[i]);
    }
  }
  double largest = 0.0;
  for (std::size_t i = 0; i < lowest.size(); ++i) {
    largest = std::max(largest, static_cast<double>(highest[i]) - static_cast<double>(lowest[i]));
  }
  return largest;
}

template <class T>
double batch_two_sign_error(const Snapshot<T>& snapshot) {
  const auto& norms = snapshot.network.layout().normalizations;
  const ProbeRows<T> rows(snapshot);
  if (norms.empty() || rows.count() < 2) return kNone;
  const nn::Normalization& norm = norms.front();
  if (norm.kept || snapshot.network.layers()[static_cast<std::size_t>(norm.layer)].input.positions() != 1) return kNone;
  const Buffer<T> params = without_affine(snapshot.model.params, norm);
  nn::Record<T> record(snapshot.network, 2);
  double largest = 0.0;
  for (Index r = 0; r + 2 <= rows.count(); r += 2) {
    run_train_mode<T>(snapshot, params, rows.some(r, 2), record);
    largest = std::max(largest, sign_error<T>(record.activations(norm.input), record.activations(norm.layer + 1), norm.epsilon));
  }
  return largest;
}

template <class T>
double batch_invariance(const Snapshot<T>& snapshot) {
  const ProbeRows<T> rows(snapshot);
  if (rows.count() < 2) return kNone;
  nn::Record<T> inside(snapshot.network, rows.count());
  nn::Record<T> alone(snapshot.network, 1);
  const ConstView<T> together = run_train_mode<T>(snapshot, snapshot.model.params, rows.all(), inside);
  double largest = 0.0;
  for (Index r = 0; r < rows.count(); ++r) {
    const ConstView<T> single = run_train_mode<T>(snapshot, snapshot.model.params, rows.some(r, 1), alone);
    const ConstView<T> same = together.slice(r, 1);
    largest = std::max(largest, relative_difference<T>({single.begin(), single.end()}, {same.begin(), same.end()}));
  }
  return largest;
}

template <class T>
double weight_rescale(const Snapshot<T>& snapshot) {
  const ProbeRows<T> rows(snapshot);
  const std::set<Index> scaled_layers = layers_before_norms(snapshot.network);
  if (rows.count() == 0 || scaled_layers.empty()) return kNone;
  Buffer<T> params = snapshot.model.params;
  Index begin = 0;
  for (Index layer = 0; layer < snapshot.network.output_boundary(); ++layer) {
    const Index count = snapshot.network.layers()[static_cast<std::size_t>(layer)].params;
    const auto first = params.begin() + begin;
    if (scaled_layers.count(layer) > 0) std::transform(first, first + count, first, [](T w) { return static_cast<T>(kFactor) * w; });
    begin += count;
  }
  nn::Record<T> before(snapshot.network, rows.count());
  nn::Record<T> after(snapshot.network, rows.count());
  const ConstView<T> own = run_train_mode<T>(snapshot, snapshot.model.params, rows.all(), before);
  const ConstView<T> rescaled = run_train_mode<T>(snapshot, params, rows.all(), after);
  return relative_difference<T>({rescaled.begin(), rescaled.end()}, {own.begin(), own.end()});
}

template double batch_one_output_spread(const Snapshot<float>&);
template double batch_one_output_spread(const Snapshot<double>&);
template double batch_two_sign_error(const Snapshot<float>&);
template double batch_two_sign_error(const Snapshot<double>&);
template double batch_invariance(const Snapshot<float>&);
template double batch_invariance(const Snapshot<double>&);
template double weight_rescale(const Snapshot<float>&);
template double weight_rescale(const Snapshot<double>&);

}  // namespace normrun::compare::probe
