#include "sweep/run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "compare/budget.hpp"
#include "compare/compare_modes.hpp"
#include "compare/diagnosis_tables.hpp"
#include "compare/probes/probes.hpp"
#include "core/median.hpp"
#include "files/checksum.hpp"
#include "nn/checkpoint.hpp"
#include "study/eval_divergence.hpp"
#include "study/weights_check.hpp"  // swept_norms
#include "sweep/process_memory.hpp"
#include "sweep/resume_point.hpp"
#include "train/square_overflow.hpp"
#include "train/trainer.hpp"

namespace normrun::sweep {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Executes one run in one precision, from its config to its record.
template <class T>
class Run {
 public:
  Run(const RunContext& context, const study::RunConfig& config, const study::RunKey& key, tables::RunRecord& record)
      : context_(context), config_(config), settings_(config.comparison_settings()), key_(key), record_(record) {}

  void execute() {
    const auto start = Clock::now();
    data_ = context_.data->get<T>(config_, context_.experiment->folder);
    record_.data_digest = data_->digest;
    network_.emplace(config_.layers(), data_->shape);
    train::check_squares(*network_, *data_);
    loss_ = train::resolve_loss(config_.train.loss, data_->classes, train::outputs_of_label(network_->output(), data_->label_shape).size());
    plan_ = {.network = &*network_,
             .data = data_.get(),
             .options = &config_.train,
             .batching = &config_.data_spec().batching,
             .loss = loss_,
             .seed = static_cast<std::uint64_t>(config_.seed),
             .folder = context_.experiment->folder,
             .norms = study::swept_norms(context_.experiment->document, context_.experiment->grid, config_, data_->shape)};
    trainer_.emplace(plan_);
    take_up_resume_point();
    setup_seconds_ = seconds_since(start);
    train();
    compare();
    const compare::TrainEvalScores test = test_scores();
    if (!not_finite_ && test.eval.samples > 0 && std::isnan(test.eval.loss)) not_finite_ = data::SplitName::kTest;
    const std::string error = not_finite_ ? study::eval_divergence(snapshot(), *not_finite_) : "";
    if (not_finite_) record_.status = tables::RunStatus::kDiverged;
    const bool keeps = !context_.checkpoint_folder.empty() && config_.train.checkpoints == train::CheckpointPolicy::kAll;
    if (keeps && !not_finite_) write_checkpoint();
    add_run_line(error, test);
    add_timing();
  }

  /// Adds the line of runs.csv for a run that ended early.
  void add_failure(const std::string& error) { record_.add(tables::TableId::kRuns, begun_run_line(error)); }

 private:
  compare::Snapshot<T> snapshot() { return snapshot_of(trainer_->model()); }
  compare::Snapshot<T> snapshot_of(const nn::Model<T>& model) {
    return {*network_, model, *data_, settings_, loss_, trainer_->epoch(), trainer_->step(), &trainer_->running_model(), &stems_};
  }
  /// Returns what runs.csv says of every run, however far it came.
  std::vector<tables::NamedCell> begun_run_line(const std::string& error) const {
    return {{"status", tables::status_text(record_.status)},
            {"error", error},
            {"precision", std::string(config_.precision == study::Precision::kFloat32 ? "float32" : "float64")},
            {"parameters", network_ ? tables::Cell{network_->layout().param_count} : tables::Cell{}},
            {"steps", trainer_ ? trainer_->step() : 0}};
  }

  void train() {
    const auto start = Clock::now();
    const Index every = config_.compare.every_steps;
    const Index store_every = config_.train.checkpoint_every;
    double comparing = 0.0;
    while (!trainer_->done()) {
      if (context_.stop != nullptr && context_.stop->load(std::memory_order_relaxed)) {
        save_resume_point();
        throw Interrupted{};
      }
      trainer_->advance();
      if (context_.on_step) context_.on_step(trainer_->step(), trainer_->total_steps(), trainer_->last_loss());
      if (trainer_->at_epoch_end()) add_history();
      if (every > 0 && trainer_->step() % every == 0 && !trainer_->done()) {
        const auto pause = Clock::now();
        compare::compare_modes(snapshot(), compare::Moment::kRunning, record_);
        compare::add_probes(snapshot(), compare::Moment::kRunning, record_);
        comparing += seconds_since(pause);
      }
      if (store_every > 0 && trainer_->step() % store_every == 0 && !trainer_->done()) save_resume_point();
    }
    train_seconds_ = seconds_since(start) - comparing;
    compare_seconds_ += comparing;
  }

