#include "statistics/known_outputs.hpp"

#include <algorithm>

namespace normrun::statistics {
namespace {

constexpr Index kMostRemembered = Index{1} << 22;  // of one pass; larger outputs are not remembered

template <class T>
thread_local KnownOutputs<T>* t_known = nullptr;

}  // namespace

template <class T>
KnownOutputs<T>::KnownOutputs(const void* network, std::span<const T> params) : network_(network), params_(params), before_(t_known<T>) {
  t_known<T> = this;
}

template <class T>
KnownOutputs<T>::~KnownOutputs() {
  t_known<T> = before_;
}

template <class T>
KnownOutputs<T>* KnownOutputs<T>::current() {
  return t_known<T>;
}

template <class T>
typename KnownOutputs<T>::Outputs* KnownOutputs<T>::find(const Pass& pass, Index size) {
  const auto split = std::find_if(splits_.begin(), splits_.end(), [&](const auto& one) { return one.first == pass.split; });
  if (split == splits_.end() || pass.network != network_ || pass.split->samples() * size > kMostRemembered) return nullptr;
  const auto is_same = [](const auto& a, const auto& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  if (pass.params.data() != params_.data() && !is_same(pass.params, params_)) return nullptr;
  for (Entry& entry : entries_) {
    if (entry.split == split->second && entry.mode == pass.mode && entry.boundary == pass.boundary && entry.batch_size == pass.batch_size &&
        is_same(entry.order, pass.order) && is_same(entry.state, pass.state))
      return &entry.outputs;
  }
  const Index samples = pass.split->samples();
  entries_.push_back({.split = split->second,
                      .state = {pass.state.begin(), pass.state.end()},
                      .mode = pass.mode,
                      .boundary = pass.boundary,
                      .batch_size = pass.batch_size,
                      .order = {pass.order.begin(), pass.order.end()},
                      .outputs = {Matrix<T>(samples, size), std::vector<bool>(static_cast<std::size_t>(samples))}});
  return &entries_.back().outputs;
}

template class KnownOutputs<float>;
template class KnownOutputs<double>;

}  // namespace normrun::statistics
