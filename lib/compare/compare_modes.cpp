#include "compare/compare_modes.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "compare/evaluation_set.hpp"
#include "compare/layer_tables.hpp"
#include "compare/metrics.hpp"
#include "compare/mode_outputs.hpp"
#include "compare/score_metrics.hpp"
#include "train/divergence.hpp"

namespace normrun::compare {
namespace {

/// Compares one split in all pairs of modes and all evaluation batch sizes.  Each mode runs only once for each batch size that it depends
/// on.
template <class T>
class SplitComparison {
 public:
  SplitComparison(const Snapshot<T>& snapshot, const ModeStates<T>& states, data::SplitName split)
      : snapshot_(snapshot), states_(states), set_(snapshot, split) {}

  void add_pairs(tables::RunRecord& record) {
    for (const auto& [a, b] : snapshot_.settings.compare.pairs) {
      for (const Index batch_size : batch_sizes()) add_pair(comparison_mode(a), comparison_mode(b), batch_size, record);
    }
  }

  void add_classes(tables::RunRecord& record) {
    if (set_.labels().empty()) return;
    each_mode([&](const ComparisonMode& mode, Index batch_size) {
      const ModeOutputs<T>& outputs = run(mode, batch_size);
      const bool is_finite = all_finite_of(outputs.logits.view());
      const ClassCounts counts = count_classes(snapshot_.loss, outputs.logits.view(), set_.labels(), snapshot_.data.classes);
      for (std::size_t c = 0; c < counts.samples.size(); ++c) {
        const auto share = [&](Index of) {
          return of > 0 && is_finite ? tables::Cell{static_cast<double>(counts.right[c]) / static_cast<double>(of)} : tables::Cell{};
        };
        record.add(tables::TableId::kClasses, {{"split", split_name()},
                                               {"mode", mode.name},
                                               {"eval_batch_size", size_cell(mode, batch_size)},
                                               {"class", class_cell(c)},
                                               {"samples", counts.samples[c]},
                                               {"recall", share(counts.samples[c])},
                                               {"precision", share(counts.predicted[c])}});
      }
    });
  }

  void add_scores(tables::RunRecord& record) {
    each_mode([&](const ComparisonMode& mode, Index batch_size) {
      const ConstView<T> logits = run(mode, batch_size).logits.view();
      if (logits.rows == 0) return;
      const auto scores =
          set_.labels().empty()
              ? number_scores<T>(logits, set_.targets().slice(0, logits.rows), snapshot_.data)
              : class_scores<T>(snapshot_.loss, logits, set_.labels().first(static_cast<std::size_t>(logits.rows)), snapshot_.data);
      for (const ScoreMetric& score : scores) {
        record.add(tables::TableId::kScores, {{"split", split_name()},
                                              {"mode", mode.name},
                                              {"eval_batch_size", size_cell(mode, batch_size)},
                                              {"metric", score.metric},
                                              {"target", score.target},
                                              {"value", tables::cell_or_empty(score.value)}});
      }
    });
  }

  /// Returns an output in the units of the data file.
  double in_units(T output, Index j) const {
    const data::Dataset<T>& data = snapshot_.data;
    const auto place = static_cast<std::size_t>(j);
    if (data.target_scale.empty()) return static_cast<double>(output);
    return data.target_scale[place] * static_cast<double>(output) + data.target_mean[place];
  }

  void add_outputs(tables::RunRecord& record) {
    each_mode([&](const ComparisonMode& mode, Index batch_size) {
      const ConstView<T> outputs = run(mode, batch_size).outputs();
      const Index rows = std::min(set_.rows(), snapshot_.settings.compare.outputs);
      for (Index r = 0; r < rows; ++r) {
        const Index row = set_.order()[static_cast<std::size_t>(r)];
        const Part own = set_.counted_of(row);
        for (Index place = own.first; place < own.first + own.count; ++place) {
          const Index first = set_.first_output(place, outputs.cols);
          for (Index j = 0; j < outputs.cols; ++j) {
            record.add(tables::TableId::kOutputs, {{"split", split_name()},
                                                   {"sample", row},
                                                   {"output", first + j},
                                                   {"mode", mode.name},
                                                   {"eval_batch_size", size_cell(mode, batch_size)},
                                                   {"value", in_units(outputs(place, j), j)}});
          }
        }
      }
    });
  }

  /// Whether the outputs and the loss are finite in eval mode.
  bool is_finite_in_eval() {
    const SplitScore& own = ran(comparison_mode("eval"), set_.rows()).score;
    return own.samples == 0 || !std::isnan(own.loss);
  }

