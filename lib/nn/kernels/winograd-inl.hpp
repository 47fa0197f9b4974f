// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_WINOGRAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_WINOGRAD_INL
#undef NORMRUN_KERNELS_WINOGRAD_INL
#else
#define NORMRUN_KERNELS_WINOGRAD_INL
#endif

#include <algorithm>
#include <type_traits>

#include "nn/kernels/right_side-inl.hpp"
#include "nn/kernels/winograd.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// Channels are multiples of 16, so every vector is whole.

/// The values at the points of polynomials with the coefficients c.
template <class T, int kCount>
HWY_INLINE void values_at_points(const Vector<T> (&c)[kCount], Vector<T> (&v)[kPoints]) {
  Vector<T> even = c[0], odd = c[1], even_2 = c[0], odd_2 = hn::Add(c[1], c[1]);
  NORMRUN_UNROLL for (int k = 2; k < kCount; ++k) {
    Vector<T>& sum = k % 2 == 0 ? even : odd;
    Vector<T>& sum_2 = k % 2 == 0 ? even_2 : odd_2;
    sum = hn::Add(sum, c[k]);
    sum_2 = hn::MulAdd(fill(static_cast<T>(1 << k)), c[k], sum_2);
  }
  v[0] = c[0];
  v[1] = hn::Add(even, odd);
  v[2] = hn::Sub(even, odd);
  v[3] = hn::Add(even_2, odd_2);
  v[4] = hn::Sub(even_2, odd_2);
  v[5] = c[kCount - 1];
}

/// c[k] = the sum of p^k v(p).
template <class T, int kCount>
HWY_INLINE void sums_of_powers(const Vector<T> (&v)[kPoints], Vector<T> (&c)[kCount]) {
  const Vector<T> even = hn::Add(v[1], v[2]), odd = hn::Sub(v[1], v[2]);
  const Vector<T> even_2 = hn::Add(v[3], v[4]), odd_2 = hn::Sub(v[3], v[4]);
  NORMRUN_UNROLL for (int k = 0; k < kCount; ++k) {
    const Vector<T> power = fill(static_cast<T>(1 << k));
    c[k] = k % 2 == 0 ? hn::MulAdd(power, even_2, even) : hn::MulAdd(power, odd_2, odd);
  }
  c[0] = hn::Add(c[0], v[0]);
  c[kCount - 1] = hn::Add(c[kCount - 1], v[5]);
}

template <class T>
HWY_INLINE void inputs_at_points(const Vector<T> (&d)[kPoints], Vector<T> (&v)[kPoints]) {
  const Vector<T> even = hn::NegMulAdd(fill(T{4}), d[2], d[4]), odd = hn::NegMulAdd(fill(T{4}), d[1], d[3]);
  const Vector<T> even_2 = hn::Sub(d[4], d[2]), odd_2 = hn::Sub(d[3], d[1]);
  v[0] = hn::MulAdd(fill(T{4}), d[0], hn::NegMulAdd(fill(T{5}), d[2], d[4]));
  v[1] = hn::Add(even, odd);
  v[2] = hn::Sub(even, odd);
  v[3] = hn::MulAdd(fill(T{2}), odd_2, even_2);
  v[4] = hn::NegMulAdd(fill(T{2}), odd_2, even_2);
  v[5] = hn::MulAdd(fill(T{4}), d[1], hn::NegMulAdd(fill(T{5}), d[3], d[5]));
}

/// v(p) / N_p
template <class T>
HWY_INLINE void scale_by_points(Vector<T> (&v)[kPoints]) {
  v[0] = hn::Mul(v[0], fill(T{1} / T{4}));
  NORMRUN_UNROLL for (int p = 1; p < 3; ++p) v[p] = hn::Mul(v[p], fill(T{-1} / T{6}));
  NORMRUN_UNROLL for (int p = 3; p < 5; ++p) v[p] = hn::Mul(v[p], fill(T{1} / T{24}));
}

/// Stores one vector for each point, `step` numbers apart.
template <class T>
HWY_INLINE void store_points(const Vector<T> (&v)[kPoints], T* to, Index step) {
  NORMRUN_UNROLL for (Index p = 0; p < kPoints; ++p) Whole<T>().store(v[p], to + p * step);
}

/// Calls body with the number of taps as a constant.
template <class Body>
HWY_INLINE void with_taps(Index taps, const Body& body) {
  if (taps == 3) return body(std::integral_constant<int, 3>());
  body(std::integral_constant<int, 5>());
}

