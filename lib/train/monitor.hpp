#pragma once

#include <cstdint>
#include <optional>

#include "config/options/options.hpp"
#include "data/dataset.hpp"
#include "nn/losses.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// The score that a plateau or early stopping follows after each epoch.
struct MonitorOptions {
  enum class Metric { kLoss, kAccuracy };
  data::SplitName split = data::SplitName::kValidation;
  Metric metric = Metric::kLoss;

  /// Describes the options split and metric as members of the object that has them.
  void describe(config::OptionVisitor& visitor);
};

/// Ends the training when a score no longer improves.  Source: Keras 3, EarlyStopping.
struct EarlyStoppingOptions : config::Described {
  std::optional<Index> patience;  // empty: the training has its full length
  MonitorOptions monitor;
  double min_delta = 0.0;
  Index start_from_epoch = 0;
  bool restore_best_weights = false;

  void describe(config::OptionVisitor& visitor) override;
};

/// Cuts the learning rate when a score no longer improves (schedules/plateau.cpp).
struct PlateauOptions {
  MonitorOptions monitor;
  double factor = 0.1;
  Index patience = 10;
  double min_delta = 1e-4;
  bool is_relative = false;   // whether min_delta is a share of the best score
  bool waits_longer = false;  // whether the cut comes only after one epoch more than `patience`, as in PyTorch
  Index cooldown = 0;
  double min_learning_rate = 0.0;
};

/// Throws Error(kUsage) if the data lacks what the score needs: rows in the split, or classes for an accuracy.
void check_monitor(const MonitorOptions& monitor, std::string_view key, Index rows, Index classes);

/// Returns the score after an epoch, in a form that falls when the network gets better: the loss, or minus the accuracy.  Runs the split in
/// eval mode.
template <class T>
double falling_score(const MonitorOptions& monitor, const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                     nn::LossKind loss);

/// The progress of a plateau schedule.
struct PlateauState {
  double learning_rate = 0.0;  // the learning rate that the cuts so far have left
  double best = 0.0;
  Index seen = 0;  // how many epochs it has seen
  Index waited = 0;
  Index cooldown = 0;
  /// Takes the score of one more epoch.
  void add(const PlateauOptions& options, double score);

 private:
  void cut(const PlateauOptions& options);
};

/// The progress of early stopping.
struct StoppingState {
  double best = 0.0;
  Index seen = 0;  // how many epochs have counted
  Index waited = 0;
  bool is_best = false;  // whether the last epoch was the best one so far
  bool stops = false;
  /// Takes the score of one more epoch, whose number counts from 1.
  void add(const EarlyStoppingOptions& options, Index epoch, double score);
};

}  // namespace normrun::train
