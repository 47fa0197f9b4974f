// What the kernels compute: against plain long double arithmetic, and against recorded bits.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "files/checksum.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels_arena.hpp"

using namespace normrun;

namespace {

using Long = long double;

Matrix<double> numbers(Index rows, Index cols, std::uint64_t index) {
  Matrix<double> matrix(rows, cols);
  std::ranges::copy(make_numbers<double>(rows * cols, Numbers::kUsual, index), matrix.view().begin());
  return matrix;
}

/// |actual - expected| / (1 + |expected|), the largest.
template <class Expected>
double worst_difference(ConstView<double> actual, Expected expected) {
  double worst = 0;
  for (Index r = 0; r < actual.rows; ++r) {
    for (Index c = 0; c < actual.cols; ++c) {
      const Long wanted = expected(r, c);
      worst = std::max(worst, static_cast<double>(std::abs(actual(r, c) - wanted) / (1 + std::abs(wanted))));
    }
  }
  return worst;
}

constexpr double kTolerance = 1e-13;
constexpr Index kRows = 37, kInputs = 53, kOutputs = 29;

struct Moments {
  Long mean = 0, variance = 0;
};

template <class Value>
Moments moments_of(Index count, Value value) {
  Moments moments;
  for (Index i = 0; i < count; ++i) moments.mean += value(i) / static_cast<Long>(count);
  for (Index i = 0; i < count; ++i) moments.variance += (value(i) - moments.mean) * (value(i) - moments.mean) / static_cast<Long>(count);
  return moments;
}

}  // namespace

TEST_CASE("the products") {
  const Matrix<double> x = numbers(kRows, kInputs, 1), w = numbers(kInputs, kOutputs, 2), dy = numbers(kRows, kOutputs, 3);
  const Matrix<double> bias = numbers(1, kOutputs, 4);
  Matrix<double> y(kRows, kOutputs), dw(kInputs, kOutputs), dx(kRows, kInputs);
  nn::kernels::product<double>(x.view(), w.view(), bias.view().data, y.view());
  nn::kernels::product_weight_gradient<double>(x.view(), dy.view(), dw.view());
  nn::kernels::product_input_gradient<double>(dy.view(), w.view(), dx.view());
  const auto sum = [](Index count, auto term) {
    Long total = 0;
    for (Index k = 0; k < count; ++k) total += term(k);
    return total;
  };
  CHECK(worst_difference(y.view(), [&](Index r, Index o) {
          return bias(0, o) + sum(kInputs, [&](Index i) { return static_cast<Long>(x(r, i)) * w(i, o); });
        }) < kTolerance);
  CHECK(worst_difference(dw.view(), [&](Index i, Index o) {
          return sum(kRows, [&](Index r) { return static_cast<Long>(x(r, i)) * dy(r, o); });
        }) < kTolerance);
  CHECK(worst_difference(dx.view(), [&](Index r, Index i) {
          return sum(kOutputs, [&](Index o) { return static_cast<Long>(dy(r, o)) * w(i, o); });
        }) < kTolerance);
}

TEST_CASE("moments of columns and rows") {
  const Matrix<double> x = numbers(515, kInputs, 1);
  Matrix<double> column_mean(1, x.cols()), column_variance(1, x.cols()), row_mean(1, x.rows()), row_variance(1, x.rows());
  nn::kernels::column_moments<double>(x.view(), column_mean.view().data, column_variance.view().data);
  nn::kernels::row_moments<double>(x.view(), row_mean.view().data, row_variance.view().data);
  const auto column = [&](Index c) { return moments_of(x.rows(), [&](Index r) { return Long{x(r, c)}; }); };
  const auto row = [&](Index r) { return moments_of(x.cols(), [&](Index c) { return Long{x(r, c)}; }); };
  CHECK(worst_difference(column_mean.view(), [&](Index, Index c) { return column(c).mean; }) < kTolerance);
  CHECK(worst_difference(column_variance.view(), [&](Index, Index c) { return column(c).variance; }) < kTolerance);
  CHECK(worst_difference(row_mean.view(), [&](Index, Index r) { return row(r).mean; }) < kTolerance);
  CHECK(worst_difference(row_variance.view(), [&](Index, Index r) { return row(r).variance; }) < kTolerance);
}