template <class T>
void winograd_image(const LineConvolution& given, const T* x, Index valid, T* points) {
  const LineConvolution of = given;  // a copy that no store can reach
  const Index channels = of.inputs, tiles = of.tiles();
  for (Index l = 0; l < of.read_lines(); ++l, points += tiles * kPoints * channels) {
    const Index line = l - of.above;
    if (line < 0 || line >= of.image_lines) {
      std::fill_n(points, tiles * kPoints * channels, T{0});
      continue;
    }
    const T* const from = x + line * of.image_places * channels;
    for (Index t = 0; t < tiles; ++t) {
      const Index first = t * of.tile() - of.before;
      const bool is_inside = first >= 0 && first + kPoints <= valid;
      T* const to = points + t * kPoints * channels;
      for (Index c = 0; c < channels; c += kWidth<T>) {
        Vector<T> d[kPoints], v[kPoints];
        NORMRUN_UNROLL for (Index j = 0; j < kPoints; ++j) {
          const bool counts = is_inside || (first + j >= 0 && first + j < valid);
          d[j] = counts ? Whole<T>().load(from + (first + j) * channels + c) : fill(T{0});
        }
        inputs_at_points<T>(d, v);
        store_points<T>(v, to + c, channels);
      }
    }
  }
}

// A packed kernel has a panel for each vector of outputs; a panel has kPoints vectors for each line and input.

template <class T>
void winograd_kernel(const LineConvolution& of, const T* w, T* packed) {
  with_taps(of.taps, [&](auto taps) NORMRUN_LAMBDA {
    const Index tap_step = of.inputs * of.outputs;
    for (Index o = 0; o < of.outputs; o += kWidth<T>) {
      for (Index l = 0; l < of.kernel_lines; ++l) {
        const T* from = w + l * taps.value * tap_step + o;
        for (Index i = 0; i < of.inputs; ++i, from += of.outputs, packed += kPoints * kWidth<T>) {
          Vector<T> g[taps.value], v[kPoints];
          NORMRUN_UNROLL for (int k = 0; k < taps.value; ++k) g[k] = Whole<T>().load(from + k * tap_step);
          values_at_points<T>(g, v);
          scale_by_points<T>(v);
          store_points<T>(v, packed, kWidth<T>);
        }
      }
    }
  });
}

template <class T>
void winograd_turned_kernel(const LineConvolution& of, const T* w, T* packed) {
  with_taps(of.taps, [&](auto taps) NORMRUN_LAMBDA {
    const Index tap_step = of.inputs * of.outputs;
    for (Index o = 0; o < of.outputs; o += kWidth<T>) {
      for (Index l = of.kernel_lines; l-- > 0;) {
        const T* from = w + l * taps.value * tap_step + o * of.inputs;
        for (Index i = 0; i < of.inputs; i += kDeep<T>, from += kDeep<T>) {
          Vector<T> turned[taps.value][kDeep<T>];
          NORMRUN_UNROLL for (int k = 0; k < taps.value; ++k) turn(from + (taps.value - 1 - k) * tap_step, of.inputs, turned[k]);
          NORMRUN_UNROLL for (Index j = 0; j < kDeep<T>; ++j, packed += kPoints * kWidth<T>) {
            Vector<T> g[taps.value], v[kPoints];
            NORMRUN_UNROLL for (int k = 0; k < taps.value; ++k) g[k] = turned[k][j];
            values_at_points<T>(g, v);
            scale_by_points<T>(v);
            store_points<T>(v, packed, kWidth<T>);
          }
        }
      }
    }
  });
}

inline constexpr int kTilesBeside = HWY_MAX_BYTES == 64 ? 4 : 2;  // the sums take 24 of 32 registers, or 12 of 16

