#include "compare/probes/probe_rows.hpp"

#include <algorithm>
#include <cmath>

#include "compare/evaluation_set.hpp"
#include "statistics/gather.hpp"

namespace normrun::compare {
namespace {

template <class T>
data::SplitName probe_split_name(const Snapshot<T>& snapshot) {
  return snapshot.data.train.samples() > 0 ? data::SplitName::kTrain : data::SplitName::kTest;
}

}  // namespace

template <class T>
const data::Split<T>& probe_split(const Snapshot<T>& snapshot) {
  return snapshot.data.split(probe_split_name(snapshot));
}

template <class T>
std::vector<Index> probe_order(const Snapshot<T>& snapshot) {
  return EvaluationSet<T>(snapshot, probe_split_name(snapshot)).order();
}

template <class T>
ProbeRows<T>::ProbeRows(const Snapshot<T>& snapshot) {
  const data::Split<T>& split = probe_split(snapshot);
  std::vector<Index> order = probe_order(snapshot);
  order.resize(std::min(order.size(), static_cast<std::size_t>(kProbeRows)));
  const auto count = static_cast<Index>(order.size());
  x_ = Matrix<T>(count, split.features.cols());
  statistics::gather_rows<T>(split.features.view(), order, x_.view());
  targets_ = Matrix<T>(count, snapshot.network.output().size());
  if (split.targets.rows() > 0) statistics::gather_rows<T>(split.targets.view(), order, targets_.view());
  if (!split.labels.empty()) {
    positions_ = split.positions();
    labels_.resize(order.size() * static_cast<std::size_t>(positions_));
    statistics::gather_labels<std::int32_t>(split.labels, order, positions_, labels_.data());
  }
  if (!split.lengths.empty()) {
    lengths_.resize(order.size());
    statistics::gather_numbers<Index>(split.lengths, order, lengths_.data());
  }
}

template <class T>
train::Batch<T> ProbeRows<T>::all() const {
  return {.x = x_.view(),
          .targets = {.labels = labels_.empty() ? nullptr : labels_.data(), .values = targets_.view(), .positions = positions_},
          .lengths = lengths_.empty() ? nullptr : lengths_.data()};
}

template <class T>
ConstView<T> run_train_mode(const Snapshot<T>& snapshot, std::span<const T> params, const train::Batch<T>& rows, nn::Record<T>& record) {
  const typename nn::Network<T>::Pass pass{.mode = kTrainFrozen, .lengths = rows.lengths};
  return snapshot.network.forward(pass, params, snapshot.model.state, nullptr, record, rows.x);
}

template <class T>
double relative_difference(std::span<const T> a, std::span<const T> b) {
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double gap = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    difference += gap * gap;
    size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(difference / size);
}

template const data::Split<float>& probe_split(const Snapshot<float>&);
template const data::Split<double>& probe_split(const Snapshot<double>&);
template std::vector<Index> probe_order(const Snapshot<float>&);
template std::vector<Index> probe_order(const Snapshot<double>&);
template class ProbeRows<float>;
template class ProbeRows<double>;
template ConstView<float> run_train_mode(const Snapshot<float>&, std::span<const float>, const train::Batch<float>&, nn::Record<float>&);
template ConstView<double> run_train_mode(const Snapshot<double>&, std::span<const double>, const train::Batch<double>&,
                                          nn::Record<double>&);
template double relative_difference(std::span<const float>, std::span<const float>);
template double relative_difference(std::span<const double>, std::span<const double>);

}  // namespace normrun::compare
