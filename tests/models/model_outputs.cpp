// model_outputs: what a foreign model gives as a normrun network, for scripts/check_models.
//
// usage: model_outputs MODEL INPUT.npy EXPECTED.npy [train]
//
// INPUT holds the examples in the file's order of axes, EXPECTED the framework's outputs of the first of
// them.  Prints one line: the largest difference in
// float64, that in float32, and the standard deviation of the expected outputs.  train: batch statistics of all rows together.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/error.hpp"
#include "files/number_array.hpp"
#include "models/foreign_model.hpp"

namespace normrun {
namespace {

Matrix<double> read_matrix(const std::string& path) {
  const files::NumberArray array = files::read_npy(path, files::Read::kAll);
  Matrix<double> matrix(array.rows(), array.row_size());
  for (Index i = 0; i < matrix.rows() * matrix.cols(); ++i) matrix.view().data[i] = files::decode_number(array.number(i), array.format);
  return matrix;
}

template <class T>
double largest_difference(const models::ForeignModel& model, const Matrix<double>& input, const Matrix<double>& expected,
                          const Mode& mode) {
  const nn::Network<T> network(models::layers_of(model), model.input);
  const nn::Model<T> numbers = models::numbers_of(model, network);
  Matrix<T> examples(std::min(input.rows(), expected.rows()), input.cols());
  std::copy_n(input.view().begin(), examples.view().size(), examples.view().begin());
  const Matrix<T> x = models::network_input(model, ConstView<T>(examples.view()));
  if (x.cols() != network.input().size() || network.output().size() != expected.cols()) {
    std::printf("sizes differ: input %lld for %lld, output %lld for %lld\n", static_cast<long long>(x.cols()),
                static_cast<long long>(network.input().size()), static_cast<long long>(network.output().size()),
                static_cast<long long>(expected.cols()));
    return NAN;
  }
  nn::Record<T> record(network, x.rows(), nn::Keep::kNoGradients);
  typename nn::Network<T>::Pass pass;
  pass.mode = mode;
  const ConstView<T> y = network.forward(pass, numbers.params, numbers.state, nullptr, record, x.view());
  double largest = 0.0;
  for (Index i = 0; i < y.size(); ++i) {
    const double difference = std::abs(static_cast<double>(y.data[i]) - expected.view().data[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

double spread_of(ConstView<double> y) {
  double mean = 0.0;
  for (const double value : y) mean += value / static_cast<double>(y.size());
  double square = 0.0;
  for (const double value : y) square += (value - mean) * (value - mean) / static_cast<double>(y.size());
  return std::sqrt(square);
}

int run(int argc, char** argv) {
  if (argc < 4) refuse_usage("model_outputs", "MODEL INPUT.npy EXPECTED.npy [train]");
  const models::ForeignModel model = models::read_model(argv[1]);
  const Matrix<double> input = read_matrix(argv[2]);
  const Matrix<double> expected = read_matrix(argv[3]);
  Mode mode = kEvalMode;
  if (argc > 4) mode.statistics = Statistics::kBatch;
  const double in_double = largest_difference<double>(model, input, expected, mode);
  const double in_float = largest_difference<float>(model, input, expected, mode);
  std::printf("%.3g %.3g %.3g\n", in_double, in_float, spread_of(expected.view()));
  return 0;
}

}  // namespace
}  // namespace normrun

int main(int argc, char** argv) {
  try {
    return normrun::run(argc, argv);
  } catch (const normrun::Error& error) {
    for (const auto& problem : error.problems()) std::fprintf(stderr, "%s\n", normrun::to_line(problem).c_str());
    return static_cast<int>(error.code());
  }
}
