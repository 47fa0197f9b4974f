#include "nn/layers/valid_prefix.hpp"

#include <cmath>

#include "nn/kernels/kernels.hpp"

namespace normrun::nn::layers {

template <class T>
void prefix_moments(ConstView<T> x, const ValidPrefix& valid, T* mean, T* variance) {
  for (Index r = 0; r < x.rows; ++r) {
    const Index count = valid.count(r);
    mean[r] = T{0};
    variance[r] = T{0};
    if (count > 0) kernels::row_moments<T>({x.row(r), 1, count}, mean + r, variance + r);
  }
}

template <class T>
void normalize_prefix_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, const ValidPrefix& valid,
                               View<T> dx) {
  for (Index r = 0; r < dy.rows; ++r) {
    const Index count = valid.count(r);
    T sum = 0;
    T dot = 0;
    for (Index i = 0; i < dy.cols; ++i) {
      const T g = gamma != nullptr ? dy(r, i) * gamma[i] : dy(r, i);
      dx(r, i) = g;
      sum += g;
      dot = std::fma(g, x_hat(r, i), dot);
    }
    const T mean = count > 0 ? sum / static_cast<T>(count) : T{0};
    const T mean_dot = count > 0 ? dot / static_cast<T>(count) : T{0};
    for (Index i = 0; i < count; ++i) dx(r, i) = inv_std[r] * std::fma(-x_hat(r, i), mean_dot, dx(r, i) - mean);
    for (Index i = count; i < dy.cols; ++i) dx(r, i) *= inv_std[r];
  }
}

void describe_padded_steps(config::OptionVisitor& visitor, PaddedSteps& padded_steps) {
  visitor.choice({"padded_steps",
                  "whether the padded steps of sequences (steps, channels) that are normalized together count in the "
                  "statistics, or are left out.  They are normalized in either case"},
                 padded_steps, {{"left-out", PaddedSteps::kLeftOut}, {"counted", PaddedSteps::kCounted}});
}

template void prefix_moments<float>(ConstView<float>, const ValidPrefix&, float*, float*);
template void prefix_moments<double>(ConstView<double>, const ValidPrefix&, double*, double*);
template void normalize_prefix_backward<float>(ConstView<float>, ConstView<float>, const float*, const float*, const ValidPrefix&,
                                               View<float>);
template void normalize_prefix_backward<double>(ConstView<double>, ConstView<double>, const double*, const double*, const ValidPrefix&,
                                                View<double>);

}  // namespace normrun::nn::layers