TEST_CASE("a float variance survives a large mean") {
  constexpr Index kMany = 4096;
  Matrix<float> x(kMany, 1);
  RandomStream random(3, Purpose::kData);
  for (float& number : x.view()) number = static_cast<float>(1e4 + random.normal());
  const Moments exact = moments_of(kMany, [&](Index r) { return Long{x(r, 0)}; });
  float mean = 0, variance = 0;
  nn::kernels::column_moments<float>(x.view(), &mean, &variance);
  CHECK(std::abs(variance - exact.variance) < 1e-6L);
  nn::kernels::row_moments<float>(x.view().reshaped(1, kMany), &mean, &variance);
  CHECK(std::abs(variance - exact.variance) < 1e-5L);
}

TEST_CASE("normalizing and its gradient: against central differences") {
  constexpr Index kColumns = 5;
  const Matrix<double> gamma = numbers(1, kColumns, 7), beta = numbers(1, kColumns, 8), dy = numbers(kRows, kColumns, 9);
  Matrix<double> x = numbers(kRows, kColumns, 6), y(kRows, kColumns), x_hat(kRows, kColumns), dx(kRows, kColumns);
  std::vector<double> mean(kRows), variance(kRows), inv_std(kRows), sum_dy(kColumns), sum_dy_x_hat(kColumns);
  constexpr double kEpsilon = 1e-3, kStep = 1e-5;
  const auto sum_of_dy_y = [&] {
    double total = 0;
    for (Index i = 0; i < y.view().size(); ++i) total += dy.view().data[i] * y.view().data[i];
    return total;
  };
  const auto check = [&](const auto& current_loss) {
    CHECK(worst_difference(dx.view(), [&](Index r, Index c) {
            const double before = x(r, c);
            x(r, c) = before + kStep;
            const double above = current_loss();
            x(r, c) = before - kStep;
            const double below = current_loss();
            x(r, c) = before;
            return Long{(above - below) / (2 * kStep)};
          }) < 1e-7);
  };
  const nn::kernels::NormalizedColumns<double> by_column{x.view(), mean.data(), inv_std.data()};
  const auto column_loss = [&] {
    nn::kernels::column_moments<double>(x.view(), mean.data(), variance.data());
    nn::kernels::inverse_std<double>(variance.data(), kEpsilon, inv_std.data(), kColumns);
    nn::kernels::normalize_columns<double>(by_column, {gamma.view().data, beta.view().data}, y.view());
    return sum_of_dy_y();
  };
  column_loss();
  nn::kernels::column_gradient_sums<double>(by_column, dy.view(), sum_dy.data(), sum_dy_x_hat.data());
  nn::kernels::normalize_columns_backward<double>(by_column, dy.view(), gamma.view().data, {sum_dy.data(), sum_dy_x_hat.data(), kRows},
                                                  dx.view());
  check(column_loss);

  const auto row_loss = [&] {
    nn::kernels::row_moments<double>(x.view(), mean.data(), variance.data());
    nn::kernels::inverse_std<double>(variance.data(), kEpsilon, inv_std.data(), kRows);
    nn::kernels::normalize_rows<double>({x.view(), mean.data(), inv_std.data()}, {gamma.view().data, beta.view().data}, x_hat.view().data,
                                        y.view());
    return sum_of_dy_y();
  };
  row_loss();
  nn::kernels::normalize_rows_backward<double>(x_hat.view(), dy.view(), gamma.view().data, inv_std.data(), dx.view());
  check(row_loss);
}

TEST_CASE("relu keeps NaN and lets no gradient through at 0") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x{-1, -0.0, 0, 2, nan}, dy{1, 1, 1, 1, 1};
  std::vector<double> y(x.size()), dx(x.size());
  nn::kernels::relu<double>(x.data(), y.data(), 5);
  CHECK(std::vector<double>(y.begin(), y.begin() + 4) == std::vector<double>{0, 0, 0, 2});
  CHECK_FALSE(std::signbit(y[1]));
  CHECK(std::isnan(y[4]));
  nn::kernels::relu_backward<double>(y.data(), dy.data(), dx.data(), 5);
  CHECK(dx == std::vector<double>{0, 0, 0, 1, 0});
}