 private:
  static bool all_finite_of(ConstView<T> numbers) { return train::all_finite<T>({numbers.data, static_cast<std::size_t>(numbers.size())}); }

  /// The outputs of a mode and their score.
  struct Ran {
    ModeOutputs<T> outputs;
    SplitScore score;
  };

  const Ran& ran(const ComparisonMode& mode, Index batch_size) {
    const auto key = std::pair(std::string(mode.name), mode.by_batch() ? batch_size : 0);
    const auto known = ran_.find(key);
    if (known != ran_.end()) return known->second;
    ModeOutputs<T> outputs =
        mode.mixing ? run_mixed(snapshot_, set_, *mode.mixing, batch_size)
                    : run_mode(snapshot_, set_, mode.mode, states_.params(mode.source), states_.state(mode.source), batch_size);
    const SplitScore score = set_.score(snapshot_.loss, outputs.logits.view());
    return ran_.emplace(key, Ran{std::move(outputs), score}).first->second;
  }
  const ModeOutputs<T>& run(const ComparisonMode& mode, Index batch_size) { return ran(mode, batch_size).outputs; }

  std::string_view split_name() const { return data::split_text(set_.name()); }
  /// Returns the class as the data file writes it, or its number if the file has no word for it.
  tables::Cell class_cell(std::size_t place) const {
    const std::vector<std::string>& words = snapshot_.data.class_words;
    return words.empty() ? tables::Cell{static_cast<Index>(place)} : tables::Cell{words[place]};
  }
  static tables::Cell size_cell(const ComparisonMode& mode, Index batch_size) {
    return mode.by_batch() ? tables::Cell{batch_size} : tables::Cell{};
  }

  /// Returns the evaluation batch sizes, each once, with numbers in place of "train" and "all".
  std::vector<Index> batch_sizes() const {
    std::vector<Index> sizes;
    for (const config::Count& count : snapshot_.settings.compare.eval_batch_sizes) {
      const Index size = count.word == "train" ? snapshot_.settings.batch_size : count.word == "all" ? set_.rows() : count.value;
      if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
    }
    return sizes;
  }

