#include "diagnosis/adapted_forward.hpp"

#include <algorithm>

#include "statistics/mixed_forward.hpp"

namespace normrun::diagnosis {

template <class T>
RowScores adapted_score(const Subject<T>& subject, const JudgedRows<T>& judged, const StatisticsList& base, Index batch_size,
                        const statistics::Mixing& mixing) {
  const nn::Network<T>& network = subject.network();
  const Index size = std::min(batch_size, judged.rows());
  const Index logits_boundary = network.logits_boundary(subject.plan.loss);
  Matrix<T> logits(judged.rows(), statistics::boundary_size(network, logits_boundary));
  statistics::MixedForward<T> forward(network, subject.rows_of(judged.name()), subject.model, base, mixing, size);
  for (Index first = 0; first < judged.rows(); first += size) {
    const Index count = std::min(size, judged.rows() - first);
    const auto rows = std::span(judged.order()).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const ConstView<T> result = forward.run(rows, logits_boundary);
    std::copy(result.begin(), result.end(), logits.view().row(first));
  }
  return judged.scorer().score(logits);
}

template RowScores adapted_score(const Subject<float>&, const JudgedRows<float>&, const StatisticsList&, Index, const statistics::Mixing&);
template RowScores adapted_score(const Subject<double>&, const JudgedRows<double>&, const StatisticsList&, Index,
                                 const statistics::Mixing&);

}  // namespace normrun::diagnosis
