#include "diagnosis/diagnose.hpp"

#include <algorithm>
#include <functional>

#include "diagnosis/causes.hpp"
#include "diagnosis/control_training.hpp"
#include "diagnosis/lints.hpp"
#include "diagnosis/places.hpp"
#include "diagnosis/remedies.hpp"
#include "diagnosis/row_features.hpp"
#include "diagnosis/statistics_algebra.hpp"

namespace normrun::diagnosis {
namespace {

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

/// With fewer validation rows than this, they decide nothing.
constexpr Index kFewestHeldOut = 50;

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
    far_rows_ = far_rows(subject, evidence_->sound);
    score_train_mode();
  }

  Diagnosis take() {
    judge_rows();
    judge_statistics();
    judge_batches();
    judge_order();
    judge_interventions();
    std::stable_sort(findings_.begin(), findings_.end(), [&](const Finding& a, const Finding& b) { return in_margins(a) > in_margins(b); });
    result_.findings = std::move(findings_);
    for (Finding& one : behind_) result_.findings.push_back(std::move(one));
    const bool is_sick = !result_.findings.empty();
    add_remedies();
    if (!is_sick) add_nothing();
    add_noise();
    if (harmless_) result_.findings.push_back(*harmless_);
    for (Finding& lint : lints(*evidence_, eval_logits_, far_rows_)) result_.findings.push_back(std::move(lint));
    return std::move(result_);
  }

 private:
  /// Scores train mode with as many rows as the normalization saw at once.  If the network was only loaded, that number is a guess: the
  /// batch size that its statistics look like, otherwise the config's, or 1 if single images predict better.  Single sequences are not
  /// tried: their own statistics may well predict better than those of any training.
  void score_train_mode() {
    norm_batch_ = rows_of_norm_batch(*subject_.plan.options);
    const Index matching = has_history(subject_) ? 0 : matching_batch(subject_, evidence_->stored, evidence_->sound);
    if (matching > 0) norm_batch_ = matching;
    train_ = judged_.train_score(norm_batch_, judged_.partitions());
    const bool has_images = most_positions(subject_) > 1 && subject_.plan.data->train.lengths.empty();
    if (has_history(subject_) || matching > 0 || !has_images) return;
    RowScores single = judged_.train_score(1, judged_.partitions());
    if (gain(single, train_).size() <= 0.0) return;
    train_ = std::move(single);
    norm_batch_ = 1;
  }
  double level() const { return subject_.margins.level; }
  double in_margins(const Finding& one) const {
    return one.effect / (one.metric == "accuracy" ? evidence_->whole.accuracy_margin : evidence_->whole.loss_margin);
  }
  Gain gain(const RowScores& better, const RowScores& worse) const { return gain_of(better, worse, subject_.plan.loss, subject_.margins); }
  /// Returns the scores of the stored or of the recomputed statistics, whichever are better.
  const RowScores& best_eval() const { return evidence_->whole.size() > 0.0 ? evidence_->sound_score : eval_; }

  /// Replaces the sound statistics by those without padding if these predict better, and returns whether it did.  Weights that were trained
  /// with counted padding need the padding; other weights do not.
  bool take_masked(StatisticsList& sound, RowScores& score) const {
    StatisticsList masked = masked_population(subject_);
    RowScores without_padding = judged_.eval_score(masked);
    if (without_padding.mean_loss() >= score.mean_loss()) return false;
    sound = std::move(masked);
    score = std::move(without_padding);
    return true;
  }

  /// Returns whether a gain on the judged rows is a finding: it is sure by itself, or it is nearly sure there and on the training rows,
  /// too.  Training rows alone prove nothing, because the weights were fitted to them; but what is wrong in a network is wrong on them,
  /// too.
  bool is_found(const Gain& on_judged_rows, const std::function<Gain()>& on_training_rows) const {
    if (on_judged_rows.is_beyond(level())) return true;
    constexpr double kNearly = 10.0;
    if (judged_.name() == data::SplitName::kTrain || !on_judged_rows.is_beyond(kNearly * level())) return false;
    return on_training_rows().is_beyond(kNearly * level());
  }
  /// Returns what the sound statistics gain on the training rows.
  Gain statistics_on_training_rows() const {
    const JudgedRows<T> own(subject_, data::SplitName::kTrain);
    return gain(own.eval_score(evidence_->sound), own.eval_score(std::span<const T>(subject_.model.state)));
  }
  /// Returns what train mode gains over eval mode, or over the sound statistics if these are better, on the training rows.
  Gain batches_on_training_rows() const {
    const JudgedRows<T> own(subject_, data::SplitName::kTrain);
    const RowScores eval = own.eval_score(std::span<const T>(subject_.model.state));
    const RowScores sound = own.eval_score(evidence_->sound);
    return gain(own.train_score(norm_batch_, own.partitions()), gain(sound, eval).size() > 0.0 ? sound : eval);
  }

