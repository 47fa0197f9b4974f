#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "support/layer_rig.hpp"

namespace normrun::test {

// What the conformance tests of chains and of graphs share.

inline constexpr double kLargestGradientError = 1e-7;  // of the largest element, in double
inline constexpr nn::PassKey kKey{.seed = 3, .step = 11};
inline constexpr Mode kModes[] = {
    kTrainMode,
    kEvalMode,
    kTrainFrozen,
    {Statistics::kMoving, Tracking::kUpdate, Dropout::kOn},
};

template <class Numbers>
bool same_bits(const Numbers& a, const Numbers& b) {
  return a.size() == b.size() && (a.size() == 0 || std::memcmp(&*a.begin(), &*b.begin(), a.size() * sizeof(*a.begin())) == 0);
}

template <class T>
std::vector<T> copy_of(ConstView<T> view) {
  return {view.begin(), view.end()};
}

/// What a pass and its gradients leave behind.
template <class T>
struct Outcome {
  std::vector<T> y, dx;
  Buffer<T> next_state, grads;
};

template <class T>
void check_same(const Outcome<T>& a, const Outcome<T>& b) {
  CHECK(same_bits(a.y, b.y));
  CHECK(same_bits(a.next_state, b.next_state));
  CHECK(same_bits(a.grads, b.grads));
  CHECK(same_bits(a.dx, b.dx));
}

template <class T>
Outcome<T> outcome_of(LayerRig<T>& rig, const Mode& mode, nn::Keep keep) {
  const nn::Network<T>& network = rig.network();
  const Index examples = rig.x.rows();
  nn::Record<T> record(network, examples, keep);
  Outcome<T> outcome{
      .y = {}, .dx = std::vector<T>(static_cast<std::size_t>(rig.x.view().size())), .next_state = rig.model.state, .grads = rig.grads};
  outcome.y = copy_of(network.forward({.mode = mode, .lengths = rig.lengths.empty() ? nullptr : rig.lengths.data(), .key = kKey},
                                      rig.model.params, rig.model.state, outcome.next_state.data(), record, rig.x.view()));
  Matrix<T> dy = rig.dy;
  network.backward(rig.model.params, record, network.output_boundary(), dy.view(), outcome.grads,
                   {outcome.dx.data(), examples, rig.x.cols()});
  return outcome;
}

}  // namespace normrun::test
