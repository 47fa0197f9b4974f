#include <algorithm>
#include <cmath>

#include "compare/probes/probe_functions.hpp"
#include "compare/probes/probe_rows.hpp"

namespace normrun::compare::probe {
namespace {

constexpr Index kParts = 8;

/// Returns the gradient of the rows as a training step computes it, but without moving statistics and without dropout.
template <class T>
Buffer<T> gradient_of(const Snapshot<T>& snapshot, const train::Batch<T>& rows, const train::Division& division) {
  train::BatchGradient<T> gradient(snapshot.network, snapshot.loss, division, rows.x.rows);
  Buffer<T> state = snapshot.model.state;
  gradient.compute(kTrainFrozen, {}, snapshot.model.params, state, rows);
  return {gradient.gradient().begin(), gradient.gradient().end()};
}

template <class T>
double divided_gradient_difference(const Snapshot<T>& snapshot, const train::Division& division) {
  const ProbeRows<T> rows(snapshot);
  if (rows.count() < kProbeRows) return kNone;
  return relative_difference<T>(gradient_of(snapshot, rows.all(), division), gradient_of(snapshot, rows.all(), {}));
}

}  // namespace

template <class T>
double microbatch_gradient_difference(const Snapshot<T>& snapshot) {
  return divided_gradient_difference(snapshot, {.accumulate = kParts});
}

template <class T>
double synchronised_gradient_difference(const Snapshot<T>& snapshot) {
  return divided_gradient_difference(snapshot, {.replicas = kParts, .sync = train::Sync::kBatchStatistics});
}

template <class T>
double batch_one_gradient_norm(const Snapshot<T>& snapshot) {
  const auto& norms = snapshot.network.layout().normalizations;
  if (norms.empty()) return kNone;
  // The probe applies only if no path from the layers below leads around the normalization.
  if (!snapshot.network.is_cut(norms.front().input) || snapshot.network.readers(norms.front().input) != 1) return kNone;
  Index before = 0;  // number of parameters below this normalization; the buffer has the layers in order
  for (Index i = 0; i < norms.front().layer; ++i) before += snapshot.network.layers()[static_cast<std::size_t>(i)].params;
  const ProbeRows<T> rows(snapshot);
  double largest = before > 0 && rows.count() > 0 ? 0.0 : kNone;
  for (Index r = 0; r < rows.count() && before > 0; ++r) {
    const Buffer<T> gradient = gradient_of(snapshot, rows.some(r, 1), {});
    double squares = 0.0;
    for (Index i = 0; i < before; ++i) {
      const auto value = static_cast<double>(gradient[static_cast<std::size_t>(i)]);
      squares += value * value;
    }
    largest = std::max(largest, std::sqrt(squares));
  }
  return largest;
}

template double microbatch_gradient_difference(const Snapshot<float>&);
template double microbatch_gradient_difference(const Snapshot<double>&);
template double synchronised_gradient_difference(const Snapshot<float>&);
template double synchronised_gradient_difference(const Snapshot<double>&);
template double batch_one_gradient_norm(const Snapshot<float>&);
template double batch_one_gradient_norm(const Snapshot<double>&);

}  // namespace normrun::compare::probe