  void judge_statistics() {
    if (!is_found(evidence_->whole, [&] { return statistics_on_training_rows(); })) return;
    // On shifted rows, other statistics may gain only because they happen to suit those rows.  Statistics that are wrong lose on the
    // training rows, too.
    add_causes(shifted_ && !statistics_on_training_rows().is_beyond(level()) ? behind_ : findings_);
  }
  void add_causes(std::vector<Finding>& list) const {
    const std::vector<Blame> blames = blame(*evidence_, stages_);
    if (blames.empty()) {
      list.push_back(finding_of("statistics-wrong", Cause::kUnknown, evidence_->whole));
      return;
    }
    for (const Blame& one : blames) {
      Finding finding = finding_in(told_metric(evidence_->whole), "statistics-wrong", one.cause, one.harm);
      finding.p = evidence_->whole.p();
      const FoundPlace place = place_of(*evidence_, one);
      finding.layer = place.layer;
      finding.channels = channels_text(subject_, place.layer, place.channels);
      list.push_back(std::move(finding));
    }
  }

  void judge_rows() {
    if (judged_.name() == data::SplitName::kTrain || subject_.split(data::SplitName::kTrain).samples() == 0) return;
    const ShiftFeatures features = shift_features(subject_, data::SplitName::kTrain, judged_.name());
    ShiftTest test = shift_test(features.sets, features.rows_of_source, subject_.plan.seed);
    const bool has_source =
        judged_.name() == data::SplitName::kTest && subject_.split(data::SplitName::kValidation).samples() >= kFewestHeldOut;
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
      findings_.push_back(std::move(finding));
      return;
    }
    finding.finding = "rows-shifted-harmless";
    harmless_ = std::move(finding);
    shifted_.reset();
  }

  /// Names the columns that differ most, if a few of them explain most of the difference.
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
        findings_.push_back(finding_of("weights-need-batch-statistics", Cause::kBatchContents, harm));
        return;
      }
    }
    const Gain harm = gain(train_, best);
    const auto on_training_rows = [&] { return batches_on_training_rows(); };
    if (!is_found(gain(train_, eval_), on_training_rows)) return;
    if (!is_found(harm, on_training_rows)) {
      // The whole step from eval mode to train mode is a sure gain, but neither of its halves (sound statistics, then batch statistics) is
      // sure by itself.  The finding then reports the larger half.
      if (!findings_.empty() || !behind_.empty()) return;
      const bool is_by_statistics = evidence_->whole.size() >= harm.size();
      if (!((is_by_statistics ? evidence_->whole : harm).told().lower(0.025) > 0.0)) return;
      if (is_by_statistics) return add_causes(findings_);
    }
    findings_.push_back(finding_of("weights-need-batch-statistics", batch_cause(), harm));
  }
  /// Finds what the training lost to batches that sort the classes: no statistics can give that back.
  void judge_order() {
    if (draws_at_random(subject_.plan) || !batches_sort_classes(subject_)) return;
    const std::optional<RowScores> control = shuffled_training_score(subject_, judged_);
    if (!control) return;
    const RowScores& best = gain(train_, best_eval()).size() > 0.0 ? train_ : best_eval();
    const Gain harm = gain(*control, best);
    if (!harm.is_beyond(level())) return;
    findings_.push_back(finding_of("training-harmed", Cause::kBatchContents, harm));
    result_.remedies.push_back(tried({"shuffled-batches", *control}, eval_, subject_.plan.loss, subject_.margins, "confirmed"));
  }

  void judge_interventions() {
    for (const Intervention& one : interventions(*evidence_, eval_, eval_logits_, far_rows_, shifted_.has_value())) {
      Finding finding = finding_of(one.cause == Cause::kNormOnOutput ? "norm-on-output" : "statistics-wrong", one.cause, one.gain);
      finding.layer = one.layer;
      finding.channels = channels_text(subject_, one.layer, one.channels);
      findings_.push_back(std::move(finding));
    }
  }
  Cause batch_cause() {
    constexpr Index kSmall = 8;
    if (counts_padding(subject_)) return Cause::kCountedPadding;  // the share of padding differs between batches and moves their statistics
    if (norm_batch_ == 1 && most_positions(subject_) > 1) return Cause::kCorrelatedRows;
    const Index ghost = rows_of_statistics(*subject_.plan.options, subject_.layout());
    const bool has_ghosts = ghost < rows_of_norm_batch(*subject_.plan.options);
    return (has_ghosts ? std::min(norm_batch_, ghost) : norm_batch_) <= kSmall ? small_parts_cause(subject_) : Cause::kBatchNoise;
  }

  /// If there are enough validation rows, they decide and the judged rows only report.  Shifted rows decide for themselves.
  std::vector<TriedRemedy> tried_for(Cause cause) {
    const std::vector<Candidate> candidates = candidates_for(*evidence_, cause, stages_);
    std::vector<TriedRemedy> list = decide(candidates, eval_, subject_.plan.loss, subject_.margins);
    const bool decides_alone = judged_.name() != data::SplitName::kTest || shifted_ || cause == Cause::kDeadChannels ||
                               subject_.split(data::SplitName::kValidation).samples() < kFewestHeldOut;
    if (decides_alone) return list;
    const JudgedRows<T> held_out(subject_, data::SplitName::kValidation);
    const RowScores eval = held_out.eval_score(std::span<const T>(subject_.model.state));
    RowScores sound = held_out.eval_score(evidence_->sound);
    const Gain whole = gain(sound, eval);
    const Evidence<T> evidence{
        subject_, held_out, evidence_->stored, evidence_->sound, std::move(sound), whole, evidence_->leaves_padding_out};
    const std::vector<TriedRemedy> decided = decide(candidates_for(evidence, cause, stages_), eval, subject_.plan.loss, subject_.margins);
    for (std::size_t i = 0; i < list.size(); ++i)
      if (list[i].verdict != "worse") list[i].verdict = decided[i].verdict;
    return list;
  }

  void add_remedies() {
    if (!result_.findings.empty())
      for (TriedRemedy& one : tried_for(result_.findings.front().cause)) result_.remedies.push_back(std::move(one));
    const auto add_arm = [&](const std::string& name, const RowScores& scores) {
      const auto is_it = [&](const TriedRemedy& one) { return one.remedy == name; };
      if (std::any_of(result_.remedies.begin(), result_.remedies.end(), is_it)) return;
      result_.remedies.push_back(tried({name, scores}, eval_, subject_.plan.loss, subject_.margins, "arm"));
    };
    add_arm(recomputed_name(*evidence_), evidence_->sound_score);
    add_arm("batch-statistics", train_);
  }

  /// Adds the finding that nothing was found.  Its effect is the largest gain of an arm, whose interval says how large a gain is excluded.
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
  std::optional<RowScores> shifted_;  // scores by statistics of the judged rows, if these rows are shifted and gain by it
  std::optional<Finding> harmless_;
  std::vector<Finding> findings_;
  std::vector<Finding> behind_;  // about statistics that may merely suit shifted rows badly; such findings never come first
  Index norm_batch_ = 0;
  FarRows far_rows_;
  Diagnosis result_;
};

/// Judges a network whose normalization keeps no mean and variance that could be recomputed: only its two modes can be compared.
template <class T>
Diagnosis without_statistics(const Subject<T>& subject, const JudgedRows<T>& rows) {
  const RowScores eval = rows.eval_score(std::span<const T>(subject.model.state));
  const nn::Network<T>& network = subject.network();
  const bool has_modes = network.mode_free_boundary() < network.output_boundary();
  const RowScores train = has_modes ? rows.train_score(rows_of_norm_batch(*subject.plan.options), rows.partitions()) : eval;
  const Gain gain = gain_of(train, eval, subject.plan.loss, subject.margins);
  const bool is_sick = gain.is_beyond(subject.margins.level);
  Diagnosis result{
      {finding_of(is_sick ? "weights-need-batch-statistics" : "nothing-found", is_sick ? Cause::kUnknown : Cause::kNone, gain)},
      {tried({"batch-statistics", train}, eval, subject.plan.loss, subject.margins, "arm")}};
  if (std::optional<Finding> padding = padding_lint(subject)) result.findings.push_back(std::move(*padding));
  return result;
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
