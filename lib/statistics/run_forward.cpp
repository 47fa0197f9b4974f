#include "statistics/run_forward.hpp"

#include <numeric>

#include "statistics/evaluation_batches.hpp"
#include "statistics/gather.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::statistics {
namespace {

bool depends_on_slicing(const Mode& mode) { return mode.statistics == Statistics::kBatch || mode.dropout == Dropout::kOn; }

}  // namespace

template <class T>
Index boundary_size(const nn::Network<T>& network, Index boundary) {
  return boundary == 0 ? network.input().size() : network.layers()[static_cast<std::size_t>(boundary - 1)].output.size();
}

template <class T>
Index evaluation_rows(const nn::Network<T>& network) {
  constexpr Index kBytes = Index{1} << 19;
  constexpr Index kFewest = 24;  // enough rows to fill the tiles of the matrix products
  Index widest = 1;
  for (Index i = 0; i <= network.output_boundary(); ++i) widest = std::max(widest, boundary_size(network, i));
  return std::clamp(kBytes / static_cast<Index>(sizeof(T)) / widest, kFewest, kEvaluationRows);
}

template <class T>
SliceForward<T>::SliceForward(const nn::Network<T>& network, const SplitRows<T>& rows, Index capacity)
    : network_(network), split_(rows.split), stem_(rows.stem), capacity_(capacity), record_(network, capacity, nn::Keep::kNoGradients) {}

template <class T>
ConstView<T> SliceForward<T>::start(std::span<const Index> rows, Index boundary) {
  const Index size = boundary_size(network_, boundary);
  if (x_.cols() != size) x_ = Matrix<T>(capacity_, size);
  if (boundary > 0)
    stem_->gather(rows, x_.view());
  else
    gather_rows<T>(split_.features.view(), rows, x_.view());
  return x_.view().slice(0, static_cast<Index>(rows.size()));
}

template <class T>
void SliceForward<T>::run(std::span<const Index> rows, std::span<const T> params, std::span<const T> state, const Mode& mode,
                          Index last_boundary, nn::PassKey key) {
  const bool reaches_stem = stem_ != nullptr && (last_boundary < 0 || last_boundary >= stem_->boundary());
  const Index first_boundary = reaches_stem && stem_->are_by(params) ? stem_->boundary() : 0;
  run_from(first_boundary, start(rows, first_boundary), rows, params, state, mode, last_boundary, key);
}

template <class T>
void SliceForward<T>::run_from(Index boundary, ConstView<T> x, std::span<const Index> rows, std::span<const T> params,
                               std::span<const T> state, const Mode& mode, Index last_boundary, nn::PassKey key) {
  if (!split_.lengths.empty()) {
    lengths_.resize(rows.size());
    gather_numbers<Index>(split_.lengths, rows, lengths_.data());
  }
  const typename nn::Network<T>::Pass pass{.mode = {mode.statistics, Tracking::kFreeze, mode.dropout},
                                           .lengths = lengths_.empty() ? nullptr : lengths_.data(),
                                           .key = key,
                                           .first_boundary = boundary,
                                           .last_boundary = last_boundary};
  network_.forward(pass, params, state, nullptr, record_, x);
}

template <class T>
Matrix<T> run_forward(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                      nn::PassKey key) {
  const Index wanted = static_cast<Index>(order.size());
  const Index slice = std::min(wanted, depends_on_slicing(mode) ? batch_size : evaluation_rows(network));
  Matrix<T> result(wanted, boundary_size(network, boundary));
  SliceForward<T> forward(network, rows, slice);
  for (Index first = 0; first < wanted; first += slice, key.step += 1) {
    const Index count = std::min(slice, wanted - first);
    forward.run(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), params, state, mode, boundary, key);
    const ConstView<T> activations = forward.activations(boundary);
    std::copy(activations.begin(), activations.end(), result.view().row(first));
  }
  return result;
}

template <class T>
Matrix<T> run_every_row(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                        const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                        nn::PassKey key) {
  const Index samples = rows.split.samples();
  if (!depends_on_slicing(mode)) {
    std::vector<Index> all(static_cast<std::size_t>(samples));
    std::iota(all.begin(), all.end(), Index{0});
    return run_forward<T>(network, params, state, mode, rows, all, batch_size, boundary, key);
  }
  Matrix<T> result(samples, boundary_size(network, boundary));
  EvaluationBatches batches(order, samples, batch_size);
  SliceForward<T> forward(network, rows, batches.batch_size());
  while (batches.next()) {
    nn::PassKey own = key;
    own.step += static_cast<std::uint64_t>(batches.slice());
    forward.run(batches.rows(), params, state, mode, boundary, own);
    const ConstView<T> activations = forward.activations(boundary);
    for (const Index place : batches.counted()) {
      const Index row = batches.rows()[static_cast<std::size_t>(place)];
      std::copy_n(activations.row(place), activations.cols, result.view().row(row));
    }
  }
  return result;
}

template Index evaluation_rows<float>(const nn::Network<float>&);
template Index evaluation_rows<double>(const nn::Network<double>&);
template Index boundary_size<float>(const nn::Network<float>&, Index);
template Index boundary_size<double>(const nn::Network<double>&, Index);
template class SliceForward<float>;
template class SliceForward<double>;
template Matrix<float> run_forward<float>(const nn::Network<float>&, std::span<const float>, std::span<const float>, const Mode&,
                                          const SplitRows<float>&, std::span<const Index>, Index, Index, nn::PassKey);
template Matrix<double> run_forward<double>(const nn::Network<double>&, std::span<const double>, std::span<const double>, const Mode&,
                                            const SplitRows<double>&, std::span<const Index>, Index, Index, nn::PassKey);
template Matrix<float> run_every_row<float>(const nn::Network<float>&, std::span<const float>, std::span<const float>, const Mode&,
                                            const SplitRows<float>&, std::span<const Index>, Index, Index, nn::PassKey);
template Matrix<double> run_every_row<double>(const nn::Network<double>&, std::span<const double>, std::span<const double>, const Mode&,
                                              const SplitRows<double>&, std::span<const Index>, Index, Index, nn::PassKey);

}  // namespace normrun::statistics
