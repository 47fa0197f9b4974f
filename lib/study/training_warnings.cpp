#include "study/training_warnings.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "diagnosis/subject.hpp"
#include "fmt/format.h"
#include "statistics/moving_statistics.hpp"
#include "train/average_weights.hpp"
#include "train/phases.hpp"

namespace normrun::study {
namespace {

/// Collects the warnings about one run.
class RunWarnings {
 public:
  RunWarnings(const RunConfig& config, const data::DataSpec::Outline& data)
      : config_(config),
        data_(data),
        network_(config.layers(), data.shape),
        part_(diagnosis::rows_of_statistics(config.train, network_.layout())),
        phases_(train::phases_of(config.train, steps_per_epoch())) {}

  std::vector<std::string> take() {
    if (config_.train.steps && *config_.train.steps == 0) return {};
    add_what_never_begins();
    if (statistics::layers_with_statistics(network_.layout()).empty()) return std::move(texts_);
    const bool keeps_rows = data_.train_samples > 0;
    if (keeps_rows) add_sizes();
    add_momentum();
    const std::vector<std::string>& history = config_.train.history;
    const bool only_train = std::find(history.begin(), history.end(), "train") != history.end() && history.size() == 1;
    if (only_train && data_.validation_samples + data_.test_samples > 0)
      add("train.history: held-out rows are evaluated in train mode alone, where each depends on the rows beside it; add \"eval\"");
    return std::move(texts_);
  }

 private:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  Index batch_size() const { return config_.train.batch_size; }
  bool drops_last() const { return config_.data_spec().batching.last == data::LastBatch::kDrop; }
  Index left_over() const { return config_.train.sizes().left_over(data_.train_samples); }

  void add_sizes() {
    if (data_.train_samples < batch_size()) {
      add(fmt::format("train.batch_size: {} than a batch of {}{}",
                      data_.train_samples == 1 ? "1 training row is fewer" : fmt::format("{} training rows are fewer", data_.train_samples),
                      batch_size(),
                      drops_last() ? ", and data.batching.last drops them all: no step is left" : ": every batch is all of them"));
      return;
    }
    // A small last batch has fewer ghost batches, not smaller ones, so ghost batches do not count here.
    const Index parts = std::max<Index>(batch_size() / diagnosis::rows_of_norm_batch(config_.train), 1);
    if (part_ == 1) {
      add(
          fmt::format("train.batch_size: a normalization that needs batch statistics gets 1 row at a time{}; for one row with one position "
                      "it returns beta, so no layer below it learns",
                      batch_size() > 1 ? fmt::format(" (batches of {} in {} parts)", batch_size(), batch_size() / part_) : ""));
    } else if (left_over() > 0 && !drops_last() && (left_over() == 1 || (parts > 1 && left_over() < 2 * parts))) {
      add(fmt::format(
          "data.batching: {} training rows in batches of {} leave a last batch of {} row{}{}, which moves the statistics like a "
          "full one; set data.batching.last to \"drop\"",
          data_.train_samples, batch_size(), left_over(), left_over() == 1 ? "" : "s",
          parts > 1 ? fmt::format(" for {} parts", parts) : ""));
    }
  }

  Index steps_per_epoch() const { return config_.train.sizes().batches(data_.train_samples, config_.data_spec().batching.last); }
  Index steps() const { return config_.train.steps ? *config_.train.steps : config_.train.epochs.value_or(1) * steps_per_epoch(); }

  /// Whether the average takes any weights.  Of a very long training only the first million steps are looked at.
  bool takes_any(const train::AverageSpec& average) const {
    constexpr Index kMostSteps = 1000000;
    for (Index step = 1; step <= std::min(steps(), kMostSteps); ++step)
      if (average.takes(step, std::max<Index>(steps_per_epoch(), 1), steps())) return true;
    return steps() > kMostSteps;
  }

  void add_what_never_begins() {
    for (const train::Phase& phase : phases_) {
      if (phase.first_step > 0 && phase.first_step >= steps())
        add(fmt::format("train.phases: a phase begins after step {}, but the training has {} steps: the phase never begins",
                        phase.first_step, steps()));
    }
    const train::AverageSpec* const average = config_.train.average_spec();
    if (average != nullptr && steps() > 0 && !takes_any(*average))
      add(fmt::format(
          "train.average_weights: the average begins after the last of the {} steps, so that no weights are averaged; lower \"from\"",
          steps()));
  }

