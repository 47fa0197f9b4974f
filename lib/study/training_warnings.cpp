#include "study/training_warnings.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "diagnosis/subject.hpp"
#include "fmt/format.h"
#include "statistics/moving_statistics.hpp"

namespace normrun::study {
namespace {

/// Collects the warnings about one run.
class RunWarnings {
 public:
  RunWarnings(const RunConfig& config, const data::DataSpec::Outline& data)
      : config_(config),
        data_(data),
        network_(config.layers(), data.shape),
        part_(diagnosis::rows_of_statistics(config.train, network_.layout())) {}

  std::vector<std::string> take() {
    if (statistics::layers_with_statistics(network_.layout()).empty() || (config_.train.steps && *config_.train.steps == 0)) return {};
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
      add(fmt::format("train.batch_size: {} training rows are fewer than a batch of {}{}", data_.train_samples, batch_size(),
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

  Index updates() const {
    const Index per_epoch = config_.train.sizes().batches(data_.train_samples, config_.data_spec().batching.last);
    const Index steps = config_.train.steps ? *config_.train.steps : config_.train.epochs.value_or(1) * per_epoch;
    return steps * config_.train.division.accumulate;
  }

  void add_momentum() {
    const nn::Layout& layout = network_.layout();
    const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(statistics::layers_with_statistics(layout).front())];
    const bool moves =
        config_.train.forward_mode == train::ForwardMode::kTrain || config_.train.forward_mode == train::ForwardMode::kMovingAverages;
    if (!moves) {
      add("train.forward_mode: the moving statistics never move, and eval mode will normalize by what they start from");
      return;
    }
    if (norm.average != nn::Average::kExponential) return;
    constexpr double kForgets = 0.5;
    constexpr double kIsCold = 0.05;
    const double share = nn::share_left(norm.average, norm.momentum, 0, updates());
    if (norm.momentum < kForgets) {
      add(fmt::format(
          "norm.momentum: an old value's weight of {:.3g} keeps little more than the last batch's {} row{} in the moving statistics",
          norm.momentum, part_, part_ == 1 ? "" : "s"));
    } else if (config_.train.init_from.empty() && share > kIsCold) {
      add(fmt::format(
          "norm.momentum: after {} updates with an old value's weight of {:.4g}, {:.0f} % of the moving statistics will still be "
          "their initial 0 and 1",
          updates(), norm.momentum, 100.0 * share));
    }
  }

  const RunConfig& config_;
  const data::DataSpec::Outline& data_;
  nn::Network<float> network_;
  Index part_;  // how many rows share batch statistics
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
