#pragma once

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "train/trainer.hpp"

namespace normrun::test {

/// Reads `json` into an object of the config; throws Error(kUsage) with what the reader finds wrong.
void read_object(const std::string& json, config::Described& value);
/// An optimizer as a config gives it: make_optimizer("adam", R"("epsilon": 1e-3)").
std::shared_ptr<train::OptimizerSpec> make_optimizer(const std::string& type, const std::string& options = "");

struct LayerText {
  std::string type;
  std::string options = "";
};
template <class T>
nn::Network<T> make_network(const std::vector<LayerText>& layers, const Shape& input);

/// 10 features in 3 classes, each class around a centre of its own; 2 in 3 of the rows are for training.
template <class T>
data::Dataset<T> clusters(Index samples, std::uint64_t seed = 1);

inline std::vector<Index> rows_in_order(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

/// A network, its data and a trainer that learns it, all from the options of "train" as a config gives them.
template <class T>
struct TrainRig {
  TrainRig(const std::vector<LayerText>& layers, data::Dataset<T> rows, const std::string& train_json,
           const std::string& batching_json = "{}", const std::string& folder = "")
      : network(make_network<T>(layers, rows.shape)), data(std::move(rows)) {
    read_object(train_json, options);
    read_object(batching_json, batching);
    loss = train::resolve_loss(options.loss, data.classes, network.output().size());
    plan = {.network = &network, .data = &data, .options = &options, .batching = &batching, .loss = loss, .seed = 7, .folder = folder};
  }
  TrainRig(const TrainRig&) = delete;
  TrainRig& operator=(const TrainRig&) = delete;

  train::Trainer<T> trainer() const { return train::Trainer<T>(plan); }
  train::Trainer<T> trained() const {
    train::Trainer<T> trainer(plan);
    while (!trainer.done()) trainer.advance();
    return trainer;
  }
  std::vector<double> losses() const {
    std::vector<double> losses;
    for (train::Trainer<T> trainer(plan); !trainer.done();) {
      trainer.advance();
      losses.push_back(trainer.last_loss());
    }
    return losses;
  }

  nn::Network<T> network;
  data::Dataset<T> data;
  train::TrainOptions options;
  data::Batching batching;
  nn::LossKind loss = nn::LossKind::kMse;
  train::TrainingPlan<T> plan;
};

/// dense 8, batch norm, relu, dense 3.
inline const std::vector<LayerText> kBatchNormNet = {{"dense", R"("units": 8)"}, {"batch"}, {"relu"}, {"dense", R"("units": 3)"}};

}  // namespace normrun::test