  ResumeKey resume_key() const { return {context_.resume_folder, key_.run_id, files::digest_of(study::run_text(config_)), data_->digest}; }

  void take_up_resume_point() {
    if (context_.resume_folder.empty() || !has_resume_point(context_.resume_folder, key_.run_id)) return;
    ResumePoint<T> point = read_resume_point<T>(resume_key(), network_->layout(), {trainer_->slot_count(), trainer_->kept_count()});
    trainer_->restore(point.trainer);
    record_.lines = std::move(point.lines);
  }

  void save_resume_point() const {
    if (context_.resume_folder.empty() || trainer_->step() == 0) return;
    write_resume_point<T>(resume_key(), network_->layout(), {trainer_->state(), record_.lines});
  }

  void add_history() {
    if (config_.train.history.empty()) return;
    const auto add = [&](std::string_view split, std::string_view mode, const compare::SplitScore& score) {
      record_.add(tables::TableId::kHistory, {{"epoch", trainer_->epoch()},
                                              {"step", trainer_->step()},
                                              {"split", split},
                                              {"mode", mode},
                                              {"loss", tables::cell_or_empty(score.loss)},
                                              {"accuracy", tables::cell_or_empty(score.accuracy)},
                                              {"samples", score.samples}});
    };
    const train::StepTotals& totals = trainer_->epoch_totals();
    add("train", "train", {totals.loss(), data_->classes > 0 ? totals.accuracy() : std::nan(""), totals.samples});
    const std::optional<Index>& every = config_.compare.train_history_every;
    for (const data::SplitName split : data::kSplits) {
      if (split == data::SplitName::kTrain && (!every || trainer_->epoch() % *every != 0)) continue;
      if (data_->split(split).samples() == 0) continue;
      for (const std::string& mode : config_.train.history) {
        if (split == data::SplitName::kTrain && mode == "train")
          continue;  // the line added above, which has the running mean over the steps, is that of train mode
        add(data::split_text(split), mode,
            compare::score_split(snapshot_of(trainer_->running_model()), split, mode, config_.train.batch_size));
      }
    }
  }

  void compare() {
    const auto start = Clock::now();
    if (!config_.compare.pairs.empty()) {
      not_finite_ = compare::compare_modes(snapshot(), compare::Moment::kFinal, record_);
      if (!not_finite_) explain_gap();
    }
    compare::add_probes(snapshot(), compare::Moment::kFinal, record_);
    compare_seconds_ += seconds_since(start);
  }

  /// Adds the budget and the diagnosis.  Both use the statistics with one cause after another repaired.
  void explain_gap() {
    if (config_.compare.budget.empty() && !config_.compare.diagnosis) return;
    const compare::Snapshot<T> now = snapshot();
    const std::vector<diagnosis::RepairStage> stages = compare::repaired_statistics(now, plan_);
    if (!config_.compare.budget.empty()) compare::add_budget(now, stages, record_);
    if (config_.compare.diagnosis) compare::add_diagnosis(now, plan_, stages, record_);
  }

  /// Returns the scores of the test rows in train and in eval mode.  Without test rows they are NaN and have 0 samples.
  compare::TrainEvalScores test_scores() {
    if (data_->test.samples() == 0) return {};
    return compare::score_train_and_eval(snapshot(), data::SplitName::kTest);
  }

  void add_run_line(const std::string& error, const compare::TrainEvalScores& test) {
    const train::StepTotals& totals = trainer_->epoch_totals();
    const bool has_accuracy = totals.samples > 0 && data_->classes > 0;
    std::vector<tables::NamedCell> cells = begun_run_line(error);
    cells.insert(cells.end(), {{"train_loss", totals.samples > 0 ? tables::Cell{totals.loss()} : tables::Cell{}},
                               {"train_accuracy", has_accuracy ? tables::Cell{totals.accuracy()} : tables::Cell{}}});
    const std::vector<tables::NamedCell> scores = compare::test_score_cells(test);
    cells.insert(cells.end(), scores.begin(), scores.end());
    record_.add(tables::TableId::kRuns, cells);
  }

