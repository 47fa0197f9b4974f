#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/trainer.hpp"

namespace normrun::bench {

/// What a benchmark trains: a network, its data and a batch size.  The names are those of scripts/bench.
struct Workload {
  std::string name;  // "W1-LN-1"
  Shape input;
  Index classes;                                            // 0: the loss is the mean squared error to zeros
  std::vector<std::pair<std::string, std::string>> layers;  // type and options
  Index batch_size;
  double operations_per_row;  // of every product, forward and both gradients; a multiply-add counts as 2
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

}  // namespace normrun::bench
