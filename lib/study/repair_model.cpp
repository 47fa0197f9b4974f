#include "study/repair_model.hpp"

#include <algorithm>
#include <cmath>

#include "core/denormals.hpp"
#include "diagnosis/tests_of_means.hpp"
#include "study/loaded_model.hpp"

namespace normrun::study {
namespace {

/// Returns our name and the file's name in a line of nn::WeightsUse::loaded, such as "norm.gamma" or "norm.gamma from bn.weight,
/// transposed".
std::pair<std::string, std::string> names_of(const std::string& loaded) {
  constexpr std::string_view kFrom = " from ";
  const std::size_t from = loaded.find(kFrom);
  if (from == std::string::npos) return {loaded, loaded};
  const std::string file = loaded.substr(from + kFrom.size());
  return {loaded.substr(0, from), file.substr(0, file.find(','))};
}

/// Recomputes the statistics of one model in one precision.
template <class T>
class Repairer {
 public:
  Repairer(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, const RepairOptions& options)
      : loaded_(load_model<T>(experiment, request, model.foreign.get())),
        batch_size_(experiment.base.train.batch_size),
        options_(options) {}

  ModelRepair repair() {
    if (statistics::layers_with_statistics(loaded_.network.layout()).empty())
      refuse_usage("MODEL", "no layer of the model has moving statistics", "there is nothing to recompute");
    const Index all = loaded_.data.train.samples();
    result_.rows = std::min(options_.samples.value_or(all), all);
    result_.data_digest = loaded_.data.digest;
    const diagnosis::StatisticsList statistics = recomputed(result_.rows);
    name_tensors(statistics);
    score(statistics);
    return std::move(result_);
  }

 private:
  diagnosis::StatisticsList recomputed(Index rows) const {
    statistics::PopulationOptions options;
    options.estimator = options_.estimator;
    if (options_.estimator == statistics::Estimator::kBatchAverage) options.batch_size = {.word = "train", .value = 0};
    if (rows < loaded_.data.train.samples()) options.samples = {.word = "", .value = rows};
    return statistics::population_statistics(loaded_.network, loaded_.model, statistics::SplitRows<T>(loaded_.data.train), options,
                                             batch_size_);
  }

  void name_tensors(const diagnosis::StatisticsList& list) {
    const nn::Layout& layout = loaded_.network.layout();
    const Buffer<T> state = statistics::state_with<T>(layout, loaded_.model.state, list);
    for (const statistics::LayerStatistics& layer : list) {
      const std::string& name = layout.normalizations[static_cast<std::size_t>(layer.normalization)].name;
      result_.layers.push_back(name);
      for (const nn::StateEntry& entry : layout.states) {
        if (entry.layer != name || entry.name == "updates") continue;
        const auto begin = state.begin() + entry.id.offset;
        result_.statistics.push_back({.name = name_in_file(name + "." + entry.name),
                                      .shape = entry.shape,
                                      .is_double = false,
                                      .values = std::vector<double>(begin, begin + entry.id.size)});
      }
    }
  }
  std::string name_in_file(const std::string& own) const {
    for (const std::string& loaded : loaded_.use.loaded) {
      const auto [ours, file] = names_of(loaded);
      if (ours == own) return file;
    }
    return own;
  }

