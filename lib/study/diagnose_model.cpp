#include "study/diagnose_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compare/budget.hpp"
#include "compare/diagnosis_tables.hpp"
#include "compare/metrics.hpp"
#include "core/denormals.hpp"
#include "data/array_values.hpp"
#include "files/number_array.hpp"
#include "statistics/known_outputs.hpp"
#include "study/eval_divergence.hpp"
#include "study/loaded_model.hpp"
#include "study/plan.hpp"

namespace normrun::study {
namespace {

/// Without labels, a distance of the outputs counts only if it is at least this share of their variance.  A sound moving average of some
/// hundred batches may be off by a tenth of the standard deviation, and nobody can tell whether that harms.
constexpr double kFarOutputs = 0.1;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Judges one model in one precision.
template <class T>
class ModelJudge {
 public:
  ModelJudge(const Experiment& experiment, const ModelCase& model, const ModelRequest& request, tables::RunRecord& record)
      : config_(experiment.base),
        folder_(experiment.folder),
        request_(request),
        runs_in_train_mode_(model.foreign && model.foreign->uses_batch()),
        record_(record),
        settings_(config_.comparison_settings()),
        loaded_(load_model<T>(experiment, request)) {
    result_.notes = model.notes;
    result_.notes.insert(result_.notes.end(), loaded_.use.notes.begin(), loaded_.use.notes.end());
    result_.normalizes_by_batch = runs_in_train_mode_;
    result_.has_statistics = !model.foreign || model.foreign->has_statistics();
    record_.data_digest = data_.digest;
    result_.batch_size = diagnosis::rows_of_norm_batch(config_.train);
    for (const std::string& name : config_.compare.splits) splits_.push_back(data::split_of(name));
    remember(data_);
  }

  ModelDiagnosis judge() {
    if (!request_.outputs.empty()) result_.outputs = checked_outputs();
    if (result_.outputs && !result_.outputs->are_equal) return std::move(result_);
    result_.too_few = too_few();
    repair_in_stages();
    std::vector<std::string> labelled;
    for (const data::SplitName split : splits_)
      if (has_labels(data_.split(split))) labelled.emplace_back(data::split_text(split));
    const bool has_any = !labelled.empty();
    if (!has_any || labelled.size() < splits_.size()) {
      by_outputs_ = with_outputs_as_targets();
      remember(*by_outputs_);
    }
    settings_.compare.splits = has_any ? labelled : config_.compare.splits;
    compare_and_explain(has_any ? data_ : *by_outputs_, has_any ? loss_ : nn::LossKind::kMse);
    if (!result_.divergence.empty()) return std::move(result_);
    for (const data::SplitName split : splits_) judge_split(split);
    result_.batches = batch_dependence(loaded_, splits_.front(), runs_in_train_mode_ ? kTrainFrozen : kEvalMode);
    return std::move(result_);
  }

 private:
  /// Lets passes over these rows be computed once.  Every dataset here has the same features.
  void remember(const data::Dataset<T>& data) {
    for (const data::SplitName split : {data::SplitName::kTrain, data::SplitName::kValidation, data::SplitName::kTest})
      known_.add(data.split(split), static_cast<Index>(split));
  }
  /// Whether the file or the request tells how often the statistics moved.  Without that, the gap cannot be divided among its causes: the
  /// share of the initial values would count as noise.
  bool knows_updates() const {
    const std::vector<Index> layers = statistics::layers_with_statistics(network_.layout());
    return std::all_of(layers.begin(), layers.end(), [&](Index layer) {
      const nn::Normalization& norm = network_.layout().normalizations[static_cast<std::size_t>(layer)];
      return statistics::update_count<T>(norm, model_.state) < static_cast<Index>(nn::kUnknownUpdates);
    });
  }
  std::string too_few() const {
    const Index rows = data_.train.samples();
    if (rows >= kFewestRows) return "";
    return std::to_string(rows) + (rows == 1 ? " training row" : " training rows") + ", where at least " + std::to_string(kFewestRows) +
           " tell anything";
  }
  compare::Snapshot<T> snapshot(const data::Dataset<T>& data, nn::LossKind loss) const {
    return {.network = network_, .model = model_, .data = data, .settings = settings_, .loss = loss};
  }
  /// Returns the state with recomputed statistics, or the stored state if no layer has moving statistics.
  std::span<const T> sound_state() const { return stages_.empty() ? std::span<const T>(model_.state) : std::span<const T>(sound_); }
  train::TrainingPlan<T> plan(const data::Dataset<T>& data, nn::LossKind loss) const {
    return {.network = &network_,
            .data = &data,
            .options = &config_.train,
            .batching = &config_.data_spec().batching,
            .loss = loss,
            .seed = static_cast<std::uint64_t>(config_.seed),
            .folder = folder_};
  }

