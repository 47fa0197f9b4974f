#pragma once

#include <algorithm>

#include "core/matrix.hpp"

/// Attention of one head over the steps of one example: each step asks by its query q, and gets the values v of the keys that answer.
///
///   weights = softmax(scale q k^T) over the keys that the step sees,  y = weights v
///
/// Orders: a score is one chain of fused multiply-adds over the head's numbers, ascending; a number of y, dq, dk or dv one over the steps
/// or keys, ascending.  The sum of a row of the softmax and its dot are sums over columns (kernels.hpp).
namespace normrun::nn::kernels {

/// Some columns of a matrix: its rows lie `step` numbers apart.
template <class T>
struct Columns {
  T* data;
  Index step;
  T* row(Index r) const { return data + r * step; }
};

/// Which keys a step sees.
enum class Sight {
  kAll,
  kPast,  // its own and those before it
};

template <class T>
struct AttentionHead {
  Columns<const T> q, k, v;  // (steps, size) each
  Index steps;
  Index keys;  // only the first ones are valid, at most `steps`
  Index size;  // numbers of a query, of a key and of a value
  T scale;
  Sight sight;
  const T* factors;  // (steps, steps), by which the weights are multiplied, as dropout does; null: by none
  Index seen(Index step) const { return sight == Sight::kAll ? keys : std::min(step + 1, keys); }
};

/// weights: (steps, keys), 0 at keys that a step does not see.  y: (steps, size).  A step that sees no key gets 0.
template <class T>
void attend(const AttentionHead<T>& head, T* weights, Columns<T> y);

template <class T>
struct AttentionGradients {
  Columns<T> dq, dk, dv;  // (steps, size) each; 0 for keys that are not valid
};

/// Computes the weights p again, then with the factors f
///   dv = (p f)^T dy,  dp = (dy v^T) f,  ds = p (dp - sum over the keys of dp p) scale,  dq = ds k,  dk = ds^T q
/// dy: (steps, size).  weights and dweights are scratch: (steps, keys).
template <class T>
void attend_backward(const AttentionHead<T>& head, Columns<const T> dy, T* weights, T* dweights, const AttentionGradients<T>& to);

}  // namespace normrun::nn::kernels
