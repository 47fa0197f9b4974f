#include "statistics/run_forward.hpp"

#include <numeric>
#include <utility>

#include "statistics/evaluation_batches.hpp"
#include "statistics/gather.hpp"
#include "statistics/known_outputs.hpp"
#include "statistics/run_on.hpp"
#include "statistics/shared_rows.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::statistics {
namespace {

bool depends_on_slicing(const Mode& mode) { return mode.statistics == Statistics::kBatch || mode.dropout == Dropout::kOn; }

/// A batch of EvaluationBatches.
struct CountedBatch {
  Index slice;
  std::vector<Index> rows;
  std::vector<Index> counted;
};
std::vector<CountedBatch> counted_batches(std::span<const Index> order, Index samples, Index batch_size) {
  std::vector<CountedBatch> list;
  for (EvaluationBatches batches(order, samples, batch_size); batches.next();) {
    list.push_back({.slice = batches.slice(),
                    .rows = {batches.rows().begin(), batches.rows().end()},
                    .counted = {batches.counted().begin(), batches.counted().end()}});
  }
  return list;
}

}  // namespace

template <class T>
Index boundary_size(const nn::Network<T>& network, Index boundary) {
  return boundary == 0 ? network.input().size() : network.layers()[static_cast<std::size_t>(boundary - 1)].output.size();
}

template <class T>
Index evaluation_rows(const nn::Network<T>& network) {
  constexpr Index kBytes = Index{1} << 19;
  constexpr Index kFewest = 24;  // enough rows to fill the tiles of the matrix products
  constexpr Index kMostNumbers = Index{1} << 21;
  const Index widest = widest_boundary(network);
  const Index fewest = std::clamp<Index>(kMostNumbers / widest, 1, kFewest);  // large images fill the tiles by themselves
  return std::clamp(kBytes / static_cast<Index>(sizeof(T)) / widest, fewest, kEvaluationRows);
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

namespace {

/// What run_forward() does, every pass anew.
template <class T>
Matrix<T> run_slices(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                     const SplitRows<T>& rows, std::span<const Index> order, Index batch_size, Index boundary, nn::PassKey key) {
  const Index wanted = static_cast<Index>(order.size());
  const Index slice = std::min(wanted, depends_on_slicing(mode) ? batch_size : evaluation_rows(network));
  Matrix<T> result(wanted, boundary_size(network, boundary));
  if (wanted == 0) return result;
  const Index slices = (wanted + slice - 1) / slice;
  Forwards<T> forwards(network, params, rows, order, slice, slices);
  share_items(slices, [&](Index member, Index place) {
    const Index first = place * slice;
    const Index count = std::min(slice, wanted - first);
    nn::PassKey own = key;
    own.step += static_cast<std::uint64_t>(place);
    SliceForward<T>& forward = forwards.of(member);
    forward.run(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), params, state, mode, boundary, own);
    const ConstView<T> activations = forward.activations(boundary);
    std::copy(activations.begin(), activations.end(), result.view().row(first));
  });
  return result;
}

/// What run_every_row() does in a mode that depends on the batches, every pass anew.
template <class T>
Matrix<T> run_batches(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const SplitRows<T>& rows, std::span<const Index> order, Index batch_size, Index boundary, nn::PassKey key) {
  const Index samples = rows.split.samples();
  Matrix<T> result(samples, boundary_size(network, boundary));
  const std::vector<CountedBatch> batches = counted_batches(order, samples, batch_size);
  if (batches.empty()) return result;
  Forwards<T> forwards(network, params, rows, order, std::min(batch_size, samples), std::ssize(batches));
  share_items(std::ssize(batches), [&](Index member, Index place) {
    const CountedBatch& batch = batches[static_cast<std::size_t>(place)];
    nn::PassKey own = key;
    own.step += static_cast<std::uint64_t>(batch.slice);
    SliceForward<T>& forward = forwards.of(member);
    forward.run(batch.rows, params, state, mode, boundary, own);
    const ConstView<T> activations = forward.activations(boundary);
    for (const Index at : batch.counted)
      std::copy_n(activations.row(at), activations.cols, result.view().row(batch.rows[static_cast<std::size_t>(at)]));
  });
  return result;
}

/// Returns the place where the outputs of a pass are remembered, or null.  Passes that drop out differ each time.
template <class T>
typename KnownOutputs<T>::Outputs* known_outputs(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state,
                                                 const Mode& mode, const SplitRows<T>& rows, std::span<const Index> order, Index batch_size,
                                                 Index boundary) {
  KnownOutputs<T>* const known = mode.dropout == Dropout::kOff ? KnownOutputs<T>::current() : nullptr;
  if (known == nullptr) return nullptr;
  const bool by_batch = depends_on_slicing(mode);
  return known->find({.network = &network,
                      .params = params,
                      .state = state,
                      .mode = mode,
                      .split = &rows.split,
                      .boundary = boundary,
                      .batch_size = by_batch ? batch_size : 0,
                      .order = by_batch ? order : std::span<const Index>()},
                     boundary_size(network, boundary));
}

}  // namespace

template <class T>
Matrix<T> run_forward(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                      nn::PassKey key) {
  const auto run = [&](std::span<const Index> some) {
    return run_slices<T>(network, params, state, mode, rows, some, batch_size, boundary, key);
  };
  auto* const known = depends_on_slicing(mode) ? nullptr : known_outputs<T>(network, params, state, mode, rows, {}, 0, boundary);
  if (known == nullptr) return run(order);
  std::vector<Index> missing;
  for (const Index row : order) {
    if (known->has[static_cast<std::size_t>(row)]) continue;
    known->has[static_cast<std::size_t>(row)] = true;
    missing.push_back(row);
  }
  const Matrix<T> computed = run(missing);
  for (std::size_t i = 0; i < missing.size(); ++i)
    std::copy_n(computed.view().row(static_cast<Index>(i)), computed.cols(), known->values.view().row(missing[i]));
  Matrix<T> result(std::ssize(order), known->values.cols());
  for (std::size_t i = 0; i < order.size(); ++i)
    std::copy_n(std::as_const(known->values).view().row(order[i]), result.cols(), result.view().row(static_cast<Index>(i)));
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
  auto* const known = known_outputs<T>(network, params, state, mode, rows, order, batch_size, boundary);
  if (known == nullptr || samples == 0) return run_batches<T>(network, params, state, mode, rows, order, batch_size, boundary, key);
  if (!known->has.front()) {
    known->values = run_batches<T>(network, params, state, mode, rows, order, batch_size, boundary, key);
    known->has.assign(known->has.size(), true);
  }
  return known->values;
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
