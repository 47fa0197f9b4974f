#include "compare/budget.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compare/batch_replay.hpp"
#include "compare/metrics.hpp"
#include "compare/mode_outputs.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {
namespace {

/// A cause and the moving statistics once it is repaired too.
template <class T>
struct Stage {
  std::string_view cause;
  Buffer<T> state;
};

/// The statistics at every stage, from the trained ones to those of the rows that are compared.
template <class T>
class Stages {
 public:
  Stages(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan) : snapshot_(snapshot), plan_(plan) {
    const nn::Model<T>& model = snapshot.model;
    const auto replayed = [&](ReplayWeights weights, Dropout dropout) {
      return replay_statistics(plan, model, snapshot.step, weights, dropout, snapshot.rows(data::SplitName::kTrain).stem);
    };
    const auto noiseless = replayed(ReplayWeights::kEqual, Dropout::kOn);
    std::vector<statistics::LayerStatistics> corrected = statistics::bias_corrected<T>(layout(), model.state);
    std::vector<statistics::LayerStatistics> present = replayed(ReplayWeights::kMovingAverage, Dropout::kOn);
    keep_moved(noiseless, corrected, present);
    add("cold-start", corrected);
    add("lag", present);
    add("sampling-noise", noiseless);
    add("dropout", drops_out() ? replayed(ReplayWeights::kEqual, Dropout::kOff) : noiseless);
    if (draws_at_random())
      stages_.push_back({"batch-contents", stages_.back().state});
    else
      add("batch-contents", population(statistics::Estimator::kBatchAverage, population_split()));
    add("biased-variance", population(statistics::Estimator::kLayerByLayer, population_split()));
  }

  /// The last stage is that of the rows that are compared.
  std::vector<Stage<T>> up_to(data::SplitName compared) const {
    std::vector<Stage<T>> stages = stages_;
    Buffer<T> own =
        compared == population_split() ? stages.back().state : state_of(population(statistics::Estimator::kLayerByLayer, compared));
    stages.push_back({"shifted-data", std::move(own)});
    return stages;
  }

 private:
  const nn::Layout& layout() const { return snapshot_.network.layout(); }
  bool drops_out() const {
    const auto& layers = snapshot_.network.layers();
    return std::any_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.type == "dropout"; });
  }
  bool draws_at_random() const {
    const data::BatchOrder order = plan_.batching->order;
    return plan_.data->resample ||
           (plan_.options->batch_order.empty() && (order == data::BatchOrder::kShuffled || order == data::BatchOrder::kReplacement));
  }

  /// A layer whose statistics never moved, or keep only old values, has no bias correction and no moving average to replay.  Its whole gap
  /// counts as cold start.
  void keep_moved(const std::vector<statistics::LayerStatistics>& noiseless, std::vector<statistics::LayerStatistics>& corrected,
                  std::vector<statistics::LayerStatistics>& present) const {
    for (std::size_t i = 0; i < noiseless.size(); ++i) {
      const nn::Normalization& norm = layout().normalizations[static_cast<std::size_t>(noiseless[i].normalization)];
      if (nn::share_left(norm.average, norm.momentum, 0, statistics::update_count<T>(norm, snapshot_.model.state)) < 1.0) continue;
      corrected.insert(corrected.begin() + static_cast<std::ptrdiff_t>(i), noiseless[i]);
      present[i] = noiseless[i];
    }
  }

  std::vector<statistics::LayerStatistics> population(statistics::Estimator estimator, data::SplitName split) const {
    statistics::PopulationOptions options = snapshot_.settings.population;
    options.estimator = estimator;
    options.batch_size = {.word = "train"};
    if (split != data::split_of(options.split)) options.samples = {.word = "all"};
    return statistics::population_statistics(snapshot_.network, snapshot_.model, snapshot_.rows(split), options, rows_of_a_batch());
  }

  /// Rows that share batch statistics in training.
  Index rows_of_a_batch() const {
    const train::Division& division = plan_.options->division;
    const Index parts = division.accumulate * (division.sync == train::Sync::kBatchStatistics ? 1 : division.replicas);
    return std::max<Index>(plan_.options->batch_size / parts, 1);
  }

  data::SplitName population_split() const { return data::split_of(snapshot_.settings.population.split); }
  Buffer<T> state_of(const std::vector<statistics::LayerStatistics>& statistics) const {
    return statistics::state_with<T>(layout(), snapshot_.model.state, statistics);
  }
  void add(std::string_view cause, const std::vector<statistics::LayerStatistics>& statistics) {
    stages_.push_back({cause, state_of(statistics)});
  }

  const Snapshot<T>& snapshot_;
  const train::TrainingPlan<T>& plan_;
  std::vector<Stage<T>> stages_;
};

