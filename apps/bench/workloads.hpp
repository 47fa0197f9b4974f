#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/trainer.hpp"

namespace normrun::bench {

/// A network, its data and a batch size: what one step of training is measured on.  Names are those of scripts/bench.
struct Workload {
  std::string name;  // "W1-LN-1"
  Shape input;
  Index classes;                                            // 0: mean squared error to zeros
  std::vector<std::pair<std::string, std::string>> layers;  // type and options
  Index batch_size;
  double operations_per_row;  // forward, input and weight gradients of every product: 2 for each multiply-add
};
/// All of them, in order.
std::vector<Workload> workloads();

/// A workload that is being trained, for as many steps as anyone asks for.
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
