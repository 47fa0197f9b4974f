#include "diagnosis/diagnose.hpp"

#include <algorithm>

#include "diagnosis/causes.hpp"
#include "diagnosis/control_training.hpp"
#include "diagnosis/lints.hpp"
#include "diagnosis/places.hpp"
#include "diagnosis/remedies.hpp"
#include "diagnosis/row_features.hpp"
#include "diagnosis/statistics_algebra.hpp"

namespace normrun::diagnosis {
namespace {

/// Channels as the table tells them: those of the input by their columns' names, where the file has names.
template <class T>
std::string channels_text(const Subject<T>& subject, const std::string& layer, const std::vector<Index>& channels) {
  const std::vector<std::string>& names = subject.plan.data->input_names;
  const auto& norms = subject.layout().normalizations;
  const auto at_input =
      std::any_of(norms.begin(), norms.end(), [&](const nn::Normalization& norm) { return norm.name == layer && norm.layer == 0; });
  const bool has_names = (layer == "input" || at_input) && static_cast<Index>(names.size()) == subject.network().input().channels();
  std::string text;
  for (const Index channel : channels) {
    if (!text.empty()) text += has_names ? "; " : " ";
    text += has_names ? names[static_cast<std::size_t>(channel)] : std::to_string(channel);
  }
  return text;
}

enum class Metric { kAccuracy, kLoss };
Metric told_metric(const Gain& gain) { return gain.tells_accuracy() ? Metric::kAccuracy : Metric::kLoss; }

Finding finding_in(Metric metric, const std::string& finding, Cause cause, const Gain& harm) {
  const Estimate& told = metric == Metric::kAccuracy ? harm.accuracy : harm.loss;
  return {finding,
          cause,
          "",
          "",
          told.mean,
          told.lower(0.025),
          told.upper(0.025),
          harm.p(),
          metric == Metric::kAccuracy ? "accuracy" : "loss",
          static_cast<Index>(told.n)};
}
Finding finding_of(const std::string& finding, Cause cause, const Gain& harm) {
  return finding_in(told_metric(harm), finding, cause, harm);
}

/// Findings in the order of what they cost.
struct Weighed {
  Finding finding;
  double size = 0.0;  // of the harm, in margins
};

template <class T>
class Judgement {
 public:
  Judgement(const Subject<T>& subject, data::SplitName split, const std::vector<RepairStage>& stages)
      : subject_(subject),
        stages_(stages),
        judged_(subject, split),
        eval_logits_(judged_.eval_logits(subject.model.state)),
        eval_(judged_.scorer().score(eval_logits_)) {
    StatisticsList sound = stages.back().statistics;
    RowScores sound_score = judged_.eval_score(sound);
    const bool leaves_padding_out = counts_padding(subject) && take_masked(sound, sound_score);
    const Gain whole = gain_of(sound_score, eval_, subject.plan.loss, subject.margins);
    evidence_.emplace(Evidence<T>{subject, judged_, stored_statistics<T>(subject.layout(), subject.model.state), std::move(sound),
                                  std::move(sound_score), whole, leaves_padding_out});
    train_ = judged_.train_score(norm_batch(), judged_.partitions());
  }

  Diagnosis take() {
    judge_statistics();
    judge_rows();
    judge_batches();
    judge_order();
    judge_interventions();
    std::stable_sort(findings_.begin(), findings_.end(), [](const Weighed& a, const Weighed& b) { return a.size > b.size; });
    for (Weighed& one : findings_) result_.findings.push_back(std::move(one.finding));
    const bool is_sick = !result_.findings.empty();
    add_remedies();
    if (!is_sick) add_nothing();
    add_noise();
    if (harmless_) result_.findings.push_back(*harmless_);
    for (Finding& lint : lints(*evidence_, eval_logits_)) result_.findings.push_back(std::move(lint));
    return std::move(result_);
  }

 private:
  /// Rows that the normalization saw at once; of a network that was only loaded those that its statistics look like.
  Index norm_batch() {
    if (norm_batch_ > 0) return norm_batch_;
    norm_batch_ = rows_of_norm_batch(*subject_.plan.options);
    if (has_history(subject_)) return norm_batch_;
    const Index matching = matching_batch(subject_, evidence_->stored, evidence_->sound);
    if (matching > 0) norm_batch_ = matching;
    return norm_batch_;
  }
  double level() const { return subject_.margins.level; }
  Gain gain(const RowScores& better, const RowScores& worse) const { return gain_of(better, worse, subject_.plan.loss, subject_.margins); }
  /// The better one of the stored and the recomputed statistics.
  const RowScores& best_eval() const { return evidence_->whole.size() > 0.0 ? evidence_->sound_score : eval_; }

