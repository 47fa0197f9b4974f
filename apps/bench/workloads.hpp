#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/model.hpp"
#include "train/trainer.hpp"

namespace normrun::bench {

/// What a benchmark trains, or diagnoses: a network, its data and a batch size.  The names are those of scripts/bench.
struct Workload {
  std::string name;  // "W1-LN-1"
  Shape input;
  Index classes;                                            // 0: the loss is the mean squared error to zeros
  std::vector<std::pair<std::string, std::string>> layers;  // type and options
  Index batch_size;
  double operations_per_row;    // of every product, forward and both gradients; a multiply-add counts as 2
  std::string norm = "batch";   // what a preset normalizes by
  Index evaluation_passes = 0;  // more than 0: the network is diagnosed, not trained; batch_size: the rows
};
/// Returns all workloads, W1 first.
std::vector<Workload> workloads();

/// Trains a workload, for as many steps as the caller asks for.
class Training {
 public:
  explicit Training(const Workload& workload);
  void run(Index steps);
  Index parameters() const { return network_->layout().param_count; }

 private:
  data::Dataset<float> data_;
  train::TrainOptions options_;
  data::Batching batching_;
  std::unique_ptr<nn::Network<float>> network_;
  std::unique_ptr<train::Trainer<float>> trainer_;
};

/// Diagnoses a workload: computes its population statistics, then evaluates all rows several times.
class Diagnosis {
 public:
  explicit Diagnosis(const Workload& workload);
  void run(Index times);
  Index parameters() const { return network_->layout().param_count; }

 private:
  data::Dataset<float> data_;
  Index evaluation_passes_;
  std::unique_ptr<nn::Network<float>> network_;
  nn::Model<float> model_;
};

}  // namespace normrun::bench
