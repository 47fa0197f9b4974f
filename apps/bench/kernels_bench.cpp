// How fast the kernels are on the shapes of two networks: 784-64-norm-relu-10 (W1) and 784-1000-1000-10 (W3).
// Prints GFLOP/s of the products (first of one whose operands stay in the first cache) and updates/s of the optimizer.
// Times are of the thread's own, so that neighbours on the machine count little.

#include <benchmark/benchmark.h>

#include <string>

#include "core/denormals.hpp"
#include "core/random.hpp"
#include "nn/kernels/kernels.hpp"

namespace {

using namespace normrun;
using benchmark::Counter;

Matrix<float> random_matrix(Index rows, Index cols) {
  RandomStream random(1, Purpose::kData);
  Matrix<float> matrix(rows, cols);
  for (float& number : matrix.view()) number = static_cast<float>(random.normal());
  return matrix;
}

struct Layer {
  const char* name;
  Index inputs, outputs;
};
constexpr Layer kLayers[] = {{"W1/1", 784, 64}, {"W1/2", 64, 10}, {"W3/1", 784, 1000}, {"W3/2", 1000, 1000}, {"W3/3", 1000, 10}};

/// x, w and y of one layer, and their gradients in the same places.
struct Operands {
  Matrix<float> x, w, y, bias;
  Operands(const Layer& layer, Index rows)
      : x(random_matrix(rows, layer.inputs)),
        w(random_matrix(layer.inputs, layer.outputs)),
        y(random_matrix(rows, layer.outputs)),
        bias(random_matrix(1, layer.outputs)) {}
};

void forward(Operands& o) { kernels::product<float>(o.x.view(), o.w.view(), o.bias.view().data, o.y.view()); }
void weight_gradient(Operands& o) { kernels::product_weight_gradient<float>(o.x.view(), o.y.view(), o.w.view()); }
void input_gradient(Operands& o) { kernels::product_input_gradient<float>(o.y.view(), o.w.view(), o.x.view()); }

void measure_product(benchmark::State& state, const Layer& layer, Index rows, void (*run)(Operands&)) {
  const FlushDenormals flush;
  Operands operands(layer, rows);
  for (auto _ : state) {
    run(operands);
    benchmark::ClobberMemory();
  }
  const auto operations = static_cast<double>(2 * rows * layer.inputs * layer.outputs);
  state.counters["FLOP/s"] = Counter(operations, Counter::kIsIterationInvariantRate);
}

void measure_adam(benchmark::State& state, Index count) {
  const FlushDenormals flush;
  Matrix<float> w = random_matrix(1, count), g = random_matrix(1, count), m = random_matrix(1, count), v(1, count);
  for (auto _ : state) {
    kernels::adam_update<float>(w.view().data, g.view().data, m.view().data, v.view().data, 1e-3F, 1.0F, 0.9F, 0.999F, 1e-7F, count);
    benchmark::ClobberMemory();
  }
  state.counters["updates/s"] = Counter(static_cast<double>(count), Counter::kIsIterationInvariantRate);
}

void measure_columns(benchmark::State& state, Index rows, Index channels) {
  const FlushDenormals flush;
  Operands operands({"", channels, 1}, rows);
  Matrix<float> mean(1, channels), variance(1, channels);
  for (auto _ : state) {
    kernels::column_moments<float>(operands.x.view(), mean.view().data, variance.view().data);
    benchmark::ClobberMemory();
  }
  state.counters["numbers/s"] = Counter(static_cast<double>(rows * channels), Counter::kIsIterationInvariantRate);
}

void measure_tanh(benchmark::State& state) {
  constexpr Index kCount = 4096;
  const Matrix<float> x = random_matrix(1, kCount);
  Matrix<float> y(1, kCount);
  for (auto _ : state) {
    kernels::tanh<float>(x.view().data, y.view().data, kCount);
    benchmark::ClobberMemory();
  }
  state.counters["numbers/s"] = Counter(static_cast<double>(kCount), Counter::kIsIterationInvariantRate);
}

void register_all() {
  constexpr Layer kSmall{"first cache", 64, 48};
  benchmark::RegisterBenchmark("forward/first_cache", measure_product, kSmall, 24, forward);
  for (const Layer& layer : kLayers) {
    for (const Index rows : {1, 4, 32, 128}) {
      const std::string suffix = std::string(layer.name) + "/batch:" + std::to_string(rows);
      benchmark::RegisterBenchmark(("forward/" + suffix).c_str(), measure_product, layer, rows, forward);
      benchmark::RegisterBenchmark(("weight_gradient/" + suffix).c_str(), measure_product, layer, rows, weight_gradient);
      benchmark::RegisterBenchmark(("input_gradient/" + suffix).c_str(), measure_product, layer, rows, input_gradient);
    }
  }
  for (const Index count : {1'020, 51'018, 1'800'010}) {
    benchmark::RegisterBenchmark(("adam/" + std::to_string(count)).c_str(), measure_adam, count);
  }
  benchmark::RegisterBenchmark("column_moments/128x64", measure_columns, 128, 64);
  benchmark::RegisterBenchmark("column_moments/128x1000", measure_columns, 128, 1000);
  benchmark::RegisterBenchmark("tanh/4096", measure_tanh);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("instruction_set", std::string(kernels::instruction_set()));
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