  /// Whether statistics without the padding are the better ones, which then take the others' place: weights that grew up with counted
  /// padding need it, others do not.
  bool take_masked(StatisticsList& sound, RowScores& score) const {
    StatisticsList masked = masked_population(subject_);
    RowScores without_padding = judged_.eval_score(masked);
    if (without_padding.mean_loss() >= score.mean_loss()) return false;
    sound = std::move(masked);
    score = std::move(without_padding);
    return true;
  }

  void judge_statistics() {
    if (!evidence_->whole.is_beyond(level())) return;
    const std::vector<Blame> blames = blame(*evidence_, stages_);
    if (blames.empty()) {
      findings_.push_back({finding_of("statistics-wrong", Cause::kUnknown, evidence_->whole), evidence_->whole.size()});
      return;
    }
    for (const Blame& one : blames) {
      Finding finding = finding_in(told_metric(evidence_->whole), "statistics-wrong", one.cause, one.harm);
      finding.p = evidence_->whole.p();
      const FoundPlace place = place_of(*evidence_, one);
      finding.layer = place.layer;
      finding.channels = channels_text(subject_, place.layer, place.channels);
      findings_.push_back({std::move(finding), one.harm.size()});
    }
  }

  void judge_rows() {
    if (judged_.name() == data::SplitName::kTrain || subject_.split(data::SplitName::kTrain).samples() == 0) return;
    const ShiftFeatures features = shift_features(subject_, data::SplitName::kTrain, judged_.name());
    ShiftTest test = shift_test(features.sets, features.rows_of_source, subject_.plan.seed);
    constexpr Index kFewest = 50;
    const bool has_source = judged_.name() == data::SplitName::kTest && subject_.split(data::SplitName::kValidation).samples() >= kFewest;
    const double own_level = has_source ? 0.5 * level() : level();
    if (test.p > own_level && has_source) {
      const ShiftFeatures fresh = shift_features(subject_, data::SplitName::kValidation, judged_.name());
      test = shift_test(fresh.sets, fresh.rows_of_source, subject_.plan.seed);
    }
    if (test.p > own_level) return;
    shifted_ = recomputed_on_judged(subject_, judged_);
    const Gain harm = gain(*shifted_, best_eval());
    Finding finding = finding_of("rows-shifted", Cause::kShiftedData, harm);
    finding.p = test.p;
    place_shift(features, test, finding);
    if (harm.is_beyond(level())) {
      findings_.push_back({std::move(finding), harm.size()});
      return;
    }
    finding.finding = "rows-shifted-harmless";
    harmless_ = std::move(finding);
    shifted_.reset();
  }

  /// The columns that differ most, where few explain most of the difference.
  void place_shift(const ShiftFeatures& features, const ShiftTest& test, Finding& finding) const {
    const std::size_t channels = test.standardized.size() / (features.has_means_only ? 1 : 2);
    std::vector<double> squares(channels);
    for (std::size_t c = 0; c < test.standardized.size(); ++c) squares[c % channels] += test.standardized[c] * test.standardized[c];
    const std::vector<Index> few = channels > 1 ? few_largest(squares) : std::vector<Index>();
    if (few.empty()) return;
    finding.layer = "input";
    finding.channels = channels_text(subject_, "input", few);
  }

  void judge_batches() {
    const RowScores& best = shifted_ ? *shifted_ : best_eval();
    const bool in_order = !draws_at_random(subject_.plan);
    const std::optional<RowScores> ordered = in_order ? judged_.ordered_train_score() : std::nullopt;
    if (ordered) {
      const Gain harm = gain(*ordered, best);
      if (harm.is_beyond(level()) && gain(*ordered, train_).is_beyond(level())) {
        findings_.push_back({finding_of("weights-need-batch-statistics", Cause::kBatchContents, harm), harm.size()});
        return;
      }
    }
    const Gain harm = gain(train_, best);
    if (!harm.is_beyond(level()) || !gain(train_, eval_).is_beyond(level())) return;
    findings_.push_back({finding_of("weights-need-batch-statistics", batch_cause(), harm), harm.size()});
  }
  /// What the training lost to batches that sort the classes no statistics give back.
  void judge_order() {
    if (draws_at_random(subject_.plan) || !batches_sort_classes(subject_)) return;
    const std::optional<RowScores> control = shuffled_training_score(subject_, judged_);
    if (!control) return;
    const RowScores& best = gain(train_, best_eval()).size() > 0.0 ? train_ : best_eval();
    const Gain harm = gain(*control, best);
    if (!harm.is_beyond(level())) return;
    findings_.push_back({finding_of("training-harmed", Cause::kBatchContents, harm), harm.size()});
    result_.remedies.push_back(tried({"shuffled-batches", *control}, eval_, subject_.plan.loss, subject_.margins, "confirmed"));
  }

