// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_CELLS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_CELLS_INL
#undef NORMRUN_KERNELS_CELLS_INL
#else
#define NORMRUN_KERNELS_CELLS_INL
#endif

#include "nn/kernels/elementwise-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

template <class T>
void add(const T* x, T* y, Index count) {
  map(x, y, y, count, [](Vector<T> v, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, v); });
}

/// dy times the slope of sigmoid or tanh, from their value y.
template <class T>
HWY_INLINE Vector<T> through_sigmoid(Vector<T> dy, Vector<T> y) {
  return hn::Mul(dy, hn::Mul(y, hn::Sub(fill(T{1}), y)));
}
template <class T>
HWY_INLINE Vector<T> through_tanh(Vector<T> dy, Vector<T> y) {
  return hn::Mul(dy, hn::NegMulAdd(y, y, fill(T{1})));
}

template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c) {
  const Index units = c.cols;
  for (Index row = 0; row < c.rows; ++row) {
    const T* plus = added.row(row);
    T* gate = gates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      const auto a = [&](Index k) NORMRUN_LAMBDA { return hn::Add(access.load(gate + k * units + u), access.load(plus + k * units + u)); };
      const Vector<T> i = sigmoid_of<T>(a(0));
      const Vector<T> f = sigmoid_of<T>(a(1));
      const Vector<T> g = tanh_of<T>(a(2));
      access.store(sigmoid_of<T>(a(3)), gate + 3 * units + u);
      access.store(i, gate + u);
      access.store(f, gate + units + u);
      access.store(g, gate + 2 * units + u);
      access.store(hn::MulAdd(f, access.load(c_before.row(row) + u), hn::Mul(i, g)), c.row(row) + u);
    });
  }
}

template <class T>
void lstm_output(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h) {
  for (Index row = 0; row < h.rows; ++row) {
    const T* o = gates.row(row) + 3 * h.cols;
    sweep<T>(h.cols, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> t = tanh_of<T>(access.load(state.row(row) + u));
      access.store(t, tanh_c.row(row) + u);
      access.store(hn::Mul(access.load(o + u), t), h.row(row) + u);
    });
  }
}

template <class T>
void lstm_output_backward(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate) {
  for (Index row = 0; row < dh.rows; ++row) {
    const T* o = gates.row(row) + 3 * dh.cols;
    sweep<T>(dh.cols, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> dt = hn::Mul(access.load(dh.row(row) + u), access.load(o + u));
      access.store(through_tanh<T>(dt, access.load(tanh_c.row(row) + u)), dstate.row(row) + u);
    });
  }
}

template <class T>
void lstm_gates_backward(ConstView<T> gates, ConstView<T> c_before, ConstView<T> tanh_c, ConstView<T> dh, ConstView<T> dc_part, View<T> dc,
                         View<T> dgates) {
  const Index units = dc.cols;
  for (Index row = 0; row < dc.rows; ++row) {
    const T* gate = gates.row(row);
    T* dgate = dgates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> s = hn::Add(access.load(dc.row(row) + u), access.load(dc_part.row(row) + u));
      const Vector<T> i = access.load(gate + u);
      const Vector<T> f = access.load(gate + units + u);
      const Vector<T> g = access.load(gate + 2 * units + u);
      const Vector<T> dt = hn::Mul(access.load(dh.row(row) + u), access.load(tanh_c.row(row) + u));
      access.store(through_sigmoid<T>(hn::Mul(s, g), i), dgate + u);
      access.store(through_sigmoid<T>(hn::Mul(s, access.load(c_before.row(row) + u)), f), dgate + units + u);
      access.store(through_tanh<T>(hn::Mul(s, i), g), dgate + 2 * units + u);
      access.store(through_sigmoid<T>(dt, access.load(gate + 3 * units + u)), dgate + 3 * units + u);
      access.store(hn::Mul(s, f), dc.row(row) + u);
    });
  }
}

template <class T>
void gru_gates(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h) {
  const Index units = h.cols;
  for (Index row = 0; row < h.rows; ++row) {
    const T* plus = q.row(row);
    T* gate = gates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> z = sigmoid_of<T>(hn::Add(access.load(gate + u), access.load(plus + u)));
      const Vector<T> r = sigmoid_of<T>(hn::Add(access.load(gate + units + u), access.load(plus + units + u)));
      const Vector<T> n = tanh_of<T>(hn::MulAdd(r, access.load(plus + 2 * units + u), access.load(gate + 2 * units + u)));
      access.store(z, gate + u);
      access.store(r, gate + units + u);
      access.store(n, gate + 2 * units + u);
      const Vector<T> share = hn::Mul(hn::Sub(fill(T{1}), z), n);
      access.store(hn::MulAdd(z, access.load(h_before.row(row) + u), share), h.row(row) + u);
    });
  }
}

template <class T>
void gru_gates_backward(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq) {
  const Index units = dh.cols;
  for (Index row = 0; row < dh.rows; ++row) {
    const T* gate = gates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> z = access.load(gate + u);
      const Vector<T> r = access.load(gate + units + u);
      const Vector<T> n = access.load(gate + 2 * units + u);
      const Vector<T> dh_u = access.load(dh.row(row) + u);
      const Vector<T> da_z = through_sigmoid<T>(hn::Mul(dh_u, hn::Sub(access.load(h_before.row(row) + u), n)), z);
      const Vector<T> da_h = through_tanh<T>(hn::Mul(dh_u, hn::Sub(fill(T{1}), z)), n);
      const Vector<T> da_r = through_sigmoid<T>(hn::Mul(da_h, access.load(q.row(row) + 2 * units + u)), r);
      for (T* d : {dp.row(row), dq.row(row)}) {
        access.store(da_z, d + u);
        access.store(da_r, d + units + u);
      }
      access.store(da_h, dp.row(row) + 2 * units + u);
      access.store(hn::Mul(da_h, r), dq.row(row) + 2 * units + u);
      access.store(hn::Mul(dh_u, z), dh.row(row) + u);
    });
  }
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
