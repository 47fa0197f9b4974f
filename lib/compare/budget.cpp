#include "compare/budget.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compare/metrics.hpp"
#include "compare/mode_outputs.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {
namespace {

/// The most passes that repair one layer's mean or variance alone.  The budget explains the gap and need not describe every layer, so a
/// deep network gets no more passes than this.
constexpr Index kMostSinglePasses = 30;

/// A cause, and the moving statistics after the causes up to this one have been repaired.
template <class T>
struct Stage {
  diagnosis::Cause cause = diagnosis::Cause::kNone;
  Buffer<T> state;
};

/// Returns the statistics at every stage of repair, down to the statistics of the rows that are compared.
template <class T>
std::vector<Stage<T>> stages_up_to(const Snapshot<T>& snapshot, const std::vector<diagnosis::RepairStage>& repaired,
                                   data::SplitName compared) {
  const auto state_of = [&](const std::vector<statistics::LayerStatistics>& statistics) {
    return statistics::state_with<T>(snapshot.network.layout(), snapshot.model.state, statistics);
  };
  std::vector<Stage<T>> stages;
  stages.reserve(repaired.size() + 1);
  for (const diagnosis::RepairStage& stage : repaired) stages.push_back({stage.cause, state_of(stage.statistics)});
  if (stages.empty()) return stages;
  statistics::PopulationOptions options = snapshot.settings.population;
  options.estimator = statistics::Estimator::kLayerByLayer;
  const bool is_own = compared == data::split_of(options.split);
  if (!is_own) options.samples = {.word = "all"};
  const Index batch_size = snapshot.settings.batch_size;
  stages.push_back(
      {diagnosis::Cause::kShiftedData, is_own ? stages.back().state
                                              : state_of(statistics::population_statistics(snapshot.network, snapshot.model,
                                                                                           snapshot.rows(compared), options, batch_size))});
  return stages;
}

/// The gap between train mode and eval mode, if eval mode uses some given statistics, in each metric.
struct Gap {
  double loss = 0.0;
  double outputs = 0.0;
};

/// Computes the budget of one split.
template <class T>
class SplitBudget {
 public:
  SplitBudget(const Snapshot<T>& snapshot, data::SplitName split, tables::RunRecord& record)
      : snapshot_(snapshot),
        record_(record),
        set_(snapshot, split),
        batch_size_(snapshot.settings.batch_size),
        train_(run(kTrainFrozen, snapshot.model.state)),
        train_loss_(loss_of(train_)) {}

  void add(const std::vector<Stage<T>>& stages) {
    const ModeOutputs<T> eval = run(kEvalMode, snapshot_.model.state);
    const GapMetrics whole = gap_metrics<T>(train_.outputs(), eval.outputs());
    output_sd_ = whole.rms > 0.0 ? whole.rms / whole.relative_gap : 1.0;
    whole_ = before_ = gap_to(eval);
    std::vector<Gap> repaired;  // the gap that is left after each stage
    const Buffer<T>* state = &snapshot_.model.state;
    for (const Stage<T>& stage : stages) {
      repaired.push_back(stage.state == *state ? (repaired.empty() ? whole_ : repaired.back()) : gap_of(stage.state));
      state = &stage.state;
    }
    const std::vector<bool> is_named = named(repaired);
    const auto causes = std::count(is_named.begin(), is_named.end(), true);
    const Index layers = causes > 0 ? std::max<Index>(kMostSinglePasses / (2 * causes), 1) : 0;
    state = &snapshot_.model.state;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      if (is_named[i]) add_single_layers(stages[i], *state, repaired[i], layers);
      add_lines("all", stages[i].cause, "both", repaired[i]);
      before_ = repaired[i];
      state = &stages[i].state;
    }
    add_lines("all", stages.empty() ? diagnosis::Cause::kUnexplained : diagnosis::Cause::kBatchNoise, "both", {});
  }

 private:
  ModeOutputs<T> run(const Mode& mode, const Buffer<T>& state) const {
    return run_mode<T>(snapshot_, set_, mode, snapshot_.model.params, state, batch_size_);
  }
  double loss_of(const ModeOutputs<T>& outputs) const { return set_.score(snapshot_.loss, outputs.logits.view()).loss; }
  Gap gap_of(const Buffer<T>& state) const { return gap_to(run(kEvalMode, state)); }
  Gap gap_to(const ModeOutputs<T>& eval) const {
    return {train_loss_ - loss_of(eval), gap_metrics<T>(train_.outputs(), eval.outputs()).rms / output_sd_};
  }

  /// Tells for each stage whether it has at least a tenth of the gap in one of the metrics.
  std::vector<bool> named(const std::vector<Gap>& repaired) const {
    constexpr double kLeastShare = 0.1;
    std::vector<bool> result;
    Gap before = whole_;
    for (const Gap& after : repaired) {
      const double loss = std::abs(before.loss - after.loss);
      const double squares = std::abs(before.outputs * before.outputs - after.outputs * after.outputs);
      const bool changes = loss > 0.0 || squares > 0.0;
      result.push_back(changes &&
                       (loss >= kLeastShare * std::abs(whole_.loss) || squares >= kLeastShare * whole_.outputs * whole_.outputs));
      before = after;
    }
    return result;
  }