  /// Compares the framework's outputs with those of eval mode.  If the file normalizes by its batch whenever it runs, those of train mode
  /// may match instead.
  OutputsCheck checked_outputs() const {
    files::NumberArray array = files::read_npy(request_.outputs, files::Read::kAll);
    // The network ends in the classes of each position (end_in_classes), but the file may have the classes first.
    const std::vector<Index>& positions = data_.label_shape.dims();
    const auto has_positions_from = [&](Index axis) { return std::equal(positions.begin(), positions.end(), array.dims.begin() + axis); };
    if (!positions.empty() && array.dims.size() == positions.size() + 2 && !has_positions_from(1) && has_positions_from(2))
      data::move_channels_last(array);
    const Matrix<double> given = data::to_targets<double>(array, array.rows());
    const auto check_in = [&](const Mode& mode) {
      return checked(given, outputs_of<T>(loaded_, mode, model_.state, splits_.front(), network_.output_boundary()));
    };
    OutputsCheck check = check_in(kEvalMode);
    if (!check.are_equal && runs_in_train_mode_) check = check_in(kTrainFrozen);
    return check;
  }

  OutputsCheck checked(const Matrix<double>& given, const Matrix<T>& own) const {
    if (given.rows() != own.rows() || given.cols() != own.cols()) {
      refuse_usage(request_.outputs,
                   "holds " + std::to_string(given.rows()) + " rows of " + std::to_string(given.cols()) + " outputs, but the model gives " +
                       std::to_string(own.cols()) + " for each of the " + std::to_string(own.rows()) + " judged rows",
                   "give the outputs of the rows of --test, or of those of --data if there are no others");
    }
    OutputsCheck check;
    const auto [low, high] = std::minmax_element(given.view().begin(), given.view().begin() + given.view().size());
    // Two runtimes of one framework differ by this share of the outputs' spread in float32.
    constexpr double kShareOfSpread = 1e-5;
    constexpr double kInDouble = 1e-7;
    const double spread = *high - *low;
    check.allowed = sizeof(T) == sizeof(double) ? kInDouble : kShareOfSpread * spread;
    check.are_equal = true;
    for (Index i = 0; i < given.view().size(); ++i) {
      const double difference = std::abs(given.view().data[i] - static_cast<double>(own.view().data[i]));
      check.are_equal = check.are_equal && difference <= check.allowed;
      if (!(difference <= check.largest)) check.largest = difference;
    }
    return check;
  }

  void repair_in_stages() {
    const compare::Snapshot<T> now = snapshot(data_, loss_);
    const train::TrainingPlan<T> own = plan(data_, loss_);
    stages_ = compare::repaired_statistics(now, own);
    if (stages_.empty()) return;
    if (!diagnosis::draws_at_random(own)) stages_ = diagnosis::stages_by_contents(compare::diagnosis_subject(now, own), stages_);
    const nn::Layout& layout = network_.layout();
    sound_ = statistics::state_with<T>(layout, model_.state, stages_.back().statistics);
    const auto initial = diagnosis::stored_statistics<T>(layout, statistics::initial_state<T>(layout));
    const auto stored = diagnosis::stored_statistics<T>(layout, std::span<const T>(model_.state));
    result_.initial = diagnosis::fit_blend(stored, stages_.back().statistics, initial);
  }

  /// Returns the data with targets that are the outputs by recomputed statistics.
  data::Dataset<T> with_outputs_as_targets() const {
    data::Dataset<T> data = data_;
    data.classes = 0;
    data.class_words.clear();
    data.label_shape = {};
    data.outputs = network_.output().size();
    const Index boundary = network_.output_boundary();
    for (const auto& [split, rows] :
         {std::pair(data::SplitName::kTrain, &data.train), std::pair(data::SplitName::kValidation, &data.validation),
          std::pair(data::SplitName::kTest, &data.test)}) {
      rows->labels.clear();
      if (rows->samples() > 0) rows->targets = outputs_of<T>(loaded_, kEvalMode, sound_state(), split, boundary);
    }
    return data;
  }

  void compare_and_explain(const data::Dataset<T>& data, nn::LossKind loss) {
    const compare::Snapshot<T> now = snapshot(data, loss);
    const std::optional<data::SplitName> not_finite = compare::compare_modes(now, compare::Moment::kFinal, record_);
    if (not_finite) {
      record_.status = tables::RunStatus::kDiverged;
      result_.divergence = eval_divergence(now, *not_finite);
    } else if (!config_.compare.budget.empty() && knows_updates()) {
      compare::add_budget(now, stages_, record_);
    }
    add_run_line(now);
  }

