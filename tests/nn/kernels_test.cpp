// Every path of the kernels that this processor has gives the reference's bits.

#include "nn/kernels/kernels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn/kernels/activations.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/repeated_products.hpp"
#include "nn/kernels_agreement.hpp"

using namespace normrun;

namespace {

// Settings of the updates.
template <class T>
constexpr T kRate = T(0.1);
template <class T>
constexpr T kKeep = T(0.9);
template <class T>
constexpr T kEpsilon = T(1e-7);

template <class T>
constexpr nn::kernels::AdamStep<T> kAdam{kRate<T>, T(1.5), kKeep<T>, kKeep<T>, kEpsilon<T>};

using nn::kernels::EpsilonPlace;
using nn::kernels::Momentum;

template <class T>
const std::vector<Case<T>> kProducts{
    {"product", [](Arena<T>& a) { nn::kernels::product<T>(a.x(), a.w(), a.bias(), a.y()); }},
    {"product without bias", [](Arena<T>& a) { nn::kernels::product<T>(a.x(), a.w(), nullptr, a.y()); }},
    {"weight gradient", [](Arena<T>& a) { nn::kernels::product_weight_gradient<T>(a.x(), a.dy(), a.dw()); }},
    {"adam by a product",
     [](Arena<T>& a) {
       nn::kernels::adam_update_product<T>(kAdam<T>, a.x(), a.dy(), {a.dw().data, a.dw().data, a.squares_like_w()}, View<T>());
     }},
    {"adam by a product, with the input gradient",
     [](Arena<T>& a) {
       nn::kernels::adam_update_product<T>(kAdam<T>, a.x(), a.dy(), {a.dw().data, a.dw().data, a.squares_like_w()}, a.dx());
     }},
    {"adam by a product, with the input gradient over the input",
     [](Arena<T>& a) {
       const View<T> x = a.dx();
       nn::kernels::adam_update_product<T>(kAdam<T>, x, a.dy(), {a.dw().data, a.dw().data, a.squares_like_w()}, x);
     }},
    {"input gradient", [](Arena<T>& a) { nn::kernels::product_input_gradient<T>(a.dy(), a.w(), a.dx()); }},
    {"product by a packed matrix",
     [](Arena<T>& a) {
       Buffer<T> packed(static_cast<std::size_t>(nn::kernels::packed_size(a.cols, a.outputs)));
       nn::kernels::pack<T>(a.w(), packed.data());
       nn::kernels::product_by_packed<T>(a.x(), packed.data(), a.bias(), a.y());
     }},
    {"weight gradient of further rows", [](Arena<T>& a) { nn::kernels::continue_weight_gradient<T>(a.x(), a.dy(), a.dw()); }},
    {"input gradient by a packed matrix",
     [](Arena<T>& a) {
       Buffer<T> packed(static_cast<std::size_t>(nn::kernels::packed_size(a.outputs, a.cols)));
       nn::kernels::pack_transposed<T>(a.w(), packed.data());
       nn::kernels::product_by_packed<T>(a.dy(), packed.data(), nullptr, a.dx());
     }},
};

template <class T>
nn::kernels::NormalizedColumns<T> normalized_columns(Arena<T>& a) {
  return {a.x(), a.per_column(), a.per_column()};
}

template <class T>
void normalize_columns_backward(Arena<T>& a) {
  const ConstView<T> dy = a.x();
  const Index rows = dy.rows + 1;  // one of them is elsewhere
  nn::kernels::normalize_columns_backward<T>(normalized_columns(a), dy, a.per_column(), {a.per_column(), a.per_column(), rows}, a.dx());
}

/// Some rows at a time, ending anywhere in a block; beside what the sums of all rows are.
template <class T>
void running_column_sums(Arena<T>& arena) {
  const ConstView<T> x = arena.x();
  Buffer<T> running(static_cast<std::size_t>(nn::kernels::running_sums_size<T>(x.cols, 1)) + 1);
  T* const unaligned = running.data() + 1;
  for (Index r = 0, count = 0; r < x.rows; r += count) {
    count = std::min<Index>(x.rows - r, 1 + 7 * r);
    nn::kernels::add_column_sums<T>(x.slice(r, count), r, unaligned);
  }
  nn::kernels::finish_column_sums<T>(unaligned, x.cols, arena.out());
}

/// 37 rows at a time, which begin in every stripe and cross the ends of blocks; beside what the sums of all rows are.
template <class T>
void running_sums_and_dots(Arena<T>& arena) {
  const ConstView<T> dy = arena.x(), a = arena.x(), b = arena.x();
  Buffer<T> running(static_cast<std::size_t>(nn::kernels::running_sums_size<T>(dy.cols)) + 1);
  T* const unaligned = running.data() + 1;
  constexpr Index kSome = 37;
  for (Index r = 0; r < dy.rows; r += kSome) {
    const auto some = [&](ConstView<T> all) { return all.slice(r, std::min(kSome, dy.rows - r)); };
    nn::kernels::add_sums_and_dots<T>(some(dy), some(a), some(b), r, unaligned);
  }
  nn::kernels::finish_sums_and_dots<T>(unaligned, dy.cols, arena.out(), arena.out(), arena.out());
}

/// No rows at all: whatever lay in the memory of the sums, they are 0.
template <class T>
void running_sums_of_no_rows(Arena<T>& arena) {
  const ConstView<T> none = arena.x().slice(0, 0);
  Buffer<T> running(static_cast<std::size_t>(nn::kernels::running_sums_size<T>(none.cols)), T{3});
  nn::kernels::add_column_sums<T>(none, 0, running.data());
  nn::kernels::finish_column_sums<T>(running.data(), none.cols, arena.out());
  std::fill(running.begin(), running.end(), T{3});
  nn::kernels::add_sums_and_dots<T>(none, none, none, 0, running.data());
  nn::kernels::finish_sums_and_dots<T>(running.data(), none.cols, arena.out(), arena.out(), arena.out());
}

template <class T>
const std::vector<Case<T>> kMatrixKernels{
    {"column sums", [](Arena<T>& a) { nn::kernels::column_sums<T>(a.x(), a.out()); }},
    {"column moments", [](Arena<T>& a) { nn::kernels::column_moments<T>(a.x(), a.out(), a.out()); }},
    {"column dots", [](Arena<T>& a) { nn::kernels::column_dots<T>(a.x(), a.x(), a.out()); }},
    {"running column sums", running_column_sums<T>},
    {"running column sums and dots", running_sums_and_dots<T>},
    {"running sums of no rows", running_sums_of_no_rows<T>},
    {"row moments", [](Arena<T>& a) { nn::kernels::row_moments<T>(a.x(), a.out_per_row(), a.out_per_row()); }},
    {"columns",
     [](Arena<T>& a) {
       nn::kernels::normalize_columns<T>(normalized_columns(a), {a.per_column(), a.per_column()}, a.dx());
     }},
    {"columns, no affine", [](Arena<T>& a) { nn::kernels::normalize_columns<T>(normalized_columns(a), {}, a.dx()); }},
    {"column gradient sums", [](Arena<T>& a) { nn::kernels::column_gradient_sums<T>(normalized_columns(a), a.x(), a.out(), a.out()); }},
    {"rows",
     [](Arena<T>& a) {
       nn::kernels::normalize_rows<T>({a.x(), a.per_row(), a.per_row()}, {a.per_column(), a.per_column()}, a.x_hat(), a.dx());
     }},
    {"rows, no affine",
     [](Arena<T>& a) {
       nn::kernels::normalize_rows<T>({a.x(), a.per_row(), a.per_row()}, {}, nullptr, a.dx());
     }},
    {"rows standardized",
     [](Arena<T>& a) {
       nn::kernels::standardize_rows<T>(a.x(), kEpsilon<T>, {a.per_column(), a.per_column()}, a.out_per_row(), a.x_hat(), a.dx());
     }},
    {"rows standardized in place, no affine",
     [](Arena<T>& a) {
       const View<T> x = a.dx();
       nn::kernels::standardize_rows<T>(x, kEpsilon<T>, {}, a.out_per_row(), x.data, a.dx());
     }},
    {"columns backward", normalize_columns_backward<T>},
    {"rows backward", [](Arena<T>& a) { nn::kernels::normalize_rows_backward<T>(a.x(), a.x(), a.per_column(), a.per_row(), a.dx()); }},
    {"rows backward, no gamma", [](Arena<T>& a) { nn::kernels::normalize_rows_backward<T>(a.x(), a.x(), nullptr, a.per_row(), a.dx()); }},
    {"scale columns", [](Arena<T>& a) { nn::kernels::scale_columns<T>(a.x(), a.per_column(), a.dx()); }},
};

template <class T>
const std::vector<Case<T>> kElementwise{
    {"inverse std", [](Arena<T>& a) { nn::kernels::inverse_std<T>(a.variance(), kEpsilon<T>, a.out(), a.cols); }},
    {"relu", [](Arena<T>& a) { nn::kernels::relu<T>(a.per_column(), a.out(), a.cols); }},
    {"relu backward", [](Arena<T>& a) { nn::kernels::relu_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"tanh", [](Arena<T>& a) { nn::kernels::tanh<T>(a.per_column(), a.out(), a.cols); }},
    {"tanh backward", [](Arena<T>& a) { nn::kernels::tanh_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"sigmoid", [](Arena<T>& a) { nn::kernels::sigmoid<T>(a.per_column(), a.out(), a.cols); }},
    {"sigmoid backward", [](Arena<T>& a) { nn::kernels::sigmoid_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"exp", [](Arena<T>& a) { nn::kernels::exp<T>(a.per_column(), a.out(), a.cols); }},
    {"scale", [](Arena<T>& a) { nn::kernels::scale<T>(a.per_column(), kRate<T>, a.out(), a.cols); }},
    {"squared errors",
     [](Arena<T>& a) {
       *a.out_per_row() = static_cast<T>(nn::kernels::squared_errors<T>(a.per_column(), a.per_column(), 0.3, a.out(), a.cols));
     }},
    {"squared errors, no gradient",
     [](Arena<T>& a) {
       *a.out_per_row() = static_cast<T>(nn::kernels::squared_errors<T>(a.per_column(), a.per_column(), 0.3, nullptr, a.cols));
     }},
    {"blend", [](Arena<T>& a) { nn::kernels::blend<T>(kKeep<T>, a.per_column(), a.out(), a.cols); }},
};

template <class T>
constexpr T kSlope = T(0.2);
template <class T>
constexpr T kBeta = T(1.7);

template <class T>
const std::vector<Case<T>> kActivations{
    {"leaky relu", [](Arena<T>& a) { nn::kernels::leaky_relu<T>(a.per_column(), kSlope<T>, a.out(), a.cols); }},
    {"leaky relu backward",
     [](Arena<T>& a) { nn::kernels::leaky_relu_backward<T>(a.per_column(), a.per_column(), kSlope<T>, a.out(), a.cols); }},
    {"prelu", [](Arena<T>& a) { nn::kernels::prelu<T>(a.x(), a.per_column(), a.dx()); }},
    {"prelu backward", [](Arena<T>& a) { nn::kernels::prelu_backward<T>(a.x(), a.x(), a.per_column(), a.dx()); }},
    {"elu", [](Arena<T>& a) { nn::kernels::elu<T>(a.per_column(), kBeta<T>, a.out(), a.cols); }},
    {"elu backward", [](Arena<T>& a) { nn::kernels::elu_backward<T>(a.per_column(), a.per_column(), kBeta<T>, a.out(), a.cols); }},
    {"relu6", [](Arena<T>& a) { nn::kernels::relu6<T>(a.per_column(), a.out(), a.cols); }},
    {"relu6 backward", [](Arena<T>& a) { nn::kernels::relu6_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"hard sigmoid", [](Arena<T>& a) { nn::kernels::hard_sigmoid<T>(a.per_column(), kSlope<T>, a.out(), a.cols); }},
    {"hard sigmoid backward",
     [](Arena<T>& a) { nn::kernels::hard_sigmoid_backward<T>(a.per_column(), a.per_column(), kSlope<T>, a.out(), a.cols); }},
    {"hard swish", [](Arena<T>& a) { nn::kernels::hard_swish<T>(a.per_column(), a.out(), a.cols); }},
    {"hard swish backward", [](Arena<T>& a) { nn::kernels::hard_swish_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"softplus", [](Arena<T>& a) { nn::kernels::softplus<T>(a.per_column(), kBeta<T>, a.out(), a.cols); }},
    {"softplus backward",
     [](Arena<T>& a) { nn::kernels::softplus_backward<T>(a.per_column(), a.per_column(), kBeta<T>, a.out(), a.cols); }},
    {"silu", [](Arena<T>& a) { nn::kernels::silu<T>(a.per_column(), a.out(), a.cols); }},
    {"silu backward", [](Arena<T>& a) { nn::kernels::silu_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"gelu", [](Arena<T>& a) { nn::kernels::gelu<T>(a.per_column(), a.out(), a.cols); }},
    {"gelu backward", [](Arena<T>& a) { nn::kernels::gelu_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
    {"gelu by tanh", [](Arena<T>& a) { nn::kernels::gelu_tanh<T>(a.per_column(), a.out(), a.cols); }},
    {"gelu by tanh backward", [](Arena<T>& a) { nn::kernels::gelu_tanh_backward<T>(a.per_column(), a.per_column(), a.out(), a.cols); }},
};

/// A matrix of one gate's size out of one that has `gates` of them side by side.
template <class U>
View<U> one_of(Index gates, View<U> all) {
  return {all.data, all.rows, all.cols / gates};
}

template <class T>
void lstm_gates_backward(Arena<T>& a) {
  nn::kernels::lstm_gates_backward<T>({a.x(), one_of(4, a.x()), one_of(4, a.x())}, one_of(4, a.x()), one_of(4, a.x()), one_of(4, a.dx()),
                                      a.dx());
}

/// An LSTM with norms, of about a quarter of the columns.
template <class T>
struct NormalizedLstmIn {
  explicit NormalizedLstmIn(Arena<T>& in)
      : a(in),
        units((in.cols + 3) / 4),
        by{kEpsilon<T>, per_gate(), per_gate(), per_gate(), in.matrix(1, units).data, in.matrix(1, units).data},
        step{.projected = wide(),
             .projected_inv_std = in.out_per_row(),
             .recurred = wide(),
             .recurred_inv_std = in.out_per_row(),
             .gates = wide(),
             .c_before = given(),
             .c = narrow(),
             .c_hat = narrow(),
             .c_inv_std = in.out_per_row(),
             .tanh_c = narrow()} {}
  View<T> wide() { return a.result_matrix(a.rows, 4 * units); }
  View<T> narrow() { return a.result_matrix(a.rows, units); }
  ConstView<T> given() { return a.matrix(a.rows, units); }
  const T* per_gate() { return a.matrix(1, 4 * units).data; }

  Arena<T>& a;
  Index units;
  nn::kernels::NormalizedLstm<T> by;
  nn::kernels::NormalizedLstmStep<T> step;
};

template <class T>
void normalized_lstm_step(Arena<T>& a) {
  NormalizedLstmIn<T> in(a);
  nn::kernels::normalized_lstm_step<T>(in.by, in.step, in.narrow());
}

template <class T>
void normalized_lstm_step_backward(Arena<T>& a) {
  NormalizedLstmIn<T> in(a);
  const nn::kernels::NormalizedLstmGradients<T> to{in.wide(), in.wide(), in.wide(), in.narrow(), in.narrow()};
  nn::kernels::normalized_lstm_step_backward<T>(in.by, in.step, in.given(), in.narrow(), to);
}

template <class T>
const std::vector<Case<T>> kCells{
    {"add", [](Arena<T>& a) { nn::kernels::add<T>(a.per_column(), a.out(), a.cols); }},
    {"lstm gates", [](Arena<T>& a) { nn::kernels::lstm_gates<T>(a.x(), one_of(4, a.x()), a.dx(), one_of(4, a.dx())); }},
    {"lstm output", [](Arena<T>& a) { nn::kernels::lstm_output<T>(a.x(), one_of(4, a.x()), one_of(4, a.dx()), one_of(4, a.dx())); }},
    {"lstm output backward",
     [](Arena<T>& a) { nn::kernels::lstm_output_backward<T>(a.x(), one_of(4, a.x()), one_of(4, a.x()), one_of(4, a.dx())); }},
    {"lstm gates backward", lstm_gates_backward<T>},
    {"normalized lstm step", normalized_lstm_step<T>},
    {"normalized lstm step backward", normalized_lstm_step_backward<T>},
    {"gru gates", [](Arena<T>& a) { nn::kernels::gru_gates<T>(a.x(), one_of(3, a.x()), a.dx(), one_of(3, a.dx())); }},
    {"gru gates backward",
     [](Arena<T>& a) { nn::kernels::gru_gates_backward<T>(a.x(), a.x(), one_of(3, a.x()), one_of(3, a.dx()), a.dx(), a.dx()); }},
};

template <class T, Momentum kKind>
void keras_momentum(Arena<T>& a) {
  nn::kernels::momentum_update_keras<T>({kRate<T>, kKeep<T>, kKind}, a.per_column(), a.out(), a.out(), a.cols);
}
template <class T, Momentum kKind>
void torch_momentum(Arena<T>& a) {
  nn::kernels::momentum_update_torch<T>({kRate<T>, kKeep<T>, kKind}, a.per_column(), a.out(), a.out(), a.cols);
}
template <class T>
void adam(Arena<T>& a) {
  nn::kernels::adam_update<T>(kAdam<T>, a.per_column(), {a.out(), a.out(), a.squares()}, a.cols);
}
template <class T, EpsilonPlace kPlace>
void rmsprop(Arena<T>& a) {
  nn::kernels::rmsprop_update<T>({kRate<T>, kKeep<T>, kEpsilon<T>, kPlace}, a.per_column(), a.out(), a.squares(), a.cols);
}

template <class T>
const std::vector<Case<T>> kUpdates{
    {"sgd", [](Arena<T>& a) { nn::kernels::sgd_update<T>(a.out(), a.per_column(), kRate<T>, a.cols); }},
    {"momentum, Keras", keras_momentum<T, Momentum::kPlain>},
    {"momentum, Keras, Nesterov", keras_momentum<T, Momentum::kNesterov>},
    {"momentum, PyTorch", torch_momentum<T, Momentum::kPlain>},
    {"momentum, PyTorch, Nesterov", torch_momentum<T, Momentum::kNesterov>},
    {"adam", adam<T>},
    {"rmsprop, epsilon inside the root", rmsprop<T, EpsilonPlace::kInsideRoot>},
    {"rmsprop, epsilon outside", rmsprop<T, EpsilonPlace::kOutsideRoot>},
};

}  // namespace

TEST_CASE_TEMPLATE("products: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kProducts<T>, {{1, 2, 3, 5, 17}, {1, 7, 33, 130}, {1, 3, 8, 10, 16, 23, 31, 64, 100}});
  check_paths_agree(kProducts<T>, {{16, 131}, {1, 20, 259}, {9, 48, 65}});
  check_paths_agree(kProducts<T>, {{1, 4, 131}, {37}, {301}});  // rows of w wider than a page's share, more panels than are packed at once
  check_paths_agree(kProducts<T>, {{3, 20}, {1100}, {70}});     // more than a block of depth
}

TEST_CASE_TEMPLATE("statistics and normalization: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kMatrixKernels<T>, {{1, 2, 3, 4, 6, 255, 256, 259, 515}, {1, 2, 5, 8, 13, 16, 17, 31, 64, 100, 300}});
}

TEST_CASE_TEMPLATE("element-wise kernels and updates: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kElementwise<T>, {{1}, {0, 1, 2, 3, 7, 8, 9, 16, 31, 64, 1000}});
  check_paths_agree(kUpdates<T>, {{1}, {0, 1, 2, 3, 7, 8, 9, 16, 31, 64, 1000}});
}

TEST_CASE_TEMPLATE("activations: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kActivations<T>, {{1, 3}, {0, 1, 2, 3, 7, 8, 9, 16, 31, 64, 1000}});
}

TEST_CASE_TEMPLATE("recurrent cells: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kCells<T>, {{1, 2, 5}, {12, 24, 60, 96, 252, 1200}});
}

TEST_CASE("a path is forced by name") {
  const RestoredPath restored;
  nn::kernels::force_instruction_set("scalar");
  CHECK(nn::kernels::instruction_set() == "scalar");
  CHECK_THROWS_AS(nn::kernels::force_instruction_set("sse9"), std::invalid_argument);
  CHECK(nn::kernels::instruction_set() == "scalar");
}
