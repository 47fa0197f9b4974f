// training_bench [STEPS [NORM BATCH_SIZE]]
//
// Training steps per second of processor time, on one thread, of workload W1: 784 - dense 64 - norm - relu - dense 10, softmax
// cross-entropy, Adam 1e-3, float32, 10000 rows of N(0, 1).  A step is everything from the shuffled gather to the update.  The best of
// kRounds rounds, taken in turns: neighbours on the machine only ever slow a round down.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "core/denormals.hpp"
#include "core/random.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/registry.hpp"
#include "train/trainer.hpp"

namespace normrun::bench {
namespace {

constexpr Index kRows = 10000;
constexpr int kRounds = 5;

Dataset<float> normal_rows() {
  Dataset<float> data;
  data.shape = Shape{784};
  data.classes = 10;
  data.train.features = Matrix<float>(kRows, 784);
  RandomStream random(0, Purpose::kData);
  for (float& number : data.train.features.view()) number = static_cast<float>(random.normal());
  for (Index r = 0; r < kRows; ++r) data.train.labels.push_back(static_cast<std::int32_t>(random.below(10)));
  return data;
}

LayerDescription layer(const std::string& type, const std::string& options) {
  const auto spec = std::dynamic_pointer_cast<LayerSpec>(layer_family().make(type));
  std::vector<Problem> problems;
  Document::parse(options, "training_bench").read("", *spec, problems);
  if (!problems.empty()) throw Error(ExitCode::kFailure, problems);
  return {type, spec};
}

struct Workload {
  std::string norm;
  Index batch_size;
  double best = 0.0;  // steps per second
};

double steps_per_second(const Dataset<float>& data, const Workload& workload, Index steps) {
  const Network<float> network(
      {layer("dense", R"({"units": 64})"), layer(workload.norm, "{}"), layer("relu", "{}"), layer("dense", R"({"units": 10})")},
      data.shape);
  TrainOptions options;
  options.batch_size = workload.batch_size;
  options.steps = steps;
  const Batching batching;
  Trainer<float> trainer({.network = &network,
                          .data = &data,
                          .options = &options,
                          .batching = &batching,
                          .loss = LossKind::kSoftmaxCrossEntropy,
                          .seed = 0,
                          .folder = ""});
  const std::clock_t start = std::clock();
  while (!trainer.done()) trainer.advance();
  return static_cast<double>(steps) * CLOCKS_PER_SEC / static_cast<double>(std::clock() - start);
}

int run(Index steps, std::vector<Workload> workloads) {
  const FlushDenormals flush;
  const Dataset<float> data = normal_rows();
  for (int round = 0; round < kRounds; ++round) {
    for (Workload& workload : workloads) workload.best = std::max(workload.best, steps_per_second(data, workload, steps));
  }
  std::printf("instruction set %s, best of %d rounds of %lld steps\n", std::string(kernels::instruction_set()).c_str(), kRounds,
              static_cast<long long>(steps));
  for (const Workload& workload : workloads) {
    std::printf("W1 %-5s batch %3lld  %8.0f steps/s\n", workload.norm.c_str(), static_cast<long long>(workload.batch_size), workload.best);
  }
  return 0;
}

}  // namespace
}  // namespace normrun::bench

int main(int count, char** arguments) {
  const long long steps = count > 1 ? std::atoll(arguments[1]) : 2000;
  if (count > 3) return normrun::bench::run(steps, {{arguments[2], std::atoll(arguments[3])}});
  return normrun::bench::run(steps, {{"layer", 1}, {"batch", 4}, {"batch", 32}, {"layer", 32}, {"batch", 128}});
}
