#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "nn/kernels/winograd.hpp"

/// The references of the convolutions by fewer multiplications: winograd.hpp says what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
using AtPoints = std::array<T, kPoints>;

/// The values at the points of a polynomial with the coefficients c[0], c[1], ..., c[count - 1].
template <class T>
AtPoints<T> values_at_points(const AtPoints<T>& c, Index count) {
  T even = c[0], odd = c[1], even_2 = c[0], odd_2 = c[1] + c[1];
  for (Index k = 2; k < count; ++k) {
    const T number = c[static_cast<std::size_t>(k)], power = static_cast<T>(Index{1} << k);
    (k % 2 == 0 ? even : odd) += number;
    T& sum_2 = k % 2 == 0 ? even_2 : odd_2;
    sum_2 = std::fma(power, number, sum_2);
  }
  return {c[0], even + odd, even - odd, even_2 + odd_2, even_2 - odd_2, c[static_cast<std::size_t>(count - 1)]};
}

/// The sums of p^k v(p), k = 0, 1, ..., count - 1.
template <class T>
AtPoints<T> sums_of_powers(const AtPoints<T>& v, Index count) {
  const T even = v[1] + v[2], odd = v[1] - v[2], even_2 = v[3] + v[4], odd_2 = v[3] - v[4];
  AtPoints<T> c{};
  for (Index k = 0; k < count; ++k) {
    const T power = static_cast<T>(Index{1} << k);
    c[static_cast<std::size_t>(k)] = k % 2 == 0 ? std::fma(power, even_2, even) : std::fma(power, odd_2, odd);
  }
  c[0] += v[0];
  c[static_cast<std::size_t>(count - 1)] += v[5];
  return c;
}

template <class T>
AtPoints<T> inputs_at_points(const AtPoints<T>& d) {
  const T even = std::fma(T{-4}, d[2], d[4]), odd = std::fma(T{-4}, d[1], d[3]), even_2 = d[4] - d[2], odd_2 = d[3] - d[1];
  return {std::fma(T{4}, d[0], std::fma(T{-5}, d[2], d[4])),
          even + odd,
          even - odd,
          std::fma(T{2}, odd_2, even_2),
          std::fma(T{-2}, odd_2, even_2),
          std::fma(T{4}, d[1], std::fma(T{-5}, d[3], d[5]))};
}

/// 1 / N_p of each point.
template <class T>
constexpr AtPoints<T> kPointScales{T{1} / T{4}, T{-1} / T{6}, T{-1} / T{6}, T{1} / T{24}, T{1} / T{24}, T{1}};

template <class T>
AtPoints<T> scaled_by_points(AtPoints<T> v) {
  std::transform(v.begin(), v.end(), kPointScales<T>.begin(), v.begin(), [](T value, T scale) { return value * scale; });
  return v;
}

template <class T>
void winograd_image(const LineConvolution& of, const T* x, Index valid, T* points) {
  for (Index l = 0; l < of.read_lines(); ++l) {
    for (Index t = 0; t < of.tiles(); ++t, points += kPoints * of.inputs) {
      for (Index c = 0; c < of.inputs; ++c) {
        AtPoints<T> d{};
        for (Index j = 0; j < kPoints; ++j) {
          const Index line = l - of.above, place = t * of.tile() - of.before + j;
          const bool is_inside = line >= 0 && line < of.image_lines && place >= 0 && place < valid;
          d[static_cast<std::size_t>(j)] = is_inside ? x[(line * of.image_places + place) * of.inputs + c] : T{0};
        }
        const AtPoints<T> v = inputs_at_points(d);
        for (std::size_t p = 0; p < v.size(); ++p) points[static_cast<Index>(p) * of.inputs + c] = v[p];
      }
    }
  }
}

// The reference packs a kernel as (kernel lines, inputs, kPoints, outputs).

