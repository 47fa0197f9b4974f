#include "nn/kernels/cells.hpp"

#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {

template <class T>
void add(const T* x, T* y, Index count) {
  table_in_use<T>().add(x, y, count);
}
template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c) {
  table_in_use<T>().lstm_gates(added, c_before, gates, c);
}
template <class T>
void lstm_output(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h) {
  table_in_use<T>().lstm_output(gates, state, tanh_c, h);
}
template <class T>
void lstm_output_backward(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate) {
  table_in_use<T>().lstm_output_backward(gates, tanh_c, dh, dstate);
}
template <class T>
void lstm_gates_backward(ConstView<T> gates, ConstView<T> c_before, ConstView<T> tanh_c, ConstView<T> dh, ConstView<T> dc_part, View<T> dc,
                         View<T> dgates) {
  table_in_use<T>().lstm_gates_backward(gates, c_before, tanh_c, dh, dc_part, dc, dgates);
}
template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h) {
  table_in_use<T>().normalized_lstm_step(by, step, h);
}
template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& to) {
  table_in_use<T>().normalized_lstm_step_backward(by, step, dh, dc, to);
}
template <class T>
void gru_gates(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h) {
  table_in_use<T>().gru_gates(q, h_before, gates, h);
}
template <class T>
void gru_gates_backward(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq) {
  table_in_use<T>().gru_gates_backward(gates, q, h_before, dh, dp, dq);
}

#define NORMRUN_INSTANTIATE(T)                                                                                               \
  template void add(const T*, T*, Index);                                                                                    \
  template void lstm_gates(ConstView<T>, ConstView<T>, View<T>, View<T>);                                                    \
  template void lstm_output(ConstView<T>, ConstView<T>, View<T>, View<T>);                                                   \
  template void lstm_output_backward(ConstView<T>, ConstView<T>, ConstView<T>, View<T>);                                     \
  template void lstm_gates_backward(ConstView<T>, ConstView<T>, ConstView<T>, ConstView<T>, ConstView<T>, View<T>, View<T>); \
  template void normalized_lstm_step(const NormalizedLstm<T>&, const NormalizedLstmStep<T>&, View<T>);                       \
  template void normalized_lstm_step_backward(const NormalizedLstm<T>&, const NormalizedLstmStep<T>&, ConstView<T>, View<T>, \
                                              const NormalizedLstmGradients<T>&);                                            \
  template void gru_gates(ConstView<T>, ConstView<T>, View<T>, View<T>);                                                     \
  template void gru_gates_backward(ConstView<T>, ConstView<T>, ConstView<T>, View<T>, View<T>, View<T>);

NORMRUN_INSTANTIATE(float)
NORMRUN_INSTANTIATE(double)

}  // namespace normrun::nn::kernels
