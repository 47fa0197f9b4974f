#include "workloads.hpp"

#include <numeric>

#include "config/options/document.hpp"
#include "core/random.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"
#include "statistics/population.hpp"

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

/// Workloads of presets, whose layers one after another are convolutions of so many places, numbers under a window and filters.
struct Product {
  double places, inputs, outputs;
};
double operations_of(const Product& first, const std::vector<Product>& others) {
  double operations = first.places * lowest(first.inputs, first.outputs);
  for (const Product& other : others) operations += other.places * inner(other.inputs, other.outputs);
  return operations;
}

Workload w7(Index batch) {
  std::vector<Product> products(6, {1024, 9 * 16, 16});
  for (const double width : {32.0, 64.0}) {
    const double places = 1024 * 16 * 16 / (width * width);
    products.push_back({places, 9 * width / 2, width});
    products.push_back({places, width / 2, width});  // the shortcut
    products.insert(products.end(), 5, {places, 9 * width, width});
  }
  products.push_back({1, 64, 10});
  return {"W7-BN-" + std::to_string(batch),        Shape{32, 32, 3}, 10, {{"resnet20", "{}"}, {"dense", R"({"units": 10})"}}, batch,
          operations_of({1024, 27, 16}, products), "batch"};
}
Workload w9() {
  Workload workload = w7(1000);
  workload.name = "W9-BN-1000";
  workload.evaluation_passes = 12;
  const double forward = (workload.operations_per_row + 2 * 1024 * 27 * 16) / 3;  // the lowest layer has no input gradient
  workload.operations_per_row = forward * static_cast<double>(workload.evaluation_passes + 1);
  return workload;
}
Workload w8(Index batch) {
  constexpr double kTime = 32;
  constexpr double kWidth = 64;
  const Product projection{kTime, kWidth, kWidth};
  const Product scores{kTime, kTime, kWidth};  // queries by keys, and weights by values
  const std::vector<Product> block = {projection, projection, projection,           projection,
                                      scores,     scores,     {kTime, kWidth, 256}, {kTime, 256, kWidth}};
  std::vector<Product> products = block;
  products.insert(products.end(), block.begin(), block.end());
  products.push_back({1, kWidth, 10});
  return {"W8-LN-" + std::to_string(batch),
          Shape{32, 16},
          10,
          {{"transformer_encoder", "{}"}, {"dense", R"({"units": 10})"}},
          batch,
          operations_of({kTime, 16, kWidth}, products),
          "layer"};
}
Workload w10(Index batch) {
  const std::vector<Product> products = {{1024, 9, 32}, {1024, 32, 64}, {256, 9, 64}, {256, 64, 128}, {256, 9, 128}, {256, 128, 128},
                                         {64, 9, 128},  {64, 128, 256}, {64, 9, 256}, {64, 256, 256}, {1, 256, 10}};
  return {"W10-BN-" + std::to_string(batch),       Shape{32, 32, 3}, 10, {{"mobilenet", "{}"}, {"dense", R"({"units": 10})"}}, batch,
          operations_of({1024, 27, 32}, products), "batch"};
}
Workload w11(Index batch) {
  constexpr double kTime = 40;
  const std::vector<Product> products = {{kTime, 5 * 64, 64}, {kTime, 5 * 64, 64}, {1, 64, 10}};
  return {"W11-BN-" + std::to_string(batch),
          Shape{40, 128},
          10,
          {{"cnn1d", "{}"}, {"dense", R"({"units": 10})"}},
          batch,
          operations_of({kTime, 5 * 128, 64}, products),
          "batch"};
}

template <class Family>
auto read(const Family& family, const std::string& type, const std::string& options) {
  auto spec = family.make(type);
  std::vector<Problem> problems;
  config::Document::parse(options, "benchmark").read("", *spec, problems);
  if (!problems.empty()) throw Error(ExitCode::kFailure, problems);
  return spec;
}

std::unique_ptr<nn::Network<float>> network_of(const Workload& workload) {
  nn::LayerList layers;
  for (const auto& [type, options] : workload.layers) layers.push_back(read(nn::layer_family(), type, options));
  const auto norm = read(nn::layer_family(), workload.norm, "{}");
  return std::make_unique<nn::Network<float>>(nn::describe_layers(layers, norm), workload.input);
}

Index rows_of(const Shape& shape) { return std::min(kMostRows, kNumbers / shape.size()) / kRowsMultiple * kRowsMultiple; }

data::Dataset<float> normal_rows(const Shape& shape, Index classes, Index rows) {
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
          w5(32),
          w7(4),
          w7(32),
          w7(128),
          w8(4),
          w8(32),
          w8(128),
          w9(),
          w10(4),
          w10(32),
          w10(128),
          w11(4),
          w11(32),
          w11(128)};
}

Training::Training(const Workload& workload)
    : data_(normal_rows(workload.input, workload.classes, rows_of(workload.input))), network_(network_of(workload)) {
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

Diagnosis::Diagnosis(const Workload& workload)
    : data_(normal_rows(workload.input, workload.classes, workload.batch_size)),
      evaluation_passes_(workload.evaluation_passes),
      network_(network_of(workload)),
      model_(nn::fresh_model(*network_, 0)) {}

void Diagnosis::run(Index times) {
  std::vector<Index> order(static_cast<std::size_t>(data_.train.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  const std::span<const float> params = model_.params;
  for (Index i = 0; i < times; ++i) {
    const auto population = statistics::population_statistics<float>(*network_, model_, data_.train, {}, 1);
    const Buffer<float> state = statistics::state_with<float>(network_->layout(), model_.state, population);
    for (Index pass = 0; pass < evaluation_passes_; ++pass)
      statistics::run_forward<float>(*network_, params, state, kEvalMode, data_.train, order, 1, network_->output_boundary());
  }
}

}  // namespace normrun::bench
