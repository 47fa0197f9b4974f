// Attention of one head: every path gives the reference's bits, and the reference gives hand-computed numbers.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/kernels/attention.hpp"
#include "nn/kernels_agreement.hpp"

using namespace normrun;

namespace {

using nn::kernels::Columns;
using nn::kernels::Sight;

/// A head over as many steps as the arena has rows, with as many numbers as it has columns; the last few steps are padding.  Its queries,
/// keys and values are columns of one matrix.
template <class T>
nn::kernels::AttentionHead<T> head_of(Arena<T>& a, Sight sight, const T* factors) {
  const ConstView<T> qkv = a.matrix(a.rows, 3 * a.cols + 1);
  const auto block = [&](Index i) { return Columns<const T>{qkv.data + i * a.cols, qkv.cols}; };
  const Index padding = (a.outputs - 1) % 3;
  return {.q = block(0),
          .k = block(1),
          .v = block(2),
          .steps = a.rows,
          .keys = std::max<Index>(0, a.rows - padding),
          .size = a.cols,
          .scale = T{0.25},
          .sight = sight,
          .factors = factors};
}

template <class T>
void attend(Arena<T>& a, Sight sight, const T* factors) {
  const auto head = head_of(a, sight, factors);
  const View<T> y = a.result_matrix(a.rows, a.cols + 2);
  nn::kernels::attend<T>(head, a.result_matrix(a.rows, head.keys).data, {y.data + 1, y.cols});
}

template <class T>
void attend_backward(Arena<T>& a, Sight sight, const T* factors) {
  const auto head = head_of(a, sight, factors);
  const ConstView<T> dy = a.matrix(a.rows, a.cols + 1);
  const View<T> dqkv = a.result_matrix(a.rows, 3 * a.cols);
  const auto block = [&](Index i) { return Columns<T>{dqkv.data + i * a.cols, dqkv.cols}; };
  nn::kernels::attend_backward<T>(head, {dy.data, dy.cols}, a.result_matrix(a.rows, head.keys).data,
                                  a.result_matrix(a.rows, head.keys).data, {block(0), block(1), block(2)});
}

template <class T>
const std::vector<Case<T>> kAttention{
    {"attend", [](Arena<T>& a) { attend<T>(a, Sight::kAll, nullptr); }},
    {"attend to the past", [](Arena<T>& a) { attend<T>(a, Sight::kPast, nullptr); }},
    {"attend with factors", [](Arena<T>& a) { attend<T>(a, Sight::kAll, a.matrix(a.rows, a.rows).data); }},
    {"attend, backward", [](Arena<T>& a) { attend_backward<T>(a, Sight::kAll, nullptr); }},
    {"attend to the past, backward", [](Arena<T>& a) { attend_backward<T>(a, Sight::kPast, nullptr); }},
    {"attend with factors, backward", [](Arena<T>& a) { attend_backward<T>(a, Sight::kPast, a.matrix(a.rows, a.rows).data); }},
};

}  // namespace

TEST_CASE_TEMPLATE("attention: every path gives the reference's bits", T, float, double) {
  check_paths_agree<T>(kAttention<T>, {.rows = {1, 2, 7, 16, 33, 70}, .cols = {1, 4, 5, 16, 33}, .outputs = {1, 2, 3}});
}

TEST_CASE("attention: two steps by hand") {
  const std::vector<double> q{2.0, 0.0}, k{0.5, 0.0}, v{1.0, 5.0};  // the scores: 1 0, and 0 0
  nn::kernels::AttentionHead<double> head{.q = {q.data(), 1},
                                          .k = {k.data(), 1},
                                          .v = {v.data(), 1},
                                          .steps = 2,
                                          .keys = 2,
                                          .size = 1,
                                          .scale = 1.0,
                                          .sight = Sight::kAll,
                                          .factors = nullptr};
  std::vector<double> weights(4), y(2);
  nn::kernels::attend<double>(head, weights.data(), {y.data(), 1});
  CHECK(weights[0] == doctest::Approx(std::exp(1.0) / (std::exp(1.0) + 1.0)));
  CHECK(y[0] == doctest::Approx((std::exp(1.0) + 5.0) / (std::exp(1.0) + 1.0)));
  CHECK(weights[2] == 0.5);
  CHECK(y[1] == 3.0);
  head.sight = Sight::kPast;
  nn::kernels::attend<double>(head, weights.data(), {y.data(), 1});
  CHECK(weights[0] == 1.0);
  CHECK(weights[1] == 0.0);
  CHECK(y[0] == 1.0);
  CHECK(y[1] == 3.0);
  head.keys = 0;
  nn::kernels::attend<double>(head, weights.data(), {y.data(), 1});
  CHECK(y == std::vector<double>{0.0, 0.0});
}
