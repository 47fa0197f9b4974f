#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evaluate.hpp"
#include "files/atomic_file.hpp"
#include "nn/checkpoint.hpp"
#include "statistics/population.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Json = nlohmann::json;

/// The whole training of tests/golden/golden.json, computed by PyTorch and Keras, given to the trainer as a user would:
/// the start as init_from, which has no moving statistics, the order as batch_order.
class Trajectory {
 public:
  Trajectory() : folder_(std::filesystem::temp_directory_path() / "normrun_trajectory_test") {
    std::ifstream file(std::string(NORMRUN_SOURCE_DIR) + "/tests/golden/golden.json");
    REQUIRE(file.good());
    json_ = Json::parse(file).at("trajectory");
    std::filesystem::create_directories(folder_);
    write_start();
    write_order();
  }
  ~Trajectory() { std::filesystem::remove_all(folder_); }
  Trajectory(const Trajectory&) = delete;
  Trajectory& operator=(const Trajectory&) = delete;

  const Json& runs() const { return json_.at("runs"); }
  std::string folder() const { return folder_.string(); }

  data::Dataset<double> data() const {
    data::Dataset<double> data;
    data.shape = Shape{20};
    data.classes = 5;
    data.train.features = Matrix<double>(200, 20);
    const auto x = values(json_.at("X"));
    std::copy(x.begin(), x.end(), data.train.features.view().begin());
    for (const double label : values(json_.at("y"))) data.train.labels.push_back(static_cast<std::int32_t>(label));
    return data;
  }

  static std::vector<double> values(const Json& array) { return array.at("data").get<std::vector<double>>(); }
  /// The golden file's name of a parameter, `<layer>.<name>` here.
  static std::string tensor_name(const std::string& golden) {
    const std::map<std::string, std::string> names = {{"W1", "hidden.kernel"}, {"b1", "hidden.bias"}, {"gamma", "norm.gamma"},
                                                      {"beta", "norm.beta"},   {"W2", "last.kernel"}, {"b2", "last.bias"}};
    return names.at(golden);
  }

 private:
  void write_start() const {
    files::TensorFile start;
    for (const auto& [name, array] : json_.at("init").items())
      start.tensors.push_back({tensor_name(name), array.at("shape").get<std::vector<Index>>(), true, values(array)});
    files::write_safetensors(folder() + "/start.safetensors", start);
  }
  void write_order() const {
    std::string header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 200), }";
    header.resize(128 - 10 - 1, ' ');
    header += '\n';
    std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
    for (const double row : values(json_.at("order"))) {
      const auto number = static_cast<std::int64_t>(row);
      char eight[8];
      std::memcpy(eight, &number, sizeof eight);
      bytes.append(eight, sizeof eight);
    }
    files::write_file(folder() + "/order.npy", bytes);
  }

  std::filesystem::path folder_;
  Json json_;
};

/// Largest |difference| / (1e-9 |expected| + 1e-12): at most 1 is within the project's tolerance.
double worst(std::span<const double> values, const std::vector<double>& expected) {
  REQUIRE(values.size() == expected.size());
  double ratio = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    ratio = std::max(ratio, std::abs(values[i] - expected[i]) / (1e-9 * std::abs(expected[i]) + 1e-12));
  return ratio;
}

const std::vector<LayerText> kNet = {{"dense", R"("units": 16, "name": "hidden")"},
                                     {"relu"},
                                     {"batch", R"("momentum": 0.99, "epsilon": 1e-3, "name": "norm")"},
                                     {"dense", R"("units": 5, "name": "last")"}};

std::string train_json(const Json& run) {
  return R"({"epochs": 3, "batch_size": )" + std::to_string(run.at("batch").get<int>()) +
         R"(, "init_from": "start.safetensors", "strict": false, "batch_order": "order.npy", "optimizer": {"type": "adam", "convention": ")" +
         run.at("adam").get<std::string>() + R"("}})";
}

template <class Entry>
std::span<const double> part(const Buffer<double>& buffer, const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.layer + "." + entry.name == name) return {buffer.data() + entry.id.offset, static_cast<std::size_t>(entry.id.size)};
  }
  FAIL("no tensor " << name);
  return {};
}

void check_final(const TrainRig<double>& rig, const nn::Model<double>& model, const Json& run) {
  const nn::Layout& layout = rig.network.layout();
  CHECK(worst(part(model.state, layout.states, "norm.moving_mean"), Trajectory::values(run.at("moving_mean"))) <= 1.0);
  CHECK(worst(part(model.state, layout.states, "norm.moving_variance"), Trajectory::values(run.at("moving_var"))) <= 1.0);
  const auto score = [&](const Mode& mode) {
    return evaluate<double>(rig.network, model.params, model.state, mode, rig.data.train, rows_in_order(200), 200, rig.loss);
  };
  const Json& final = run.at("final");
  CHECK(worst(std::vector<double>{score(kEvalMode).loss, score(kTrainFrozen).loss, score(kEvalMode).accuracy, score(kTrainFrozen).accuracy},
              {final.at("eval_loss"), final.at("train_mode_full_loss"), final.at("eval_acc"), final.at("train_mode_full_acc")}) <= 1.0);
  if (!run.contains("weights")) return;
  for (const auto& item : run.at("weights").items()) {
    CAPTURE(item.key());
    CHECK(worst(part(model.params, layout.params, Trajectory::tensor_name(item.key())), Trajectory::values(item.value())) <= 1.0);
  }
  const auto population = statistics::population_statistics(rig.network, model, rig.data.train, statistics::PopulationOptions{}, 4);
  REQUIRE(population.size() == 1);
  CHECK(worst(population[0].mean, Trajectory::values(run.at("population_mean"))) <= 1.0);
  CHECK(worst(population[0].variance, Trajectory::values(run.at("population_var"))) <= 1.0);
}

}  // namespace

TEST_CASE("three epochs from another framework's start, in its order, give its losses, weights and statistics") {
  const Trajectory golden;
  for (const Json& run : golden.runs()) {
    CAPTURE(run.at("batch").get<int>());
    CAPTURE(run.at("adam").get<std::string>());
    const TrainRig<double> rig(kNet, golden.data(), train_json(run), "{}", golden.folder());
    const std::vector<double> expected = run.at("losses");
    CHECK(worst(rig.losses(), expected) <= 1.0);
    check_final(rig, rig.trained().model(), run);
  }
}

TEST_CASE("a batch order that does not fit is refused") {
  const Trajectory golden;
  const std::string options = R"("batch_order": "order.npy"})";
  const TrainRig<double> too_long(kNet, golden.data(), R"({"epochs": 4, )" + options, "{}", golden.folder());
  CHECK_THROWS_AS(too_long.trainer(), Error);
  data::Dataset<double> fewer_rows = golden.data();
  fewer_rows.train.features = Matrix<double>(199, 20);
  fewer_rows.train.labels.resize(199);
  const TrainRig<double> other_data(kNet, std::move(fewer_rows), "{" + options, "{}", golden.folder());
  CHECK_THROWS_AS(other_data.trainer(), Error);
  const TrainRig<double> not_npy(kNet, golden.data(), R"({"batch_order": "start.safetensors"})", "{}", golden.folder());
  CHECK_THROWS_AS(not_npy.trainer(), Error);
}

}  // namespace normrun::test
