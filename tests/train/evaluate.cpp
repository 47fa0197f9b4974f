#include "evaluate.hpp"

#include <limits>

#include "statistics/gather.hpp"

namespace normrun {

template <class T>
Evaluation evaluate_logits(nn::LossKind loss, ConstView<T> logits, const data::Split<T>& split, std::span<const Index> order) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (logits.rows == 0) return {kNan, kNan, 0};
  const std::span<const Index> rows = order.first(static_cast<std::size_t>(logits.rows));
  if (split.labels.empty()) {
    Matrix<T> values(logits.rows, logits.cols);  // zeros where the data has no targets
    if (split.targets.rows() > 0) statistics::gather_rows<T>(split.targets.view(), rows, values.view());
    return {nn::loss_and_gradient<T>(loss, logits, {.labels = nullptr, .values = values.view()}, {}), kNan, logits.rows};
  }
  std::vector<std::int32_t> labels(rows.size());
  statistics::gather_numbers<std::int32_t>(split.labels, rows, labels.data());
  const double correct = static_cast<double>(nn::count_correct(loss, logits, labels.data()));
  return {nn::loss_and_gradient<T>(loss, logits, {.labels = labels.data(), .values = {}}, {}), correct / static_cast<double>(logits.rows),
          logits.rows};
}

template <class T>
Evaluation evaluate(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                    const data::Split<T>& split, std::span<const Index> order, Index batch_size, nn::LossKind loss) {
  const Matrix<T> logits = statistics::run_forward(network, params, state, mode, split, order, batch_size, network.logits_boundary(loss));
  return evaluate_logits<T>(loss, logits.view(), split, order);
}

template Evaluation evaluate_logits<float>(nn::LossKind, ConstView<float>, const data::Split<float>&, std::span<const Index>);
template Evaluation evaluate_logits<double>(nn::LossKind, ConstView<double>, const data::Split<double>&, std::span<const Index>);
template Evaluation evaluate<float>(const nn::Network<float>&, std::span<const float>, std::span<const float>, const Mode&,
                                    const data::Split<float>&, std::span<const Index>, Index, nn::LossKind);
template Evaluation evaluate<double>(const nn::Network<double>&, std::span<const double>, std::span<const double>, const Mode&,
                                     const data::Split<double>&, std::span<const Index>, Index, nn::LossKind);

}  // namespace normrun
