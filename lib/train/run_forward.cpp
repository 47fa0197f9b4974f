#include "train/run_forward.hpp"

#include "train/gather.hpp"

namespace normrun {
namespace {

bool depends_on_slicing(const Mode& mode) { return mode.statistics == Statistics::kBatch || mode.dropout == Dropout::kOn; }

}  // namespace

template <class T>
Index boundary_size(const Network<T>& network, Index boundary) {
  return boundary == 0 ? network.input().size() : network.layers()[static_cast<std::size_t>(boundary - 1)].output.size();
}

template <class T>
SliceForward<T>::SliceForward(const Network<T>& network, const Split<T>& split, Index capacity)
    : network_(network), split_(split), record_(network, capacity), x_(capacity, network.input().size()) {}

template <class T>
void SliceForward<T>::run(std::span<const Index> rows, std::span<const T> params, std::span<const T> state, const Mode& mode,
                          Index last_boundary, PassKey key) {
  gather_rows<T>(split_.features.view(), rows, x_.view());
  if (!split_.lengths.empty()) {
    lengths_.resize(rows.size());
    gather_numbers<Index>(split_.lengths, rows, lengths_.data());
  }
  const typename Network<T>::Pass pass{.mode = {mode.statistics, Tracking::kFreeze, mode.dropout},
                                       .lengths = lengths_.empty() ? nullptr : lengths_.data(),
                                       .key = key,
                                       .last_boundary = last_boundary};
  network_.forward(pass, params, state, nullptr, record_, x_.view().slice(0, static_cast<Index>(rows.size())));
}

template <class T>
Matrix<T> run_forward(const Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const Split<T>& split, std::span<const Index> order, Index batch_size, Remainder remainder, Index boundary,
                      PassKey key) {
  const Index given = static_cast<Index>(order.size());
  const Index rows = remainder == Remainder::kLeaveOut ? given - given % batch_size : given;
  const Index slice = std::min(rows, depends_on_slicing(mode) ? batch_size : kEvaluationRows);
  Matrix<T> result(rows, boundary_size(network, boundary));
  SliceForward<T> forward(network, split, slice);
  for (Index first = 0; first < rows; first += slice, key.step += 1) {
    const Index count = std::min(slice, rows - first);
    forward.run(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), params, state, mode, boundary, key);
    const ConstView<T> activations = forward.activations(boundary);
    std::copy(activations.begin(), activations.end(), result.view().row(first));
  }
  return result;
}

template Index boundary_size<float>(const Network<float>&, Index);
template Index boundary_size<double>(const Network<double>&, Index);
template class SliceForward<float>;
template class SliceForward<double>;
template Matrix<float> run_forward<float>(const Network<float>&, std::span<const float>, std::span<const float>, const Mode&,
                                          const Split<float>&, std::span<const Index>, Index, Remainder, Index, PassKey);
template Matrix<double> run_forward<double>(const Network<double>&, std::span<const double>, std::span<const double>, const Mode&,
                                            const Split<double>&, std::span<const Index>, Index, Remainder, Index, PassKey);

}  // namespace normrun
