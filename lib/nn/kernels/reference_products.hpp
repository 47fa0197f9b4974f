#pragma once

#include <algorithm>
#include <cmath>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/reference_elementwise.hpp"
#include "nn/kernels/table.hpp"
#include "nn/kernels/windows.hpp"

/// The references of the products: kernels.hpp, repeated_products.hpp and windows.hpp say what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y, Range outputs) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index o = outputs.begin; o < outputs.end; ++o) {
      T sum = bias != nullptr ? bias[o] : T{0};
      for (Index i = 0; i < x.cols; ++i) sum = std::fma(x(r, i), w(i, o), sum);
      y(r, o) = sum;
    }
  }
}

template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  for (Index i = inputs.begin; i < inputs.end; ++i) {
    for (Index o = 0; o < dw.cols; ++o) {
      for (Index r = 0; r < x.rows; ++r) dw(i, o) = std::fma(x(r, i), dy(r, o), dw(i, o));
    }
  }
}

template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  std::fill(dw.row(inputs.begin), dw.row(inputs.end), T{0});
  continue_weight_gradient(x, dy, dw, inputs);
}

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, Range inputs) {
  for (Index i = inputs.begin; i < inputs.end; ++i) {
    for (Index o = 0; o < dy.cols; ++o) {
      T sum = 0;
      for (Index r = 0; r < x.rows; ++r) sum = std::fma(x(r, i), dy(r, o), sum);
      reference::adam_update<T>(by, &sum, to.from(i * dy.cols + o), 1);
    }
  }
}

template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx, Range inputs) {
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index i = inputs.begin; i < inputs.end; ++i) {
      T sum = 0;
      for (Index o = 0; o < dy.cols; ++o) sum = std::fma(dy(r, o), w(i, o), sum);
      dx(r, i) = sum;
    }
  }
}

// The reference packs a matrix by copying it as it is.

template <class T>
void pack(ConstView<T> w, T* packed) {
  std::copy(w.begin(), w.end(), packed);
}

template <class T>
void pack_transposed(ConstView<T> w, T* packed) {
  for (Index c = 0; c < w.cols; ++c) {
    for (Index r = 0; r < w.rows; ++r) *packed++ = w(r, c);
  }
}

template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y, Range outputs) {
  product(x, {packed, x.cols, y.cols}, bias, y, outputs);
}

template <class T>
void product_of_windows(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index o = 0; o < y.cols; ++o) {
      T sum = bias != nullptr ? bias[o] : T{0};
      for (Index k = 0; k < x.depth; ++k) sum = std::fma(x.at(r, k), w(k, o), sum);
      y(r, o) = sum;
    }
  }
}

template <class T>
void product_of_windows_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw, Sums sums) {
  for (Index k = 0; k < dw.rows; ++k) {
    for (Index o = 0; o < dw.cols; ++o) {
      T sum = 0;
      for (Index r = 0; r < dy.rows; ++r) sum = std::fma(x.at(r, k), dy(r, o), sum);
      dw(k, o) = sums == Sums::kAdded ? dw(k, o) + sum : sum;
    }
  }
}

template <class T>
void pack_cell_matrix(ConstView<T> w, T* packed) {
  pack_transposed(w, packed);
}

template <class T>
void sum_of_cell_products(const Windows<T>& x, const CellMatrices<T>& w, const Places<T>& y) {
  for (Index r = 0; r < x.rows(); ++r) {
    T* const y_r = y.row(r, x.places);
    for (Index c = 0; c < w.cols; ++c) {
      T total = 0;
      for (Index k = 0; k < x.depth; ++k) {
        const T* const w_k = w.data + w.offsets[k];
        T sum = 0;
        for (Index i = 0; i < w.rows; ++i) sum = std::fma(x.data[x.place(r, k) + i], w_k[i * w.cols + c], sum);
        total += sum;
      }
      y_r[c] = total;
    }
  }
}

template <class T>
void depthwise(const Windows<T>& x, const CellMatrices<T>& w, const T* bias, const Places<T>& y) {
  for (Index r = 0; r < x.rows(); ++r) {
    for (Index c = 0; c < w.cols; ++c) {
      T sum = bias != nullptr ? bias[c] : T{0};
      for (Index k = 0; k < x.depth; ++k) sum = std::fma(x.data[x.place(r, k) + c], w.data[w.offsets[k] + c], sum);
      y.row(r, x.places)[c] = sum;
    }
  }
}

template <class T>
void depthwise_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw) {
  for (Index k = 0; k < dw.rows; ++k) {
    for (Index c = 0; c < dw.cols; ++c) {
      T sum = 0;
      for (Index r = 0; r < dy.rows; ++r) sum = std::fma(x.data[x.place(r, k) + c], dy(r, c), sum);
      dw(k, c) = sum;
    }
  }
}

template <class T>
void depthwise_input_gradient(const Windows<T>& x, ConstView<T> dy, ConstView<T> w, T* dx) {
  for (Index r = 0; r < dy.rows; ++r) {
    for (Index k = 0; k < x.depth; ++k) {
      T* const cell = dx + x.place(r, k);
      for (Index c = 0; c < dy.cols; ++c) cell[c] = std::fma(dy(r, c), w(k, c), cell[c]);
    }
  }
}

}  // namespace normrun::nn::kernels::reference