  /// Adds a line for each mean and variance that is repaired alone, in the layers that the stage changes most.  Another line has the rest
  /// of the stage's share.
  void add_single_layers(const Stage<T>& stage, const Buffer<T>& state, const Gap& repaired, Index most) {
    const nn::Layout& layout = snapshot_.network.layout();
    Gap alone = {};  // summed over these layers: losses, and squares of output gaps
    for (const Index index : most_changed(stage.state, state, most)) {
      const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(index)];
      for (const auto& [statistic, id] : {std::pair("mean", *norm.moving_mean), std::pair("variance", *norm.moving_variance)}) {
        Buffer<T> one = state;
        std::copy_n(stage.state.begin() + id.offset, id.size, one.begin() + id.offset);
        const Gap after = one == state ? before_ : gap_of(one);
        alone.loss += before_.loss - after.loss;
        alone.outputs += before_.outputs * before_.outputs - after.outputs * after.outputs;
        add_lines(norm.name, stage.cause, statistic, after);
      }
    }
    add_interaction(stage.cause, repaired, alone);
  }

  /// Returns the layers that change most, at most `most` of them, in the network's order.
  std::vector<Index> most_changed(const Buffer<T>& to, const Buffer<T>& from, Index most) const {
    const nn::Layout& layout = snapshot_.network.layout();
    std::vector<Index> layers = statistics::layers_with_statistics(layout);
    const auto change = [&](Index index) {
      const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(index)];
      double sum = 0.0;
      for (Index c = 0; c < norm.moving_mean->size; ++c) {
        const auto mean = static_cast<std::size_t>(norm.moving_mean->offset + c);
        const auto variance = static_cast<std::size_t>(norm.moving_variance->offset + c);
        const double scale = std::max(static_cast<double>(to[variance]), 0.0) + norm.epsilon + 1e-12;
        const double difference = static_cast<double>(to[mean]) - static_cast<double>(from[mean]);
        const double ratio = (static_cast<double>(from[variance]) - static_cast<double>(to[variance])) / scale;
        sum += difference * difference / scale + ratio * ratio;
      }
      return sum / static_cast<double>(norm.moving_mean->size);
    };
    std::stable_sort(layers.begin(), layers.end(), [&](Index a, Index b) { return change(a) > change(b); });
    if (std::ssize(layers) > most) layers.resize(static_cast<std::size_t>(most));
    std::sort(layers.begin(), layers.end());
    return layers;
  }

  void add_lines(std::string_view layer, diagnosis::Cause cause, std::string_view statistic, const Gap& after) {
    for (const std::string& metric : snapshot_.settings.compare.budget) {
      if (metric == "loss")
        add_line(layer, cause, statistic, metric, tables::cell_or_empty(before_.loss), tables::cell_or_empty(after.loss),
                 (before_.loss - after.loss) / whole_.loss);
      else
        add_line(layer, cause, statistic, metric, tables::cell_or_empty(before_.outputs), tables::cell_or_empty(after.outputs),
                 (before_.outputs * before_.outputs - after.outputs * after.outputs) / (whole_.outputs * whole_.outputs));
    }
  }
  void add_interaction(diagnosis::Cause cause, const Gap& repaired, const Gap& alone) {
    const double squares = before_.outputs * before_.outputs - repaired.outputs * repaired.outputs;
    for (const std::string& metric : snapshot_.settings.compare.budget) {
      const double share = metric == "loss" ? (before_.loss - repaired.loss - alone.loss) / whole_.loss
                                            : (squares - alone.outputs) / (whole_.outputs * whole_.outputs);
      add_line("interaction", cause, "both", metric, tables::Cell(), tables::Cell(), share);
    }
  }
  void add_line(std::string_view layer, diagnosis::Cause cause, std::string_view statistic, const std::string& metric, tables::Cell before,
                tables::Cell after, double share) {
    // If there is no gap, a share is not finite and its cell stays empty.
    record_.add(tables::TableId::kBudget, {{"split", data::split_text(set_.name())},
                                           {"layer", layer},
                                           {"cause", cause_text(cause)},
                                           {"statistic", statistic},
                                           {"metric", metric},
                                           {"gap_before", std::move(before)},
                                           {"gap_after", std::move(after)},
                                           {"share", std::isfinite(share) ? tables::Cell{share == 0.0 ? 0.0 : share} : tables::Cell{}}});
  }

  const Snapshot<T>& snapshot_;
  tables::RunRecord& record_;
  EvaluationSet<T> set_;
  Index batch_size_;
  ModeOutputs<T> train_;
  double train_loss_;
  double output_sd_ = 1.0;
  Gap whole_;
  Gap before_;
};

}  // namespace

template <class T>
void add_budget(const Snapshot<T>& snapshot, const std::vector<diagnosis::RepairStage>& repaired, tables::RunRecord& record) {
  for (const std::string& name : snapshot.settings.compare.splits) {
    const data::SplitName split = data::split_of(name);
    if (snapshot.data.split(split).samples() == 0) continue;
    SplitBudget<T>(snapshot, split, record).add(stages_up_to(snapshot, repaired, split));
  }
}

template void add_budget(const Snapshot<float>&, const std::vector<diagnosis::RepairStage>&, tables::RunRecord&);
template void add_budget(const Snapshot<double>&, const std::vector<diagnosis::RepairStage>&, tables::RunRecord&);

}  // namespace normrun::compare
