// Measures how fast the kernels are on the shapes of the workloads: microseconds of the fastest call, operations and bytes a second, and
// the share of this machine's limit, which the program measures just before.  The limit of a product is that of multiply-adds.  The limit
// of Adam is that of the divider or of the bandwidth, whichever allows less.  Only the fastest call counts, because other programs on the
// machine only ever slow a call down.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "core/denormals.hpp"
#include "core/random.hpp"
#include "limits.hpp"
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

/// Returns the machine's limits for a network of `parameters` parameters.  It measures them only once.
const bench::Limits& limits(Index parameters) {
  static std::map<Index, bench::Limits> known;
  if (!known.contains(parameters)) known[parameters] = bench::measure_limits(parameters);
  return known[parameters];
}

struct Layer {
  const char* name;
  Index inputs, outputs;
};
constexpr Layer kLayers[] = {{"W1/1", 784, 64}, {"W1/2", 64, 10}, {"W3/1", 784, 1000}, {"W3/2", 1000, 1000}, {"W3/3", 1000, 10}};

/// The matrices x, w and y of one layer.  A gradient is written into the matrix that it belongs to.
struct Operands {
  Matrix<float> x, w, y, bias, wide;
  Operands(const Layer& layer, Index rows)
      : x(random_matrix(rows, layer.inputs)),
        w(random_matrix(layer.inputs, layer.outputs)),
        y(random_matrix(rows, layer.outputs)),
        bias(random_matrix(1, layer.outputs)),
        wide(random_matrix(1, layer.inputs)) {}
};

void forward(Operands& o) { nn::kernels::product<float>(o.x.view(), o.w.view(), o.bias.view().data, o.y.view()); }
void weight_gradient(Operands& o) { nn::kernels::product_weight_gradient<float>(o.x.view(), o.y.view(), o.w.view()); }
void input_gradient(Operands& o) { nn::kernels::product_input_gradient<float>(o.y.view(), o.w.view(), o.x.view()); }

/// What one call of a kernel does: its floating-point operations, and the bytes that it must move.
struct Cost {
  double operations, bytes;
};

/// Measures `run`.  The clock cannot resolve a single call, so calls are timed in groups.  `limit` is the least time of a call in seconds.
void measure(benchmark::State& state, const Cost& cost, double limit, const std::function<void()>& run) {
  const FlushDenormals flush;
  run();
  const Index calls = 1 + static_cast<Index>(5e-6 / bench::fastest_seconds(run, 3));
  double best = 1e9;
  for (auto _ : state) {
    const auto group = [&] {
      for (Index i = 0; i < calls; ++i) run();
    };
    best = std::min(best, bench::fastest_seconds(group, 1) / static_cast<double>(calls));
  }
  state.counters["us"] = best * 1e6;
  state.counters["GFLOP/s"] = cost.operations / best * 1e-9;
  state.counters["GB/s"] = cost.bytes / best * 1e-9;
  state.counters["share%"] = limit / best * 100;
}

void measure_product(benchmark::State& state, const Layer& layer, Index rows, void (*run)(Operands&)) {
  Operands operands(layer, rows);
  const auto operations = static_cast<double>(2 * rows * layer.inputs * layer.outputs);
  const auto bytes = static_cast<double>(4 * (rows * (layer.inputs + layer.outputs) + layer.inputs * layer.outputs));
  measure(state, {operations, bytes}, operations / limits(1000).flops, [&] { run(operands); });
}

constexpr nn::kernels::AdamStep<float> kAdam{1e-3F, 1.0F, 0.9F, 0.999F, 1e-7F};

/// Measures the kernel that computes the weight gradient inside Adam's update.
void measure_adam_product(benchmark::State& state, const Layer& layer, Index rows) {
  Operands operands(layer, rows);
  const Index count = layer.inputs * layer.outputs;
  Matrix<float> m(1, count), v(1, count);
  const auto operations = static_cast<double>(2 * rows * count);
  const auto update = [&] {
    nn::kernels::adam_update_product<float>(kAdam, operands.x.view(), operands.y.view(),
                                            {operands.w.view().data, m.view().data, v.view().data}, View<float>());
  };
  measure(state, {operations, 24.0 * static_cast<double>(count)}, bench::floor_seconds(limits(count), operations), update);
}

void measure_adam(benchmark::State& state, Index count) {
  Matrix<float> w = random_matrix(1, count), g = random_matrix(1, count), m = random_matrix(1, count), v(1, count);
  const auto update = [&] { nn::kernels::adam_update<float>(kAdam, g.view().data, {w.view().data, m.view().data, v.view().data}, count); };
  measure(state, {11.0 * static_cast<double>(count), 28.0 * static_cast<double>(count)}, bench::floor_seconds(limits(count), 0), update);
}

/// Measures kernels whose operands fit into the first cache.  Their share% compares with a core that does one multiply-add for each number
/// at full speed.
void measure_numbers(benchmark::State& state, Index rows, Index channels, void (*run)(Operands&)) {
  Operands operands({"", channels, 1}, rows);
  const auto numbers = static_cast<double>(rows * channels);
  measure(state, {2 * numbers, 4 * numbers}, 2 * numbers / limits(1000).flops, [&] { run(operands); });
}
void column_moments(Operands& o) { nn::kernels::column_moments<float>(o.x.view(), o.w.view().data, o.wide.view().data); }
void tanh(Operands& o) { nn::kernels::tanh<float>(o.x.view().data, o.x.view().data, o.x.rows() * o.x.cols()); }

void register_all() {
  constexpr Layer kSmall{"first cache", 64, 48};
  benchmark::RegisterBenchmark("forward/first_cache", measure_product, kSmall, 24, forward);
  for (const Layer& layer : kLayers) {
    for (const Index rows : {1, 4, 32, 128}) {
      const std::string suffix = std::string(layer.name) + "/batch:" + std::to_string(rows);
      benchmark::RegisterBenchmark(("forward/" + suffix).c_str(), measure_product, layer, rows, forward);
      benchmark::RegisterBenchmark(("weight_gradient/" + suffix).c_str(), measure_product, layer, rows, weight_gradient);
      benchmark::RegisterBenchmark(("input_gradient/" + suffix).c_str(), measure_product, layer, rows, input_gradient);
      benchmark::RegisterBenchmark(("adam_product/" + suffix).c_str(), measure_adam_product, layer, rows);
    }
  }
  for (const Index count : {1'020, 51'018, 1'800'010}) {
    benchmark::RegisterBenchmark(("adam/" + std::to_string(count)).c_str(), measure_adam, count);
  }
  benchmark::RegisterBenchmark("column_moments/128x64", measure_numbers, 128, 64, column_moments);
  benchmark::RegisterBenchmark("column_moments/128x1000", measure_numbers, 128, 1000, column_moments);
  benchmark::RegisterBenchmark("tanh/4096", measure_numbers, 4, 1024, tanh);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("instruction_set", std::string(nn::kernels::instruction_set()));
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