  void write_checkpoint() {
    files::TensorFile file = nn::to_tensors(network_->layout(), trainer_->model());
    file.metadata["run_id"] = key_.run_id;
    file.metadata["norm"] = key_.norm;
    file.metadata["epoch"] = std::to_string(trainer_->epoch());
    file.metadata["step"] = std::to_string(trainer_->step());
    file.metadata["config"] = study::run_text(config_);
    file.metadata["config_digest"] = files::digest_of(file.metadata["config"]);
    file.metadata["data_digest"] = data_->digest;
    files::write_safetensors(context_.checkpoint_folder + "/" + key_.run_id + ".safetensors", file);
  }

  /// Measures how many microseconds the network takes for a single row in eval mode: the median of several blocks, because whatever else
  /// the machine does makes some of them slow.
  double predict_microseconds() const {
    if (data_->train.samples() == 0) return std::nan("");
    constexpr int kRepetitions = 20;
    std::vector<double> blocks(9);
    nn::Record<T> record(*network_, 1);
    const ConstView<T> row = data_->train.features.view().slice(0, 1);
    const typename nn::Network<T>::Pass pass{
        .mode = kEvalMode, .lengths = data_->train.lengths.empty() ? nullptr : data_->train.lengths.data(), .key = {}, .last_boundary = -1};
    for (double& block : blocks) {
      const auto start = Clock::now();
      for (int i = 0; i < kRepetitions; ++i) {
        network_->forward(pass, trainer_->model().params, trainer_->model().state, nullptr, record, row);
      }
      block = seconds_since(start) / kRepetitions * 1e6;
    }
    return upper_median(std::move(blocks));
  }

  void add_timing() {
    const double steps = static_cast<double>(trainer_->step());
    const double rows = steps * config_.train.sizes().mean();
    const auto per_second = [this](double count) { return train_seconds_ > 0.0 ? tables::Cell{count / train_seconds_} : tables::Cell{}; };
    record_.add(tables::TableId::kTiming, {{"setup_seconds", setup_seconds_},
                                           {"train_seconds", train_seconds_},
                                           {"compare_seconds", compare_seconds_},
                                           {"steps_per_second", per_second(steps)},
                                           {"samples_per_second", per_second(rows)},
                                           {"predict_microseconds", tables::cell_or_empty(predict_microseconds())},
                                           {"peak_rss_bytes", peak_memory_bytes()}});
  }

  const RunContext& context_;
  const study::RunConfig& config_;
  compare::ComparisonSettings settings_;
  const study::RunKey& key_;
  tables::RunRecord& record_;
  std::shared_ptr<const data::Dataset<T>> data_;
  std::optional<nn::Network<T>> network_;
  train::TrainingPlan<T> plan_;
  std::optional<train::Trainer<T>> trainer_;
  nn::LossKind loss_ = nn::LossKind::kMse;
  compare::StemCache<T> stems_;
  std::optional<data::SplitName> not_finite_;  // the first split on which eval mode is not finite after the training
  double setup_seconds_ = 0.0;
  double train_seconds_ = 0.0;
  double compare_seconds_ = 0.0;
};

/// Whether an error concerns the whole sweep: a file that cannot be created or written, or a lack of memory.  Any other error concerns only
/// the run.
bool is_fatal(const Error& error) {
  return error.code() == ExitCode::kCannotCreate || error.code() == ExitCode::kWriteFailed || error.code() == ExitCode::kOutOfMemory;
}

template <class T>
void execute_in(const RunContext& context, const study::RunConfig& config, const study::RunKey& key, tables::RunRecord& record) {
  Run<T> run(context, config, key, record);
  try {
    run.execute();
  } catch (const ForeignResumePoint&) {
    throw;
  } catch (const train::Diverged& error) {
    record.status = tables::RunStatus::kDiverged;
    run.add_failure(error.what());
  } catch (const Error& error) {
    if (is_fatal(error)) throw;
    record.status = tables::RunStatus::kFailed;
    run.add_failure(error.what());
  } catch (const std::bad_alloc&) {
    throw Error(ExitCode::kOutOfMemory, {"run " + key.run_id, "not enough memory", "use fewer jobs, a smaller network or fewer rows"});
  }
}

}  // namespace

tables::RunRecord execute_run(const RunContext& context, std::int64_t run) {
  const study::RunConfig config = context.experiment->at(run);
  const study::RunKey key = study::run_key(*context.experiment, run, config);
  tables::RunRecord record{.run = run, .status = tables::RunStatus::kOk, .keys = key.csv(), .lines = {}, .data_digest = {}};
  study::with_precision(config.precision, [&](auto number) { execute_in<decltype(number)>(context, config, key, record); });
  return record;
}

}  // namespace normrun::sweep