  /// Visits every mode of the pairs once for each batch size that it depends on.
  template <class F>
  void each_mode(F&& visit) {
    std::vector<std::string> names;
    for (const auto& [a, b] : snapshot_.settings.compare.pairs) {
      for (const std::string& name : {a, b}) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    for (const std::string& name : names) {
      const ComparisonMode mode = comparison_mode(name);
      if (!mode.by_batch()) visit(mode, set_.rows());
      for (const Index batch_size : batch_sizes()) {
        if (mode.by_batch()) visit(mode, batch_size);
      }
    }
  }

  void add_pair(const ComparisonMode& mode_a, const ComparisonMode& mode_b, Index batch_size, tables::RunRecord& record) {
    const auto& [a, score_a] = ran(mode_a, batch_size);
    const auto& [b, score_b] = ran(mode_b, batch_size);
    const GapMetrics gap = gap_metrics<T>(a.outputs(), b.outputs());
    const ConstView<T> logits_a = a.logits.view();
    const ConstView<T> logits_b = b.logits.view();
    const double kl = snapshot_.loss == nn::LossKind::kSoftmaxCrossEntropy ? mean_kl<T>(logits_a, logits_b) : std::nan("");
    const double differing = set_.labels().empty() ? std::nan("") : disagreement<T>(snapshot_.loss, logits_a, logits_b);
    record.add(tables::TableId::kCompare, {{"epoch", snapshot_.epoch},
                                           {"step", snapshot_.step},
                                           {"split", split_name()},
                                           {"eval_batch_size", batch_size},
                                           {"mode_a", mode_a.name},
                                           {"mode_b", mode_b.name},
                                           {"samples", logits_a.rows},
                                           {"max_abs", tables::cell_or_empty(gap.max_abs)},
                                           {"mean_abs", tables::cell_or_empty(gap.mean_abs)},
                                           {"rms", tables::cell_or_empty(gap.rms)},
                                           {"relative_gap", tables::cell_or_empty(gap.relative_gap)},
                                           {"rel_l2", tables::cell_or_empty(gap.rel_l2)},
                                           {"cosine", tables::cell_or_empty(gap.cosine)},
                                           {"kl", tables::cell_or_empty(kl)},
                                           {"disagreement", tables::cell_or_empty(differing)},
                                           {"loss_a", tables::cell_or_empty(score_a.loss)},
                                           {"loss_b", tables::cell_or_empty(score_b.loss)},
                                           {"loss_gap", tables::cell_or_empty(score_a.loss - score_b.loss)},
                                           {"accuracy_a", tables::cell_or_empty(score_a.accuracy)},
                                           {"accuracy_b", tables::cell_or_empty(score_b.accuracy)},
                                           {"accuracy_gap", tables::cell_or_empty(score_a.accuracy - score_b.accuracy)}});
  }

  const Snapshot<T>& snapshot_;
  const ModeStates<T>& states_;
  EvaluationSet<T> set_;
  std::map<std::pair<std::string, Index>, Ran> ran_;
};

}  // namespace

template <class T>
std::optional<data::SplitName> compare_modes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record) {
  std::optional<data::SplitName> not_finite;
  const statistics::SplitRows<T> rows = snapshot.rows(data::split_of(snapshot.settings.population.split));
  const auto population =
      statistics::population_statistics(snapshot.network, snapshot.model, rows, snapshot.settings.population, snapshot.settings.batch_size);
  const ModeStates<T> states(snapshot, population);
  for (const std::string& name : snapshot.settings.compare.splits) {
    const data::SplitName split = data::split_of(name);
    if (snapshot.data.split(split).samples() == 0) continue;
    SplitComparison<T> comparison(snapshot, states, split);
    comparison.add_pairs(record);
    if (moment != Moment::kFinal) continue;
    comparison.add_classes(record);
    comparison.add_scores(record);
    comparison.add_outputs(record);
    if (!not_finite && !comparison.is_finite_in_eval()) not_finite = split;
  }
  add_layers(snapshot, population, record);
  return not_finite;
}

namespace {

/// Runs train or eval mode with the trained network's own statistics.
template <class T>
ModeOutputs<T> run_own_mode(const Snapshot<T>& snapshot, const EvaluationSet<T>& set, const Mode& mode, Index batch_size) {
  return run_mode<T>(snapshot, set, mode, snapshot.model.params, snapshot.model.state, batch_size);
}

}  // namespace

template <class T>
SplitScore score_split(const Snapshot<T>& snapshot, data::SplitName split, std::string_view mode, Index batch_size) {
  const EvaluationSet<T> set(snapshot, split);
  const ComparisonMode known = comparison_mode(mode);
  const ModeOutputs<T> outputs =
      known.mixing ? run_mixed(snapshot, set, *known.mixing, batch_size) : run_own_mode(snapshot, set, known.mode, batch_size);
  return set.score(snapshot.loss, outputs.logits.view());
}

template <class T>
TrainEvalScores score_train_and_eval(const Snapshot<T>& snapshot, data::SplitName split) {
  const EvaluationSet<T> set(snapshot, split);
  const Index batch_size = snapshot.settings.batch_size;
  const ModeOutputs<T> train = run_own_mode(snapshot, set, kTrainFrozen, batch_size);
  const ModeOutputs<T> eval = run_own_mode(snapshot, set, kEvalMode, batch_size);
  return {set.score(snapshot.loss, train.logits.view()), set.score(snapshot.loss, eval.logits.view()),
          gap_metrics<T>(train.outputs(), eval.outputs()).relative_gap};
}

std::vector<tables::NamedCell> test_score_cells(const TrainEvalScores& test) {
  return {{"test_loss_eval", tables::cell_or_empty(test.eval.loss)},   {"test_accuracy_eval", tables::cell_or_empty(test.eval.accuracy)},
          {"test_loss_train", tables::cell_or_empty(test.train.loss)}, {"test_accuracy_train", tables::cell_or_empty(test.train.accuracy)},
          {"relative_gap", tables::cell_or_empty(test.relative_gap)},  {"test_samples", test.eval.samples}};
}

template std::optional<data::SplitName> compare_modes(const Snapshot<float>&, Moment, tables::RunRecord&);
template std::optional<data::SplitName> compare_modes(const Snapshot<double>&, Moment, tables::RunRecord&);
template SplitScore score_split(const Snapshot<float>&, data::SplitName, std::string_view, Index);
template SplitScore score_split(const Snapshot<double>&, data::SplitName, std::string_view, Index);
template TrainEvalScores score_train_and_eval(const Snapshot<float>&, data::SplitName);
template TrainEvalScores score_train_and_eval(const Snapshot<double>&, data::SplitName);

}  // namespace normrun::compare