/// Computes kTiles neighbouring tiles, the first of which is tile number `first` of all lines, for one vector of outputs from y on.
template <int kTiles, int kTile, class T>
HWY_INLINE void winograd_tiles(const LineConvolution& of, Index first, const T* image, const T* w, Vector<T> bias, T* y) {
  const Index channels = of.inputs, tiles = of.tiles(), line_step = tiles * kPoints * channels;
  const T* x[kTiles];
  NORMRUN_UNROLL for (int t = 0; t < kTiles; ++t) x[t] = image + (first + t) * kPoints * channels;
  Vector<T> sum[kTiles][kPoints];
  NORMRUN_UNROLL for (int t = 0; t < kTiles; ++t) { NORMRUN_UNROLL for (Index p = 0; p < kPoints; ++p) sum[t][p] = fill(T{0}); }
  for (Index l = 0; l < of.kernel_lines; ++l) {
    for (Index c = 0; c < channels; ++c, w += kPoints * kWidth<T>) {
      NORMRUN_UNROLL for (Index p = 0; p < kPoints; ++p) {
        const Vector<T> w_p = Whole<T>().load(w + p * kWidth<T>);
        NORMRUN_UNROLL for (int t = 0; t < kTiles; ++t) sum[t][p] = hn::MulAdd(fill(x[t][p * channels + c]), w_p, sum[t][p]);
      }
    }
    NORMRUN_UNROLL for (int t = 0; t < kTiles; ++t) x[t] += line_step;
  }
  NORMRUN_UNROLL for (int t = 0; t < kTiles; ++t) {
    const Index line = (first + t) / tiles, place = (first + t) % tiles * kTile;
    T* const to = y + (line * of.places + place) * of.outputs;
    Vector<T> result[kTile];
    sums_of_powers<T>(sum[t], result);
    NORMRUN_UNROLL for (Index j = 0; j < kTile; ++j) {
      if (place + j < of.places) Whole<T>().store(hn::Add(result[j], bias), to + j * of.outputs);
    }
  }
}

template <int kTile, class T>
HWY_NOINLINE void winograd_panel(const LineConvolution& given, const T* image, const T* panel, Vector<T> bias, T* y) {
  const LineConvolution of = given;  // a copy that no store can reach
  const Index tiles = of.lines * of.tiles();
  Index t = 0;
  for (; t + kTilesBeside <= tiles; t += kTilesBeside) winograd_tiles<kTilesBeside, kTile, T>(of, t, image, panel, bias, y);
  if constexpr (kTilesBeside > 2) {
    for (; t + 2 <= tiles; t += 2) winograd_tiles<2, kTile, T>(of, t, image, panel, bias, y);
  }
  for (; t < tiles; ++t) winograd_tiles<1, kTile, T>(of, t, image, panel, bias, y);
}

template <class T>
void winograd_product(const LineConvolution& of, const T* image, const T* packed, const T* bias, T* y) {
  with_taps(of.taps, [&](auto taps) NORMRUN_LAMBDA {
    for (Index o = 0; o < of.outputs; o += kWidth<T>, packed += of.kernel_lines * of.inputs * kPoints * kWidth<T>)
      winograd_panel<kPoints + 1 - taps.value, T>(of, image, packed, bias != nullptr ? Whole<T>().load(bias + o) : fill(T{0}), y + o);
  });
}

template <class T>
void winograd_gradient(const LineConvolution& given, const T* dy, T* points) {
  const LineConvolution of = given;  // a copy that no store can reach
  const Index channels = of.outputs, tiles = of.tiles(), plane = of.lines * tiles * channels;
  with_taps(of.taps, [&](auto taps) NORMRUN_LAMBDA {
    constexpr Index kTile = kPoints + 1 - taps.value;
    for (Index line = 0; line < of.lines; ++line) {
      for (Index t = 0; t < tiles; ++t, points += channels) {
        const T* const from = dy + (line * of.places + t * kTile) * channels;
        const Index count = of.places - t * kTile;
        for (Index c = 0; c < channels; c += kWidth<T>) {
          Vector<T> d[kTile], v[kPoints];
          NORMRUN_UNROLL for (Index j = 0; j < kTile; ++j) d[j] = j < count ? Whole<T>().load(from + j * channels + c) : fill(T{0});
          values_at_points<T>(d, v);
          store_points<T>(v, points + c, plane);
        }
      }
    }
  });
}

template <class T>
void winograd_kernel_gradient(const LineConvolution& of, const T* sums, T* dw) {
  const Index cell = of.inputs * of.outputs, plane = of.kernel_lines * cell;
  with_taps(of.taps, [&](auto taps) NORMRUN_LAMBDA {
    for (Index l = 0; l < of.kernel_lines; ++l) {
      const T* const from = sums + l * cell;
      T* const to = dw + l * taps.value * cell;
      for (Index i = 0; i < cell; i += kWidth<T>) {
        Vector<T> v[kPoints], g[taps.value];
        NORMRUN_UNROLL for (Index p = 0; p < kPoints; ++p) v[p] = Whole<T>().load(from + p * plane + i);
        scale_by_points<T>(v);
        sums_of_powers<T>(v, g);
        NORMRUN_UNROLL for (int k = 0; k < taps.value; ++k) Whole<T>().store(g[k], to + k * cell + i);
      }
    }
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
