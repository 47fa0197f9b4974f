#include "statistics/stem_outputs.hpp"

#include <algorithm>

#include "statistics/gather.hpp"

namespace normrun::statistics {

template <class T>
StemOutputs<T>::StemOutputs(const nn::Network<T>& network, std::span<const T> params, const data::Split<T>& split)
    : boundary_(network.mode_free_boundary()),
      params_(params),
      outputs_(split.samples(), boundary_size(network, boundary_)),
      has_(static_cast<std::size_t>(split.samples())),
      slice_(std::min(split.samples(), evaluation_rows(network))),
      forward_(network, split, slice_) {}

template <class T>
void StemOutputs<T>::gather(std::span<const Index> rows, View<T> to) {
  // Threads may read together what is known, so this writes nothing then.
  const bool are_known = std::all_of(rows.begin(), rows.end(), [&](Index row) { return has_[static_cast<std::size_t>(row)]; });
  if (are_known) return gather_rows<T>(outputs_.view(), rows, to);
  missing_.clear();
  for (const Index row : rows) {
    if (has_[static_cast<std::size_t>(row)]) continue;
    has_[static_cast<std::size_t>(row)] = true;
    missing_.push_back(row);
  }
  const std::span<const Index> missing = missing_;
  const auto slice = static_cast<std::size_t>(slice_);
  for (std::size_t first = 0; first < missing.size(); first += slice)
    compute(missing.subspan(first, std::min(slice, missing.size() - first)));
  gather_rows<T>(outputs_.view(), rows, to);
}

template <class T>
void StemOutputs<T>::compute(std::span<const Index> rows) {
  forward_.run(rows, params_, {}, kEvalMode, boundary_);
  const ConstView<T> computed = forward_.activations(boundary_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const T* from = computed.row(static_cast<Index>(i));
    std::copy(from, from + computed.cols, outputs_.view().row(rows[i]));
  }
}

template class StemOutputs<float>;
template class StemOutputs<double>;

}  // namespace normrun::statistics