  void add_run_line(const compare::Snapshot<T>& now) {
    compare::TrainEvalScores test;
    if (now.data.test.samples() > 0 && has_labels(now.data.test)) test = compare::score_train_and_eval(now, data::SplitName::kTest);
    std::vector<tables::NamedCell> cells = {{"status", tables::status_text(record_.status)},
                                            {"error", result_.divergence},
                                            {"precision", std::string(config_.precision == Precision::kFloat32 ? "float32" : "float64")},
                                            {"parameters", network_.layout().param_count},
                                            {"steps", Index{0}}};
    const std::vector<tables::NamedCell> scores = compare::test_score_cells(test);
    cells.insert(cells.end(), scores.begin(), scores.end());
    record_.add(tables::TableId::kRuns, cells);
  }

  void judge_split(data::SplitName split) {
    JudgedRole role;
    role.split = split;
    role.rows = data_.split(split).samples();
    role.has_labels = has_labels(data_.split(split));
    const data::Dataset<T>& data = role.has_labels ? data_ : *by_outputs_;
    const nn::LossKind loss = role.has_labels ? loss_ : nn::LossKind::kMse;
    compare::ComparisonSettings settings = settings_;
    if (!role.has_labels) settings.compare.margins.variance = kFarOutputs;
    const compare::Snapshot<T> now{.network = network_, .model = model_, .data = data, .settings = settings, .loss = loss};
    const Index boundary = network_.output_boundary();
    const std::span<const T> state = sound_state();
    role.gap = compare::gap_metrics<T>(outputs_of<T>(loaded_, kEvalMode, model_.state, split, boundary).view(),
                                       outputs_of<T>(loaded_, kEvalMode, state, split, boundary).view())
                   .relative_gap;
    role.stored = role.train_mode = role.recomputed = {kNan, kNan};
    if (role.has_labels) {
      const nn::Model<T> repaired{model_.params, Buffer<T>(state.begin(), state.end())};
      const compare::Snapshot<T> sound{.network = network_, .model = repaired, .data = data, .settings = settings_, .loss = loss};
      role.stored = scores(now, split, "eval");
      role.train_mode = scores(now, split, "train");
      role.recomputed = scores(sound, split, "eval");
    }
    if (!result_.too_few.empty()) {
      result_.roles.push_back(std::move(role));
      return;
    }
    const train::TrainingPlan<T> plan_of_split = plan(data, loss);
    const diagnosis::Subject<T> subject = compare::diagnosis_subject(now, plan_of_split);
    role.diagnosis = diagnosis::diagnose(subject, split, stages_);
    compare::add_diagnosis_lines(split, role.diagnosis, record_);
    result_.roles.push_back(std::move(role));
  }

  WayScores scores(const compare::Snapshot<T>& now, data::SplitName split, std::string_view mode) const {
    const compare::SplitScore score = compare::score_split(now, split, mode, result_.batch_size);
    return {score.loss, score.accuracy};
  }

  const RunConfig& config_;
  const std::string& folder_;
  const ModelRequest& request_;
  const bool runs_in_train_mode_;  // the file normalizes by its batch whenever it runs
  tables::RunRecord& record_;
  compare::ComparisonSettings settings_;
  LoadedModel<T> loaded_;
  const data::Dataset<T>& data_ = loaded_.data;
  const nn::Network<T>& network_ = loaded_.network;
  const nn::Model<T>& model_ = loaded_.model;
  const nn::LossKind loss_ = loaded_.loss;
  statistics::KnownOutputs<T> known_{&network_, model_.params};
  std::vector<data::SplitName> splits_;         // the rows to be judged come first
  std::vector<diagnosis::RepairStage> stages_;  // empty without moving statistics
  Buffer<T> sound_;                             // the state with recomputed statistics
  std::optional<data::Dataset<T>> by_outputs_;  // only if some rows have no labels
  ModelDiagnosis result_;
};

}  // namespace

ModelDiagnosis diagnose_model(const Experiment& experiment, const ModelCase& model, const ModelRequest& request,
                              tables::RunRecord& record) {
  const FlushDenormals flush;  // as in training
  const RunKey key = run_key(experiment, 0, experiment.base);
  record = {.run = 0, .status = tables::RunStatus::kOk, .keys = key.csv(), .lines = {}, .data_digest = {}};
  return with_precision(experiment.base.precision,
                        [&](auto number) { return ModelJudge<decltype(number)>(experiment, model, request, record).judge(); });
}

}  // namespace normrun::study
