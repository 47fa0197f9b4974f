// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_POOLING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_POOLING_INL
#undef NORMRUN_KERNELS_POOLING_INL
#else
#define NORMRUN_KERNELS_POOLING_INL
#endif

#include <limits>

#include "nn/kernels/pooling.hpp"
#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// Calls body(place, c, access) for each vector of channels at each place.
template <class T, class Body>
HWY_INLINE void for_each_pooled(const PooledLine& line, const Body& body) {
  for (Index place = 0; place < line.places; ++place)
    sweep<T>(line.channels, [&](Index c, auto access) NORMRUN_LAMBDA { body(place, c, access); });
}

template <class Visit>
HWY_INLINE void for_each_cell(const PooledLine& line, Index place, const Visit& visit) {
  for (Index i = 0; i < line.height; ++i) {
    for (Index j = 0; j < line.width; ++j) visit(place * line.step + i * line.line + j * line.channels);
  }
}

template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y) {
  for_each_pooled<T>(line, [&](Index place, Index c, auto access) NORMRUN_LAMBDA {
    Vector<T> largest = fill(-std::numeric_limits<T>::infinity());
    for_each_cell(line, place, [&](Index cell) NORMRUN_LAMBDA {
      const Vector<T> number = access.load(x + cell + c);
      largest = hn::IfThenElse(hn::Or(hn::Gt(number, largest), hn::IsNaN(number)), number, largest);
    });
    access.store(largest, y + place * line.channels + c);
  });
}

template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx) {
  for_each_pooled<T>(line, [&](Index place, Index c, auto access) NORMRUN_LAMBDA {
    const Vector<T> largest = access.load(y + place * line.channels + c);
    const Vector<T> given = access.load(dy + place * line.channels + c);
    auto is_open = hn::Eq(fill(T{0}), fill(T{0}));
    for_each_cell(line, place, [&](Index cell) NORMRUN_LAMBDA {
      T* const to = dx + cell + c;
      const auto is_less = hn::Lt(access.load(x + cell + c), largest);
      const Vector<T> before = access.load(to);
      access.store(hn::IfThenElse(hn::AndNot(is_less, is_open), hn::Add(before, given), before), to);
      is_open = hn::And(is_open, is_less);
    });
  });
}

template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y) {
  const Vector<T> divisor = fill(static_cast<T>(line.divisor));
  for_each_pooled<T>(line, [&](Index place, Index c, auto access) NORMRUN_LAMBDA {
    Vector<T> sum = fill(T{0});
    for_each_cell(line, place, [&](Index cell) NORMRUN_LAMBDA { sum = hn::Add(sum, access.load(x + cell + c)); });
    access.store(hn::Div(sum, divisor), y + place * line.channels + c);
  });
}

template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx) {
  const Vector<T> divisor = fill(static_cast<T>(line.divisor));
  for_each_pooled<T>(line, [&](Index place, Index c, auto access) NORMRUN_LAMBDA {
    const Vector<T> share = hn::Div(access.load(dy + place * line.channels + c), divisor);
    for_each_cell(line, place, [&](Index cell) NORMRUN_LAMBDA {
      T* const to = dx + cell + c;
      access.store(hn::Add(access.load(to), share), to);
    });
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
