#include "train/monitor.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::train {

void MonitorOptions::describe(config::OptionVisitor& visitor) {
  visitor.choice(
      {"split", "the split whose score is followed; train: the mean over the epoch's steps; the other splits are evaluated in eval mode"},
      split, {{"train", data::SplitName::kTrain}, {"validation", data::SplitName::kValidation}, {"test", data::SplitName::kTest}});
  visitor.choice({"metric", "the score that is followed"}, metric, {{"loss", Metric::kLoss}, {"accuracy", Metric::kAccuracy}},
                 {{"val_loss", "loss"}, {"val_accuracy", "accuracy"}});
}

void EarlyStoppingOptions::describe(config::OptionVisitor& visitor) {
  visitor.integer({"patience", "the training ends after so many epochs without an improvement; without this option it has its full length"},
                  patience, {.low = 0});
  monitor.describe(visitor);
  visitor.number({"min_delta", "an improvement must be larger than this"}, min_delta, config::at_least(0.0));
  visitor.integer({"start_from_epoch", "so many epochs at the start do not count"}, start_from_epoch, {.low = 0});
  visitor.flag({"restore_best_weights",
                "whether the training hands over the parameters and moving statistics of its best epoch instead of those of its last one"},
               restore_best_weights);
}

void check_monitor(const MonitorOptions& monitor, std::string_view key, Index rows, Index classes) {
  const std::string where(key);
  if (rows == 0) {
    const bool is_validation = monitor.split == data::SplitName::kValidation;
    refuse_usage(where, "follows the " + std::string(data::split_text(monitor.split)) + " split, which has no rows",
                 is_validation ? R"(set data.validation_fraction, or "split": "train")" : R"(set "split": "train")");
  }
  if (monitor.metric == MonitorOptions::Metric::kAccuracy && classes == 0)
    refuse_usage(where, "follows the accuracy, but the targets are numbers", R"(use "metric": "loss")");
}

template <class T>
double falling_score(const MonitorOptions& monitor, const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                     nn::LossKind loss) {
  const data::Split<T>& split = data.split(monitor.split);
  std::vector<Index> order(static_cast<std::size_t>(split.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  const Matrix<T> logits =
      statistics::run_forward<T>(network, model.params, model.state, kEvalMode, split, order,
                                 std::min(split.samples(), statistics::kEvaluationRows), network.logits_boundary(loss));
  nn::Targets<T> targets{.labels = split.labels.empty() ? nullptr : split.labels.data(), .positions = split.positions()};
  if (monitor.metric == MonitorOptions::Metric::kAccuracy)
    return -static_cast<double>(nn::count_correct(loss, logits.view(), split.labels.data(), split.positions())) /
           static_cast<double>(std::max<Index>(targets.counted(logits.rows()), 1));
  Matrix<T> zeros;
  if (split.labels.empty()) {
    if (split.targets.rows() == 0) zeros = Matrix<T>(logits.rows(), logits.cols());
    targets.values = split.targets.rows() > 0 ? split.targets.view() : zeros.view();
  }
  return nn::loss_and_gradient<T>(loss, logits.view(), targets, {});
}

template double falling_score(const MonitorOptions&, const nn::Network<float>&, const nn::Model<float>&, const data::Dataset<float>&,
                              nn::LossKind);
template double falling_score(const MonitorOptions&, const nn::Network<double>&, const nn::Model<double>&, const data::Dataset<double>&,
                              nn::LossKind);

void PlateauState::cut(const PlateauOptions& options) {
  learning_rate = std::max(learning_rate * options.factor, std::min(learning_rate, options.min_learning_rate));
  cooldown = options.cooldown;
  waited = 0;
}

/// The epochs of a cooldown do not count as waiting.  In Keras the last epoch of the cooldown counts again; in PyTorch counting starts with
/// the epoch after it.
void PlateauState::add(const PlateauOptions& options, double score) {
  const double margin = options.is_relative ? options.min_delta * (best < 0.0 ? -best : best) : options.min_delta;
  const bool is_better = seen == 0 || score < best - margin;
  seen += 1;
  waited = is_better ? 0 : waited + 1;
  if (is_better) best = score;
  if (cooldown > 0) {
    cooldown -= 1;
    waited = cooldown == 0 && !options.waits_longer && !is_better ? 1 : 0;
  }
  if (!is_better && cooldown == 0 && waited >= options.patience + (options.waits_longer ? 1 : 0)) cut(options);
}

void StoppingState::add(const EarlyStoppingOptions& options, Index epoch, double score) {
  is_best = false;
  if (epoch <= options.start_from_epoch) return;
  is_best = seen == 0 || score < best - options.min_delta;
  seen += 1;
  waited = is_best ? 0 : waited + 1;
  if (is_best) best = score;
  stops = !is_best && waited >= options.patience.value_or(0) && epoch > 1;
}

}  // namespace normrun::train