template <class T, class Tap>
void kernel_at_points(const LineConvolution& of, const Tap& tap, T* packed) {
  for (Index l = 0; l < of.kernel_lines; ++l) {
    for (Index i = 0; i < of.inputs; ++i, packed += kPoints * of.outputs) {
      for (Index o = 0; o < of.outputs; ++o) {
        AtPoints<T> g{};
        for (Index k = 0; k < of.taps; ++k) g[static_cast<std::size_t>(k)] = tap(l, k, i, o);
        const AtPoints<T> v = scaled_by_points(values_at_points(g, of.taps));
        for (std::size_t p = 0; p < v.size(); ++p) packed[static_cast<Index>(p) * of.outputs + o] = v[p];
      }
    }
  }
}

template <class T>
void winograd_kernel(const LineConvolution& of, const T* w, T* packed) {
  kernel_at_points<T>(
      of, [&](Index l, Index k, Index i, Index o) { return w[((l * of.taps + k) * of.inputs + i) * of.outputs + o]; }, packed);
}

template <class T>
void winograd_turned_kernel(const LineConvolution& of, const T* w, T* packed) {
  const auto tap = [&](Index l, Index k, Index i, Index o) {
    const Index cell = (of.kernel_lines - 1 - l) * of.taps + of.taps - 1 - k;
    return w[(cell * of.outputs + o) * of.inputs + i];
  };
  kernel_at_points<T>(of, tap, packed);
}

template <class T>
void winograd_product(const LineConvolution& of, const T* image, const T* packed, const T* bias, T* y) {
  const Index tile = kPoints * of.inputs;
  for (Index line = 0; line < of.lines; ++line) {
    for (Index t = 0; t < of.tiles(); ++t) {
      for (Index o = 0; o < of.outputs; ++o) {
        AtPoints<T> sums{};
        for (Index k = 0; k < of.kernel_lines * of.inputs; ++k) {
          const T* const x = image + ((line + k / of.inputs) * of.tiles() + t) * tile + k % of.inputs;
          const T* const w = packed + k * kPoints * of.outputs + o;
          for (std::size_t p = 0; p < sums.size(); ++p)
            sums[p] = std::fma(x[static_cast<Index>(p) * of.inputs], w[static_cast<Index>(p) * of.outputs], sums[p]);
        }
        const AtPoints<T> all = sums_of_powers(sums, of.tile());
        for (Index j = 0; j < std::min(of.tile(), of.places - t * of.tile()); ++j) {
          y[(line * of.places + t * of.tile() + j) * of.outputs + o] =
              all[static_cast<std::size_t>(j)] + (bias != nullptr ? bias[o] : T{0});
        }
      }
    }
  }
}

template <class T>
void winograd_gradient(const LineConvolution& of, const T* dy, T* points) {
  const Index plane = of.lines * of.tiles() * of.outputs;
  for (Index line = 0; line < of.lines; ++line) {
    for (Index t = 0; t < of.tiles(); ++t) {
      for (Index o = 0; o < of.outputs; ++o, ++points) {
        AtPoints<T> d{};
        for (Index j = 0; j < std::min(of.tile(), of.places - t * of.tile()); ++j)
          d[static_cast<std::size_t>(j)] = dy[(line * of.places + t * of.tile() + j) * of.outputs + o];
        const AtPoints<T> v = values_at_points(d, of.tile());
        for (std::size_t p = 0; p < v.size(); ++p) points[static_cast<Index>(p) * plane] = v[p];
      }
    }
  }
}

template <class T>
void winograd_kernel_gradient(const LineConvolution& of, const T* sums, T* dw) {
  const Index cell = of.inputs * of.outputs, plane = of.kernel_lines * cell;
  for (Index l = 0; l < of.kernel_lines; ++l) {
    for (Index i = 0; i < cell; ++i) {
      AtPoints<T> v{};
      for (std::size_t p = 0; p < v.size(); ++p) v[p] = sums[static_cast<Index>(p) * plane + l * cell + i];
      const AtPoints<T> g = sums_of_powers(scaled_by_points(v), of.taps);
      for (Index k = 0; k < of.taps; ++k) dw[(l * of.taps + k) * cell + i] = g[static_cast<std::size_t>(k)];
    }
  }
}

}  // namespace normrun::nn::kernels::reference
