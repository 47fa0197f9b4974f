// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_CELLS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_CELLS_INL
#undef NORMRUN_KERNELS_CELLS_INL
#else
#define NORMRUN_KERNELS_CELLS_INL
#endif

#include "nn/kernels/cells.hpp"
#include "nn/kernels/elementwise-inl.hpp"
#include "nn/kernels/normalize-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

template <class T>
void add(const T* x, T* y, Index count) {
  map(x, y, y, count, [](Vector<T> v, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, v); });
}

/// dy times the slope of sigmoid or of tanh, which follows from the value y.
template <class T>
HWY_INLINE Vector<T> through_sigmoid(Vector<T> dy, Vector<T> y) {
  return hn::Mul(dy, hn::Mul(y, hn::Sub(fill(T{1}), y)));
}
template <class T>
HWY_INLINE Vector<T> through_tanh(Vector<T> dy, Vector<T> y) {
  return hn::Mul(dy, hn::NegMulAdd(y, y, fill(T{1})));
}

/// Applies the functions of i, f, g, o, in place.
template <class T>
HWY_INLINE void lstm_functions(Vector<T> (&a)[4]) {
  constexpr int kG = 2;
  Vector<T> argument[4];
  Exponential<T> e[4];
  NORMRUN_UNROLL for (int k = 0; k < 4; ++k) argument[k] = k == kG ? tanh_argument<T>(a[k]) : sigmoid_argument<T>(a[k]);
  reduce<T>(argument, e);
  NORMRUN_UNROLL for (int k = 0; k < 4; ++k) a[k] = k == kG ? tanh_by<T>(e[k], a[k]) : sigmoid_by<T>(e[k], a[k]);
}

template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c) {
  const Index units = c.cols;
  for (Index row = 0; row < c.rows; ++row) {
    const T* plus = added.row(row);
    T* gate = gates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      Vector<T> a[4];
      NORMRUN_UNROLL for (int k = 0; k < 4; ++k) a[k] = hn::Add(access.load(gate + k * units + u), access.load(plus + k * units + u));
      lstm_functions<T>(a);
      NORMRUN_UNROLL for (int k = 0; k < 4; ++k) access.store(a[k], gate + k * units + u);
      access.store(hn::MulAdd(a[1], access.load(c_before.row(row) + u), hn::Mul(a[0], a[2])), c.row(row) + u);
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
void lstm_gates_backward(const LstmStep<T>& given, ConstView<T> dh, ConstView<T> dc_through_h, View<T> dc, View<T> dgates) {
  const LstmStep<T> step = given;  // a copy that no store can reach
  const Index units = dc.cols;
  for (Index row = 0; row < dc.rows; ++row) {
    const T* gate = step.gates.row(row);
    T* dgate = dgates.row(row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      const Vector<T> s = hn::Add(access.load(dc.row(row) + u), access.load(dc_through_h.row(row) + u));
      const Vector<T> i = access.load(gate + u);
      const Vector<T> f = access.load(gate + units + u);
      const Vector<T> g = access.load(gate + 2 * units + u);
      const Vector<T> dt = hn::Mul(access.load(dh.row(row) + u), access.load(step.tanh_c.row(row) + u));
      access.store(through_sigmoid<T>(hn::Mul(s, g), i), dgate + u);
      access.store(through_sigmoid<T>(hn::Mul(s, access.load(step.c_before.row(row) + u)), f), dgate + units + u);
      access.store(through_tanh<T>(hn::Mul(s, i), g), dgate + 2 * units + u);
      access.store(through_sigmoid<T>(dt, access.load(gate + 3 * units + u)), dgate + 3 * units + u);
      access.store(hn::Mul(s, f), dc.row(row) + u);
    });
  }
}

/// One step for kRows rows from r on.
template <int kRows, class T>
HWY_INLINE void normalized_lstm_rows(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, Index r, View<T> h) {
  const Index units = h.cols;
  const Index width = 4 * units;
  T mean[kRows], projected_mean[kRows], variance[kRows];
  moments_of_rows<kRows, T>(step.projected, r, projected_mean, variance);
  HWY_NAMESPACE::inverse_std<T>(variance, by.epsilon, step.projected_inv_std + r, kRows);
  moments_of_rows<kRows, T>(step.recurred, r, mean, variance);
  HWY_NAMESPACE::inverse_std<T>(variance, by.epsilon, step.recurred_inv_std + r, kRows);
  for (int row = 0; row < kRows; ++row) {
    const Vector<T> projected_mean_r = fill(projected_mean[row]);
    const Vector<T> projected_inverse_r = fill(step.projected_inv_std[r + row]);
    const Vector<T> mean_r = fill(mean[row]);
    const Vector<T> inverse_r = fill(step.recurred_inv_std[r + row]);
    const T* c_before = step.c_before.row(r + row);
    T* projected = step.projected.row(r + row);
    T* recurred = step.recurred.row(r + row);
    T* gates = step.gates.row(r + row);
    T* c = step.c.row(r + row);
    sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
      Vector<T> a[4];
      NORMRUN_UNROLL for (int k = 0; k < 4; ++k) {
        const Index at = k * units + u;
        const Vector<T> of_x = normalized_by(access.load(projected + at), projected_mean_r, projected_inverse_r);
        const Vector<T> of_h = normalized_by(access.load(recurred + at), mean_r, inverse_r);
        access.store(of_x, projected + at);
        access.store(of_h, recurred + at);
        a[k] = hn::Add(hn::MulAdd(access.load(by.input_gamma + at), of_x, access.load(by.shift + at)),
                       hn::Mul(access.load(by.recurrent_gamma + at), of_h));
      }
      lstm_functions<T>(a);
      NORMRUN_UNROLL for (int k = 0; k < 4; ++k) access.store(a[k], gates + k * units + u);
      access.store(hn::MulAdd(a[1], access.load(c_before + u), hn::Mul(a[0], a[2])), c + u);
    });
  }
  moments_of_rows<kRows, T>(step.c, r, mean, variance);
  HWY_NAMESPACE::inverse_std<T>(variance, by.epsilon, step.c_inv_std + r, kRows);
  Vector<T> means[kRows], inverses[kRows];
  NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
    means[k] = fill(mean[k]);
    inverses[k] = fill(step.c_inv_std[r + k]);
  }
  const ColumnFactors<T> factors{by.state_gamma, by.state_beta};
  const T* c = step.c.row(r);
  const T* o = step.gates.row(r) + 3 * units;
  T* c_hat = step.c_hat.row(r);
  T* tanh_c = step.tanh_c.row(r);
  T* to = h.row(r);
  sweep<T>(units, [&](Index u, auto access) NORMRUN_LAMBDA {
    Vector<T> state[kRows], argument[kRows];
    Exponential<T> e[kRows];
    NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
      const Vector<T> normalized = normalized_by(access.load(c + k * units + u), means[k], inverses[k]);
      access.store(normalized, c_hat + k * units + u);
      state[k] = factors.apply(u, access, normalized);
      argument[k] = tanh_argument<T>(state[k]);
    }
    reduce<T>(argument, e);
    NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
      const Vector<T> t = tanh_by<T>(e[k], state[k]);
      access.store(t, tanh_c + k * units + u);
      access.store(hn::Mul(access.load(o + k * width + u), t), to + k * units + u);
    }
  });
}

