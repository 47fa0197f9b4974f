#pragma once

#include <algorithm>

#include "core/matrix.hpp"

/// Attention of one head over the steps of one example.  Each step has a query q, which it compares with the keys k of the steps that it
/// sees, and gets a mean of their values v:
///
///   weights = softmax(scale q k^T) over the keys that the step sees,  y = weights v
///
/// Orders: a score q k^T is one chain of fused multiply-adds over the head's numbers; a number of y, dq, dk or dv is one chain over the
/// steps or keys; all ascend.  The softmax's sum over a row and the dot product in its gradient are sums over columns (kernels.hpp).
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
  kPast,  // the step's own key and the keys of earlier steps
};

template <class T>
struct AttentionHead {
  Columns<const T> q, k, v;  // (steps, size) each
  Index steps;
  Index keys;  // how many steps, from the first on, have valid keys
  Index size;  // how many numbers a query, a key and a value have
  T scale;
  Sight sight;
  const T* factors;  // (steps, steps); dropout multiplies the weights by these.  null: no dropout
  Index seen(Index step) const { return sight == Sight::kAll ? keys : std::min(step + 1, keys); }
};

/// weights: (steps, keys); it is 0 at keys that a step does not see.  y: (steps, size); it is 0 for a step that sees no key.
template <class T>
void attend(const AttentionHead<T>& head, T* weights, Columns<T> y);

template <class T>
struct AttentionGradients {
  Columns<T> dq, dk, dv;  // (steps, size) each; 0 at steps whose keys are not valid
};

/// Computes the gradients.  It first computes the weights p of `attend` again; f are the head's factors:
///   dv = (p f)^T dy,  dp = (dy v^T) f,  ds = p (dp - sum over the keys of dp p) scale,  dq = ds k,  dk = ds^T q
/// dy: (steps, size).  weights and dweights are scratch memory: (steps, keys) each.
template <class T>
void attend_backward(const AttentionHead<T>& head, Columns<const T> dy, T* weights, T* dweights, const AttentionGradients<T>& to);

}  // namespace normrun::nn::kernels