  /// Returns the loss of each judged row, without any temperature.
  std::vector<double> row_losses(const Matrix<T>& logits) const {
    const data::Split<T>& rows = loaded_.data.split(result_.judged);
    std::vector<double> losses;
    losses.reserve(static_cast<std::size_t>(logits.rows()));
    for (Index r = 0; r < logits.rows(); ++r) {
      nn::Targets<T> targets;
      if (rows.labels.empty()) {
        targets.values = rows.targets.view().slice(r, 1);
      } else {
        targets.labels = rows.labels.data() + r * rows.positions();
        targets.positions = rows.positions();
        if (targets.counted(1) == 0) continue;
      }
      losses.push_back(nn::loss_and_gradient<T>(loaded_.loss, logits.view().slice(r, 1), targets, {}));
    }
    return losses;
  }
  WayScores scores_of(const Matrix<T>& logits, const std::vector<double>& losses) const {
    const data::Split<T>& rows = loaded_.data.split(result_.judged);
    const double loss = diagnosis::estimate(losses).mean;
    if (rows.labels.empty()) return {loss, std::nan("")};
    const nn::Targets<T> targets{.labels = rows.labels.data(), .positions = rows.positions()};
    const auto right = static_cast<double>(nn::count_correct(loaded_.loss, logits.view(), targets.labels, targets.positions));
    return {loss, right / static_cast<double>(targets.counted(logits.rows()))};
  }
  Matrix<T> logits_by(std::span<const T> state) const {
    return outputs_of<T>(loaded_, kEvalMode, state, result_.judged, loaded_.network.logits_boundary(loaded_.loss));
  }
  Matrix<T> logits_by(const diagnosis::StatisticsList& list) const {
    return logits_by(std::span<const T>(statistics::state_with<T>(loaded_.network.layout(), loaded_.model.state, list)));
  }

  void score(const diagnosis::StatisticsList& list) {
    for (const data::SplitName split : {data::SplitName::kValidation, data::SplitName::kTest, data::SplitName::kTrain}) {
      if (!has_labels(loaded_.data.split(split))) continue;
      result_.judged = split;
      result_.is_measured = true;
      break;
    }
    if (!result_.is_measured) return;
    const Matrix<T> before = logits_by(std::span<const T>(loaded_.model.state));
    const Matrix<T> after = logits_by(list);
    const std::vector<double> old_losses = row_losses(before);
    const std::vector<double> new_losses = row_losses(after);
    result_.judged_rows = before.rows();
    result_.before = scores_of(before, old_losses);
    result_.after = scores_of(after, new_losses);
    std::vector<double> gains(old_losses.size());
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] = old_losses[i] - new_losses[i];
    const diagnosis::Estimate gain = diagnosis::estimate(gains);
    result_.gain = gain.mean;
    result_.low = gain.lower(0.025);
    result_.high = gain.upper(0.025);
    add_curve();
  }

  /// Adds the losses by statistics of 16, 64, 256, … rows.  They show how many rows are enough.
  void add_curve() {
    constexpr Index kFewest = 16;
    constexpr Index kTimes = 4;
    for (Index rows = kFewest; rows < result_.rows; rows *= kTimes)
      result_.curve.push_back({rows, diagnosis::estimate(row_losses(logits_by(recomputed(rows)))).mean});
    result_.curve.push_back({result_.rows, result_.after.loss});
  }

  LoadedModel<T> loaded_;
  Index batch_size_;
  const RepairOptions& options_;
  ModelRepair result_;
};

}  // namespace

ModelRepair repair_model(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, const RepairOptions& options) {
  const FlushDenormals flush;  // as in training
  return with_precision(experiment.base.precision,
                        [&](auto number) { return Repairer<decltype(number)>(experiment, model, request, options).repair(); });
}

std::string repaired_tensors(const std::string& model, const ModelRepair& repair, const std::string& provenance) {
  files::TensorFile file = files::read_safetensors(model);
  const bool is_own = file.metadata.contains("config");
  if (!is_own) {
    std::erase_if(file.tensors, [&](const files::Tensor& tensor) {
      return std::none_of(repair.statistics.begin(), repair.statistics.end(), [&](const auto& one) { return one.name == tensor.name; });
    });
  }
  for (files::Tensor& tensor : file.tensors) {
    for (const files::Tensor& one : repair.statistics)
      if (one.name == tensor.name) tensor.values = one.values;
  }
  file.metadata["normrun.repair"] = provenance;
  return files::format_safetensors(file);
}

}  // namespace normrun::study
