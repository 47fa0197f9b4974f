// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_ATTENTION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_ATTENTION_INL
#undef NORMRUN_KERNELS_ATTENTION_INL
#else
#define NORMRUN_KERNELS_ATTENTION_INL
#endif

#include <algorithm>
#include <limits>

#include "nn/kernels/attention.hpp"
#include "nn/kernels/elementary-inl.hpp"
#include "nn/kernels/input_gradient-inl.hpp"
#include "nn/kernels/lanes-inl.hpp"
#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// The largest of some vectors' numbers.
template <class T, std::size_t kCount>
HWY_INLINE T largest(hn::Simd<T, kCount, 0> tag, hn::Vec<hn::Simd<T, kCount, 0>> v) {
  if constexpr (kCount == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<decltype(tag)> half;
    return largest(half, hn::Max(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// Replaces the first `seen` numbers of a row by the softmax of scale times them, and the other numbers by 0.
template <class T>
HWY_INLINE void softmax_row(T* row, Index seen, Index keys, T scale) {
  Vector<T> highest = fill(-std::numeric_limits<T>::infinity());
  sweep<T>(seen, [&](Index c, auto access) NORMRUN_LAMBDA {
    const Vector<T> score = hn::Mul(access.load(row + c), fill(scale));
    access.store(score, row + c);
    if constexpr (std::is_same_v<decltype(access), Whole<T>>) {
      highest = hn::Max(highest, score);
    } else {
      highest = hn::IfThenElse(access.mask, hn::Max(highest, score), highest);
    }
  });
  const Vector<T> most = fill(largest(Tag<T>(), highest));
  const T sum = sum_over_columns<T>(seen, [&](Index c, auto access, Vector<T> lanes) NORMRUN_LAMBDA {
    const Vector<T> power = exp_of<T>(hn::Sub(access.load(row + c), most));
    access.store(power, row + c);
    return hn::Add(lanes, power);
  });
  const Vector<T> inverse = fill(T{1} / sum);
  sweep<T>(seen, [&](Index c, auto access) NORMRUN_LAMBDA { access.store(hn::Mul(access.load(row + c), inverse), row + c); });
  std::fill(row + seen, row + keys, T{0});
}

template <class T>
void attention_weights(const AttentionHead<T>& head, T* weights) {
  multiply<kTileRows, kTileVectors, T>(RowMajor<T>{head.q.data, head.q.step}, Transposed<T>{head.k.data, head.k.step},
                                       Extent{head.steps, head.keys, head.size}, Kept<T>{nullptr, 0, weights, head.keys});
  for (Index r = 0; r < head.steps; ++r) softmax_row<T>(weights + r * head.keys, head.seen(r), head.keys, head.scale);
}

/// to = numbers * head.factors, element by element.
template <class T>
HWY_INLINE void multiply_by_factors(const AttentionHead<T>& head, const T* numbers, T* to) {
  for (Index r = 0; r < head.steps; ++r)
    map(numbers + r * head.keys, head.factors + r * head.steps, to + r * head.keys, head.keys,
        [](Vector<T> number, Vector<T> factor) NORMRUN_LAMBDA { return hn::Mul(number, factor); });
}

/// y = a b for one head.
template <class T, class Left>
HWY_INLINE void product_of_head(Left a, Columns<const T> b, Extent extent, Columns<T> y) {
  multiply<kTileRows, kTileVectors, T>(a, Straight<T>{b.data, b.step}, extent, Kept<T>{nullptr, 0, y.data, y.step});
}

template <class T>
void attend(const AttentionHead<T>& head, T* weights, Columns<T> y) {
  attention_weights(head, weights);
  if (head.factors != nullptr) multiply_by_factors<T>(head, weights, weights);
  product_of_head<T>(RowMajor<T>{weights, head.keys}, head.v, Extent{head.steps, head.size, head.keys}, y);
}

/// dweights = weights (dweights - dot) scale, row by row, where dot is the row's sum of dweights * weights.
template <class T>
HWY_INLINE void softmax_backward(const AttentionHead<T>& head, const T* weights, T* dweights) {
  for (Index r = 0; r < head.steps; ++r) {
    const T* const p = weights + r * head.keys;
    T* const d = dweights + r * head.keys;
    const Index seen = head.seen(r);
    const Vector<T> dot = fill(sum_over_columns<T>(seen, [&](Index c, auto access, Vector<T> lanes) NORMRUN_LAMBDA {
      return hn::MulAdd(access.load(d + c), access.load(p + c), lanes);
    }));
    sweep<T>(seen, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> slope = hn::Mul(access.load(p + c), hn::Sub(access.load(d + c), dot));
      access.store(hn::Mul(slope, fill(head.scale)), d + c);
    });
    std::fill(d + seen, d + head.keys, T{0});
  }
}

template <class T>
void attend_backward(const AttentionHead<T>& head, Columns<const T> dy, T* weights, T* dweights, const AttentionGradients<T>& to) {
  const Extent of_keys{head.keys, head.size, head.steps};
  attention_weights(head, weights);
  const T* dropped = weights;
  if (head.factors != nullptr) {
    multiply_by_factors<T>(head, weights, dweights);
    dropped = dweights;
  }
  product_of_head<T>(ColumnMajor<T>{dropped, head.keys}, dy, of_keys, to.dv);
  multiply<kTileRows, kTileVectors, T>(RowMajor<T>{dy.data, dy.step}, Transposed<T>{head.v.data, head.v.step},
                                       Extent{head.steps, head.keys, head.size}, Kept<T>{nullptr, 0, dweights, head.keys});
  if (head.factors != nullptr) multiply_by_factors<T>(head, dweights, dweights);
  softmax_backward<T>(head, weights, dweights);
  product_of_head<T>(RowMajor<T>{dweights, head.keys}, head.k, Extent{head.steps, head.size, head.keys}, to.dq);
  product_of_head<T>(ColumnMajor<T>{dweights, head.keys}, head.q, of_keys, to.dk);
  for (Index r = head.keys; r < head.steps; ++r) {
    std::fill_n(to.dk.row(r), head.size, T{0});
    std::fill_n(to.dv.row(r), head.size, T{0});
  }
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
