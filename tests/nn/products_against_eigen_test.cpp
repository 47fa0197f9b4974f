#include <doctest/doctest.h>

#include <Eigen/Dense>

#include "core/random.hpp"
#include "nn/kernels/kernels.hpp"

using namespace normrun;

namespace {

using EigenMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

EigenMatrix as_eigen(ConstView<double> view) { return Eigen::Map<const EigenMatrix>(view.data, view.rows, view.cols); }

Matrix<double> random_matrix(Index rows, Index cols, std::uint64_t index) {
  Matrix<double> matrix(rows, cols);
  RandomStream stream(3, Purpose::kData, index);
  for (double& value : matrix.view()) value = stream.normal();
  return matrix;
}

double worst(ConstView<double> ours, const EigenMatrix& theirs) { return (as_eigen(ours) - theirs).cwiseAbs().maxCoeff(); }

}  // namespace

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
        const EigenMatrix plain = as_eigen(x.view()) * as_eigen(w.view());
        CHECK(worst(y.view(), plain.rowwise() + as_eigen(bias.view()).row(0)) < 1e-12);
        CHECK(worst(dw.view(), as_eigen(x.view()).transpose() * as_eigen(dy.view())) < 1e-12);
        CHECK(worst(dx.view(), as_eigen(dy.view()) * as_eigen(w.view()).transpose()) < 1e-12);
      }
    }
  }
}