TEST_CASE("the updates: one number, by hand") {
  using nn::kernels::EpsilonPlace;
  using nn::kernels::Momentum;
  const double g = 0.5, lr = 0.1, w_before = 2, v_before = 0.25, m_before = -0.2;
  double w = w_before, v = v_before, m = m_before;
  const auto updated = [&](double w_expected, double v_expected) {
    CHECK(w == doctest::Approx(w_expected).epsilon(1e-15));
    CHECK(v == doctest::Approx(v_expected).epsilon(1e-15));
    w = w_before;
    v = v_before;
  };
  nn::kernels::sgd_update<double>(&w, &g, lr, 1);
  updated(1.95, v_before);
  nn::kernels::momentum_update_keras<double>({lr, 0.9, Momentum::kPlain}, &g, &w, &v, 1);
  updated(2 + 0.175, 0.175);  // v = 0.9 * 0.25 - 0.1 * 0.5
  nn::kernels::momentum_update_keras<double>({lr, 0.9, Momentum::kNesterov}, &g, &w, &v, 1);
  updated(2 + 0.9 * 0.175 - 0.05, 0.175);
  nn::kernels::momentum_update_torch<double>({lr, 0.9, Momentum::kPlain}, &g, &w, &v, 1);
  updated(2 - 0.1 * 0.725, 0.725);  // v = 0.9 * 0.25 + 0.5
  nn::kernels::momentum_update_torch<double>({lr, 0.9, Momentum::kNesterov}, &g, &w, &v, 1);
  updated(2 - 0.1 * (0.5 + 0.9 * 0.725), 0.725);
  nn::kernels::rmsprop_update<double>({lr, 0.9, 0.01, EpsilonPlace::kInsideRoot}, &g, &w, &v, 1);
  updated(2 - 0.05 / std::sqrt(0.25 + 0.01), 0.25);
  nn::kernels::rmsprop_update<double>({lr, 0.9, 0.01, EpsilonPlace::kOutsideRoot}, &g, &w, &v, 1);
  updated(2 - 0.05 / (0.5 + 0.01), 0.25);
  nn::kernels::adam_update<double>({lr, 3.0, 0.9, 0.8, 0.01}, &g, {&w, &m, &v}, 1);
  CHECK(m == doctest::Approx(0.9 * -0.2 + 0.1 * 0.5).epsilon(1e-15));
  updated(2 - 0.1 * (0.9 * -0.2 + 0.1 * 0.5) / (0.5 * 3 + 0.01), 0.25);  // v = 0.8 * 0.25 + 0.2 * 0.25
}

TEST_CASE_TEMPLATE("the orders of summation never change: recorded bits", T, float, double) {
  Arena<T> a(300, 71, 45, Numbers::kUsual);
  const ConstView<T> x = a.x(), w = a.w(), dy = a.dy();
  const T* bias = a.bias();
  nn::kernels::product<T>(x, w, bias, a.y());
  nn::kernels::product_weight_gradient<T>(x, dy, a.dw());
  nn::kernels::product_input_gradient<T>(dy, w, a.dx());
  T* mean = a.out();
  T* variance = a.out();
  nn::kernels::column_moments<T>(x, mean, variance);
  T* row_mean = a.out_per_row();
  T* row_variance = a.out_per_row();
  nn::kernels::row_moments<T>(x, row_mean, row_variance);
  const T* in = x.data;
  T* out = a.x_hat();
  nn::kernels::tanh<T>(in, out, x.size());
  T* more = a.x_hat();
  nn::kernels::sigmoid<T>(in, more, x.size());
  files::Digest digest;
  for (const Buffer<T>& result : a.results()) digest.add(result.data(), result.size() * sizeof(T));
  CHECK(digest.hex() == (sizeof(T) == 4 ? "aa9d2a867e058a0cd2c29bb2cfaf437f" : "493afa5054a8bfb5ddc3b3ec367b03bc"));
}
