#include "workloads.hpp"

#include "config/options/document.hpp"
#include "core/random.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"

namespace normrun::bench {
namespace {

constexpr Index kNumbers = 8'000'000;  // features of all rows together: more numbers than the caches hold
constexpr Index kMostRows = 10'000;
constexpr Index kRowsMultiple = 128;  // a multiple of every batch size, so that no step of an epoch is shorter than the others
constexpr Index kSteps = Index{1} << 40;

using Layers = std::vector<std::pair<std::string, std::string>>;

/// Return the operations of one row in a dense layer: forward and weight gradient, and the input gradient too unless the layer is the
/// lowest.
constexpr double lowest(double inputs, double outputs) { return 4.0 * inputs * outputs; }
constexpr double inner(double inputs, double outputs) { return 6.0 * inputs * outputs; }

Workload w1(const std::string& name, const std::string& norm, Index batch) {
  return {"W1-" + name + "-" + std::to_string(batch),
          Shape{784},
          10,
          {{"dense", R"({"units": 64})"}, {norm, "{}"}, {"relu", "{}"}, {"dense", R"({"units": 10})"}},
          batch,
          lowest(784, 64) + inner(64, 10)};
}
Workload w2(Index batch) {
  return {"W2-BN-" + std::to_string(batch),
          Shape{100},
          0,
          {{"dense", R"({"units": 10, "use_bias": false})"}, {"batch", "{}"}},
          batch,
          lowest(100, 10)};
}
Workload w3(Index batch) {
  const Layers layers = {{"dense", R"({"units": 1000})"}, {"batch", "{}"}, {"relu", "{}"},
                         {"dense", R"({"units": 1000})"}, {"batch", "{}"}, {"relu", "{}"},
                         {"dense", R"({"units": 10})"}};
  return {"W3-BN-" + std::to_string(batch), Shape{784}, 10, layers, batch, lowest(784, 1000) + inner(1000, 1000) + inner(1000, 10)};
}
Workload w4(Index batch) {
  const Layers layers = {{"conv2d", R"({"filters": 32, "kernel_size": 3, "padding": "same"})"},
                         {"relu", "{}"},
                         {"batch", "{}"},
                         {"flatten", "{}"},
                         {"dense", R"({"units": 10})"}};
  return {"W4-BN-" + std::to_string(batch), Shape{28, 28, 3}, 10, layers, batch, 784.0 * lowest(27, 32) + inner(25088, 10)};
}
Workload w5(Index batch) {
  const Layers layers = {{"lstm", R"({"units": 64, "normalization": "layer"})"}, {"dense", R"({"units": 10})"}};
  return {"W5-LN-" + std::to_string(batch), Shape{28, 28}, 10, layers, batch, 28.0 * (lowest(28, 256) + inner(64, 256)) + inner(64, 10)};
}

nn::LayerDescription describe(const std::string& type, const std::string& options) {
  const auto spec = std::dynamic_pointer_cast<nn::LayerSpec>(nn::layer_family().make(type));
  std::vector<Problem> problems;
  config::Document::parse(options, "benchmark").read("", *spec, problems);
  if (!problems.empty()) throw Error(ExitCode::kFailure, problems);
  return nn::describe_layers({spec}, nullptr).front();
}

data::Dataset<float> normal_rows(const Shape& shape, Index classes) {
  const Index rows = std::min(kMostRows, kNumbers / shape.size()) / kRowsMultiple * kRowsMultiple;
  data::Dataset<float> data;
  data.shape = shape;
  data.classes = classes;
  data.train.features = Matrix<float>(rows, shape.size());
  RandomStream random(0, Purpose::kData);
  for (float& number : data.train.features.view()) number = static_cast<float>(random.normal());
  if (classes == 0) return data;
  for (Index r = 0; r < rows; ++r)
    data.train.labels.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes))));
  return data;
}

}  // namespace

std::vector<Workload> workloads() {
  return {w1("LN", "layer", 1),
          w1("BN", "batch", 4),
          w1("BN", "batch", 32),
          w1("BN", "batch", 128),
          w2(4),
          w2(128),
          w3(4),
          w3(128),
          w4(4),
          w4(32),
          w5(4),
          w5(32)};
}

Training::Training(const Workload& workload) : data_(normal_rows(workload.input, workload.classes)) {
  std::vector<nn::LayerDescription> layers;
  for (const auto& [type, options] : workload.layers) layers.push_back(describe(type, options));
  network_ = std::make_unique<nn::Network<float>>(layers, workload.input);
  options_.batch_size = workload.batch_size;
  options_.steps = kSteps;
  trainer_ = std::make_unique<train::Trainer<float>>(
      train::TrainingPlan<float>{.network = network_.get(),
                                 .data = &data_,
                                 .options = &options_,
                                 .batching = &batching_,
                                 .loss = workload.classes > 0 ? nn::LossKind::kSoftmaxCrossEntropy : nn::LossKind::kMse,
                                 .seed = 0,
                                 .folder = ""});
}

void Training::run(Index steps) {
  for (Index i = 0; i < steps; ++i) trainer_->advance();
}

}  // namespace normrun::bench
