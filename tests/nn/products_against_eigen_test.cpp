#include <doctest/doctest.h>

#include "core/eigen.hpp"
#include "core/random.hpp"
#include "nn/kernels/kernels.hpp"

using namespace normrun;

namespace {

using EigenMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

ConstView<double> of(const Matrix<double>& matrix) { return matrix.view(); }

Matrix<double> random_matrix(Index rows, Index cols, std::uint64_t index) {
  Matrix<double> matrix(rows, cols);
  RandomStream stream(3, Purpose::kData, index);
  for (double& value : matrix.view()) value = stream.normal();
  return matrix;
}

double worst(ConstView<double> ours, const EigenMatrix& theirs) { return (as_eigen(ours) - theirs).cwiseAbs().maxCoeff(); }

}  // namespace

TEST_CASE("Eigen sees and changes the numbers of our buffers") {
  Matrix<double> matrix(2, 3);
  as_eigen(matrix.view())(1, 2) = 5.0;
  CHECK(matrix(1, 2) == 5.0);
  CHECK(as_eigen(of(matrix)).rows() == 2);
  CHECK(as_eigen(of(matrix)).row(1).sum() == 5.0);
}

TEST_CASE("the products agree with Eigen's, which add in another order") {
  for (const Index rows : {1, 2, 7, 32}) {
    for (const Index inputs : {1, 5, 64, 131}) {
      for (const Index outputs : {1, 10, 33}) {
        CAPTURE(rows);
        CAPTURE(inputs);
        CAPTURE(outputs);
        const Matrix<double> x = random_matrix(rows, inputs, 0);
        const Matrix<double> w = random_matrix(inputs, outputs, 1);
        const Matrix<double> bias = random_matrix(1, outputs, 2);
        const Matrix<double> dy = random_matrix(rows, outputs, 3);
        Matrix<double> y(rows, outputs);
        Matrix<double> dw(inputs, outputs);
        Matrix<double> dx(rows, inputs);
        nn::kernels::product<double>(x.view(), w.view(), bias.view().data, y.view());
        nn::kernels::product_weight_gradient<double>(x.view(), dy.view(), dw.view());
        nn::kernels::product_input_gradient<double>(dy.view(), w.view(), dx.view());
        const EigenMatrix plain = as_eigen(of(x)) * as_eigen(of(w));
        CHECK(worst(y.view(), plain.rowwise() + as_eigen(of(bias)).row(0)) < 1e-12);
        CHECK(worst(dw.view(), as_eigen(of(x)).transpose() * as_eigen(of(dy))) < 1e-12);
        CHECK(worst(dx.view(), as_eigen(of(dy)) * as_eigen(of(w)).transpose()) < 1e-12);
      }
    }
  }
}