  void judge_interventions() {
    for (const Intervention& one : interventions(*evidence_, eval_, eval_logits_, shifted_.has_value())) {
      Finding finding = finding_of(one.cause == Cause::kNormOnOutput ? "norm-on-output" : "statistics-wrong", one.cause, one.gain);
      finding.layer = one.layer;
      finding.channels = channels_text(subject_, one.layer, one.channels);
      findings_.push_back({std::move(finding), one.gain.size()});
    }
  }
  Cause batch_cause() {
    constexpr Index kSmall = 8;
    if (counts_padding(subject_)) return Cause::kCountedPadding;  // each batch's share of it moves the statistics
    return norm_batch() <= kSmall ? small_parts_cause(subject_) : Cause::kBatchNoise;
  }

  void add_remedies() {
    if (!result_.findings.empty()) {
      const std::vector<Candidate> candidates = candidates_for(*evidence_, result_.findings.front().cause, stages_);
      for (TriedRemedy& one : decide(candidates, eval_, subject_.plan.loss, subject_.margins)) result_.remedies.push_back(std::move(one));
    }
    const auto add_arm = [&](const std::string& name, const RowScores& scores) {
      const auto is_it = [&](const TriedRemedy& one) { return one.remedy == name; };
      if (std::any_of(result_.remedies.begin(), result_.remedies.end(), is_it)) return;
      result_.remedies.push_back(tried({name, scores}, eval_, subject_.plan.loss, subject_.margins, "arm"));
    };
    add_arm("layer-by-layer", evidence_->sound_score);
    add_arm("batch-statistics", train_);
  }

  /// The largest gain of an arm, and above what it is excluded.
  void add_nothing() {
    const Gain by_batches = gain(train_, eval_);
    const Gain& most = by_batches.size() > evidence_->whole.size() ? by_batches : evidence_->whole;
    result_.findings.push_back(finding_of("nothing-found", Cause::kNone, most));
  }
  void add_noise() {
    const Gain noise = gain(eval_, train_);
    if (noise.is_beyond(level())) result_.findings.push_back(finding_of("train-mode-noisy", Cause::kBatchNoise, noise));
  }

  const Subject<T>& subject_;
  const std::vector<RepairStage>& stages_;
  JudgedRows<T> judged_;
  Matrix<T> eval_logits_;
  RowScores eval_;
  RowScores train_;
  std::optional<Evidence<T>> evidence_;
  std::optional<RowScores> shifted_;  // statistics of the judged rows, where those are shifted and gain
  std::optional<Finding> harmless_;
  std::vector<Weighed> findings_;
  Index norm_batch_ = 0;  // once known
  Diagnosis result_;
};

/// A network whose normalization keeps no mean and variance to recompute: only its two modes can be told apart.
template <class T>
Diagnosis without_statistics(const Subject<T>& subject, const JudgedRows<T>& rows) {
  const RowScores eval = rows.eval_score(std::span<const T>(subject.model.state));
  const nn::Network<T>& network = subject.network();
  const bool has_modes = network.mode_free_boundary() < network.output_boundary();
  const RowScores train = has_modes ? rows.train_score(rows_of_norm_batch(*subject.plan.options), rows.partitions()) : eval;
  const Gain gain = gain_of(train, eval, subject.plan.loss, subject.margins);
  const bool is_sick = gain.is_beyond(subject.margins.level);
  return {{finding_of(is_sick ? "weights-need-batch-statistics" : "nothing-found", is_sick ? Cause::kUnknown : Cause::kNone, gain)},
          {tried({"batch-statistics", train}, eval, subject.plan.loss, subject.margins, "arm")}};
}

}  // namespace

template <class T>
Diagnosis diagnose(const Subject<T>& subject, data::SplitName split, const std::vector<RepairStage>& stages) {
  const JudgedRows<T> rows(subject, split);
  if (!rows.scorer().is_judgeable()) return {};
  if (stages.empty()) return without_statistics(subject, rows);
  return Judgement<T>(subject, split, stages).take();
}

template Diagnosis diagnose(const Subject<float>&, data::SplitName, const std::vector<RepairStage>&);
template Diagnosis diagnose(const Subject<double>&, data::SplitName, const std::vector<RepairStage>&);

}  // namespace normrun::diagnosis