  /// Whether a layer's parameters may move in this network.  A layer without parameters counts as one that trains.
  static bool trains(const nn::Network<float>& network, Index layer) {
    const std::string& name = network.layers()[static_cast<std::size_t>(layer)].name;
    const auto is_frozen = [&](const nn::ParamEntry& entry) { return entry.layer == name && entry.role == nn::ParamRole::kFrozen; };
    const auto& params = network.layout().params;
    return std::none_of(params.begin(), params.end(), is_frozen);
  }

  /// Returns the first normalization with moving statistics that trains, or null if there is none.
  const nn::Normalization* first_that_trains() const {
    for (const Index place : statistics::layers_with_statistics(network_.layout())) {
      const nn::Normalization& norm = network_.layout().normalizations[static_cast<std::size_t>(place)];
      if (trains(network_, norm.layer)) return &norm;
    }
    return nullptr;
  }

  bool moves_statistics(const train::Phase& phase, const nn::Normalization& norm) const {
    if (!phase.change.frozen.empty() && !trains(nn::Network<float>(config_.layers(), data_.shape, phase.change), norm.layer)) return false;
    return phase.forward_mode == train::ForwardMode::kTrain || phase.forward_mode == train::ForwardMode::kMovingAverages;
  }

  /// How often the statistics move in the whole training, and the share of their initial values that is left then.
  struct Memory {
    Index updates = 0;
    double share = 1.0;
  };
  Memory memory_of(const nn::Normalization& norm) const {
    Memory memory;
    for (std::size_t i = 0; i < phases_.size(); ++i) {
      const Index end = i + 1 < phases_.size() ? std::min(phases_[i + 1].first_step, steps()) : steps();
      if (!moves_statistics(phases_[i], norm) || end <= phases_[i].first_step) continue;
      const Index updates = (end - phases_[i].first_step) * config_.train.division.accumulate;
      memory.updates += updates;
      memory.share *= nn::share_left(norm.average, phases_[i].change.momentum.value_or(norm.momentum), 0, updates);
    }
    return memory;
  }

  void add_momentum() {
    const bool has_start = !config_.train.init_from.empty();
    const nn::Normalization* const norm = first_that_trains();
    if (norm == nullptr) {
      if (!has_start)
        add("\"trainable\": false: the moving statistics never move, and every mode normalizes by their initial 0 and 1; give the weights "
            "and "
            "statistics of an earlier training (train.init_from)");
      return;
    }
    const Memory memory = memory_of(*norm);
    if (memory.updates == 0 && steps() > 0) {
      add("train.forward_mode: the moving statistics never move, and eval mode will normalize by what they start from");
      return;
    }
    if (norm->average != nn::Average::kExponential) return;
    constexpr double kForgets = 0.5;
    constexpr double kIsCold = 0.05;
    if (norm->momentum < kForgets) {
      add(fmt::format(
          "norm.momentum: an old value's weight of {:.3g} keeps little more than the last batch's {} row{} in the moving statistics",
          norm->momentum, part_, part_ == 1 ? "" : "s"));
    } else if (!has_start && memory.share > kIsCold) {
      add(fmt::format(
          "norm.momentum: after {} updates with an old value's weight of {:.4g}, {:.0f} % of the moving statistics will still be "
          "their initial 0 and 1",
          memory.updates, norm->momentum, 100.0 * memory.share));
    }
  }

  const RunConfig& config_;
  const data::DataSpec::Outline& data_;
  nn::Network<float> network_;
  Index part_;  // how many rows share batch statistics
  std::vector<train::Phase> phases_;
  std::vector<std::string> texts_;
};

}  // namespace

std::vector<std::string> training_warnings(const Experiment& experiment, const data::DataSpec::Outline& data) {
  constexpr std::int64_t kMostSettings = 1000;
  const std::int64_t runs = experiment.grid.size();
  const std::int64_t looked = std::min(runs, kMostSettings);
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < looked; ++i) {
    try {
      for (std::string& text : RunWarnings(experiment.at(i * (runs / looked)), data).take())
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
    } catch (const Error&) {
      // A setting whose shapes do not fit fails as a run of its own.
    }
  }
  return texts;
}

}  // namespace normrun::study
