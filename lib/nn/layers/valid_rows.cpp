#include "nn/layers/valid_rows.hpp"

#include <algorithm>
#include <cmath>

namespace normrun::nn::layers {
namespace {

constexpr double kCountEpsilon = 1e-7;  // the number that keras.config.epsilon() returns

ValidRows valid_rows(Index count) { return {count, static_cast<double>(count) + kCountEpsilon}; }

}  // namespace

ValidRows count_valid(const ValidSteps& steps, Index examples) {
  if (steps.longest > 0) return {steps.longest * examples, static_cast<double>(steps.longest * examples)};
  Index count = 0;
  for (Index e = 0; e < examples; ++e) count += steps.lengths[e];
  return valid_rows(count);
}

template <class T>
Index plain_valid_moments(ConstView<T> x, const ValidSteps& valid, Index examples, T* packed, T* mean, T* variance) {
  const Index count = count_valid(valid, examples).count;
  const Index steps = x.rows / std::max<Index>(examples, 1);
  if (count == 0) {
    std::fill_n(mean, x.cols, T{0});
    std::fill_n(variance, x.cols, T{0});
    return 0;
  }
  T* end = packed;
  for (Index e = 0; e < examples; ++e) end = std::copy_n(x.row(e * steps), valid.of(e) * x.cols, end);
  kernels::column_moments<T>({packed, count, x.cols}, mean, variance);
  return count;
}

template <class T>
void take_count_epsilon(Index count, Index channels, T* mean, T* variance) {
  const double share = static_cast<double>(count) / valid_rows(count).divisor;  // slightly less than 1
  for (Index c = 0; c < channels; ++c) {
    const double true_mean = static_cast<double>(mean[c]);
    const double stored_mean = true_mean * share;
    const double shift = true_mean - stored_mean;
    mean[c] = static_cast<T>(stored_mean);
    variance[c] = static_cast<T>(share * std::fma(shift, shift, static_cast<double>(variance[c])));
  }
}

// With s = divisor and n = valid rows, the mean is sum(x) / s, so the sum of (x - mean) over the valid rows is not 0 but mean (s - n).  The
// variance therefore depends on the mean as well: dvar/dmean = -2 mean (s - n) / s.  For each channel, with g = dy gamma:
//   valid rows:   dx = inv_std (g - sum' / s - x_hat sum(g x_hat) / s),  sum' = sum(g) - inv_std mean (s - n) / s sum(g x_hat)
//   padded rows:  dx = inv_std g
// The kernel divides the sums by the number of its rows, so they are scaled before by that number / s.
template <class T>
void normalize_valid_backward(const ValidRowsBackward<T>& call) {
  const ValidRows valid = count_valid(call.valid, call.examples);
  const Index channels = call.dx.cols;
  const Index steps = call.dx.rows / call.examples;
  const double scale = static_cast<double>(call.dx.rows) / valid.divisor;
  const T* inv_std = call.x_hat.inv_std;
  const double residue = call.valid.longest > 0 ? 0.0 : kCountEpsilon / valid.divisor;
  for (Index c = 0; c < channels; ++c) {
    const double dot = static_cast<double>(call.sum_dy_x_hat[c]);
    const double correction = static_cast<double>(inv_std[c]) * static_cast<double>(call.x_hat.mean[c]) * residue * dot;
    call.sum_dy[c] = static_cast<T>((static_cast<double>(call.sum_dy[c]) - correction) * scale);
    call.sum_dy_x_hat[c] = static_cast<T>(dot * scale);
    call.factor[c] = call.gamma != nullptr ? call.gamma[c] * inv_std[c] : inv_std[c];
  }
  kernels::normalize_columns_backward<T>(call.x_hat, call.dy, call.gamma, {call.sum_dy, call.sum_dy_x_hat, call.dx.rows}, call.dx);
  for (Index e = 0; e < call.examples; ++e) {
    const Index first = e * steps + call.valid.of(e);
    const Index padded = steps - call.valid.of(e);
    if (padded > 0) kernels::scale_columns<T>(call.dy.slice(first, padded), call.factor, call.dx.slice(first, padded));
  }
}

template Index plain_valid_moments<float>(ConstView<float>, const ValidSteps&, Index, float*, float*, float*);
template void take_count_epsilon<float>(Index, Index, float*, float*);
template Index plain_valid_moments<double>(ConstView<double>, const ValidSteps&, Index, double*, double*, double*);
template void take_count_epsilon<double>(Index, Index, double*, double*);
template void normalize_valid_backward<float>(const ValidRowsBackward<float>&);
template void normalize_valid_backward<double>(const ValidRowsBackward<double>&);

}  // namespace normrun::nn::layers