/// Train mode's gap from eval mode with some statistics, in each metric.
struct Gap {
  double loss = 0.0;
  double outputs = 0.0;
};

/// One split's budget.
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
    Buffer<T> state = snapshot_.model.state;
    for (const Stage<T>& stage : stages) {
      add_cause(stage, state);
      state = stage.state;
    }
    add_lines("all", stages.empty() ? "unexplained" : "batch-noise", "both", {});
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

  void add_cause(const Stage<T>& stage, const Buffer<T>& state) {
    const nn::Layout& layout = snapshot_.network.layout();
    const Gap repaired = stage.state == state ? before_ : gap_of(stage.state);
    Gap alone = {};  // the sum over single repairs, of loss differences and of differences of squared gaps
    if (!(stage.state == state)) {
      for (const Index index : statistics::layers_with_statistics(layout)) {
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
    }
    add_interaction(stage.cause, repaired, alone);
    add_lines("all", stage.cause, "both", repaired);
    before_ = repaired;
  }

  void add_lines(std::string_view layer, std::string_view cause, std::string_view statistic, const Gap& after) {
    for (const std::string& metric : snapshot_.settings.compare.budget) {
      if (metric == "loss")
        add_line(layer, cause, statistic, metric, tables::cell_or_empty(before_.loss), tables::cell_or_empty(after.loss),
                 (before_.loss - after.loss) / whole_.loss);
      else
        add_line(layer, cause, statistic, metric, tables::cell_or_empty(before_.outputs), tables::cell_or_empty(after.outputs),
                 (before_.outputs * before_.outputs - after.outputs * after.outputs) / (whole_.outputs * whole_.outputs));
    }
  }
  void add_interaction(std::string_view cause, const Gap& repaired, const Gap& alone) {
    const double squares = before_.outputs * before_.outputs - repaired.outputs * repaired.outputs;
    for (const std::string& metric : snapshot_.settings.compare.budget) {
      const double share = metric == "loss" ? (before_.loss - repaired.loss - alone.loss) / whole_.loss
                                            : (squares - alone.outputs) / (whole_.outputs * whole_.outputs);
      add_line("interaction", cause, "both", metric, tables::Cell(), tables::Cell(), share);
    }
  }
  void add_line(std::string_view layer, std::string_view cause, std::string_view statistic, const std::string& metric, tables::Cell before,
                tables::Cell after, double share) {
    record_.add(tables::TableId::kBudget, {data::split_text(set_.name()), layer, cause, statistic, metric, std::move(before),
                                           std::move(after), tables::cell_or_empty(share == 0.0 ? 0.0 : share)});
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
void add_budget(const Snapshot<T>& snapshot, const train::TrainingPlan<T>& plan, tables::RunRecord& record) {
  std::optional<Stages<T>> stages;
  for (const std::string& name : snapshot.settings.compare.splits) {
    const data::SplitName split = data::split_of(name);
    if (snapshot.data.split(split).samples() == 0) continue;
    if (!stages && !statistics::layers_with_statistics(snapshot.network.layout()).empty()) stages.emplace(snapshot, plan);
    SplitBudget<T>(snapshot, split, record).add(stages ? stages->up_to(split) : std::vector<Stage<T>>());
  }
}

template void add_budget(const Snapshot<float>&, const train::TrainingPlan<float>&, tables::RunRecord&);
template void add_budget(const Snapshot<double>&, const train::TrainingPlan<double>&, tables::RunRecord&);

}  // namespace normrun::compare