template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& given, const NormalizedLstmStep<T>& given_step, View<T> h) {
  const NormalizedLstm<T> by = given;  // copies that no store can reach
  const NormalizedLstmStep<T> step = given_step;
  for_row_groups<kRowsBeside<T>>(h.rows, [&](Index r, auto count) NORMRUN_LAMBDA { normalized_lstm_rows<count.value, T>(by, step, r, h); });
}

/// Works on a few rows at a time, so that each pass finds the results of the one before in the first cache.
template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& given, const NormalizedLstmStep<T>& given_step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& given_to) {
  const NormalizedLstm<T> by = given;  // copies that no store can reach
  const NormalizedLstmStep<T> step = given_step;
  const NormalizedLstmGradients<T> to = given_to;
  for_row_groups<kRowsBeside<T>>(dh.rows, [&](Index r, auto count) NORMRUN_LAMBDA {
    const auto some = [&](auto rows) NORMRUN_LAMBDA { return rows.slice(r, count.value); };
    lstm_output_backward<T>(some(step.gates), some(step.tanh_c), some(dh), some(to.dstate));
    normalize_rows_backward<T>(some(step.c_hat), some(to.dstate), by.state_gamma, step.c_inv_std + r, some(to.dc_through_h));
    lstm_gates_backward<T>({some(step.gates), some(step.c_before), some(step.tanh_c)}, some(dh), some(to.dc_through_h), some(dc),
                           some(to.dgates));
    normalize_rows_backward<T>(some(step.projected), some(to.dgates), by.input_gamma, step.projected_inv_std + r, some(to.dprojected));
    normalize_rows_backward<T>(some(step.recurred), some(to.dgates), by.recurrent_gamma, step.recurred_inv_std + r, some(to.drecurred));
  });
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

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
