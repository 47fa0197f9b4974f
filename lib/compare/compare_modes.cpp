#include "compare/compare_modes.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "compare/evaluation_set.hpp"
#include "compare/layer_tables.hpp"
#include "compare/metrics.hpp"
#include "compare/mode_outputs.hpp"

namespace normrun::compare {
namespace {

/// Compares one split in all pairs and evaluation batch sizes; each mode runs once for each batch size it depends on.
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
      const ClassCounts counts = count_classes(outputs.logits.view(), set_.labels(), snapshot_.data.classes);
      for (std::size_t c = 0; c < counts.samples.size(); ++c) {
        const auto share = [&](Index of) {
          return of > 0 ? tables::Cell{static_cast<double>(counts.right[c]) / static_cast<double>(of)} : tables::Cell{};
        };
        record.add(tables::TableId::kClasses, {split_name(), std::string(mode.name), size_cell(mode, batch_size), static_cast<Index>(c),
                                               counts.samples[c], share(counts.samples[c]), share(counts.predicted[c])});
      }
    });
  }

  void add_outputs(tables::RunRecord& record) {
    each_mode([&](const ComparisonMode& mode, Index batch_size) {
      const ConstView<T> outputs = run(mode, batch_size).outputs();
      const Index rows = std::min(outputs.rows, snapshot_.settings.compare.outputs);
      for (Index r = 0; r < rows; ++r) {
        for (Index j = 0; j < outputs.cols; ++j) {
          record.add(tables::TableId::kOutputs, {split_name(), set_.order()[static_cast<std::size_t>(r)], j, std::string(mode.name),
                                                 size_cell(mode, batch_size), static_cast<double>(outputs(r, j))});
        }
      }
    });
  }

 private:
  /// What a mode gave, and what its first rows scored.
  struct Ran {
    ModeOutputs<T> outputs;
    std::map<Index, SplitScore> scores;
  };

  Ran& ran(const ComparisonMode& mode, Index batch_size) {
    const auto key = std::pair(std::string(mode.name), mode.by_batch() ? batch_size : 0);
    const auto known = ran_.find(key);
    if (known != ran_.end()) return known->second;
    Ran ran{run_mode(snapshot_, set_, mode.mode, states_.params(mode.source), states_.state(mode.source), batch_size, set_.rows()), {}};
    return ran_.emplace(key, std::move(ran)).first->second;
  }
  const ModeOutputs<T>& run(const ComparisonMode& mode, Index batch_size) { return ran(mode, batch_size).outputs; }

  SplitScore score(const ComparisonMode& mode, Index batch_size, Index rows) {
    Ran& of_mode = ran(mode, batch_size);
    const auto [known, is_new] = of_mode.scores.try_emplace(rows);
    if (is_new) known->second = set_.score(snapshot_.loss, of_mode.outputs.logits.view().slice(0, rows));
    return known->second;
  }

  tables::Cell split_name() const { return std::string(data::split_text(set_.name())); }
  static tables::Cell size_cell(const ComparisonMode& mode, Index batch_size) {
    return mode.by_batch() ? tables::Cell{batch_size} : tables::Cell{};
  }

  /// "train" and "all" resolved; each size once.
  std::vector<Index> batch_sizes() const {
    std::vector<Index> sizes;
    for (const config::Count& count : snapshot_.settings.compare.eval_batch_sizes) {
      const Index size = count.word == "train" ? snapshot_.settings.batch_size : count.word == "all" ? set_.rows() : count.value;
      if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
    }
    return sizes;
  }

  /// Every mode of the pairs once, for each batch size it depends on.
  template <class F>
  void each_mode(F&& visit) {
    std::vector<std::string> names;
    for (const auto& [a, b] : snapshot_.settings.compare.pairs) {
      for (const std::string& name : {a, b}) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    for (const std::string& name : names) {
      const ComparisonMode& mode = comparison_mode(name);
      if (!mode.by_batch()) visit(mode, set_.rows());
      for (const Index batch_size : batch_sizes()) {
        if (mode.by_batch()) visit(mode, batch_size);
      }
    }
  }

  void add_pair(const ComparisonMode& mode_a, const ComparisonMode& mode_b, Index batch_size, tables::RunRecord& record) {
    const Index rows = set_.rows() / batch_size * batch_size;
    std::vector<tables::Cell> cells = {snapshot_.epoch,          snapshot_.step,           split_name(), batch_size,
                                       std::string(mode_a.name), std::string(mode_b.name), rows};
    if (rows == 0) {
      cells.resize(tables::table(tables::TableId::kCompare).columns.size());
      record.add(tables::TableId::kCompare, cells);
      return;
    }
    const ModeOutputs<T>& a = run(mode_a, batch_size);
    const ModeOutputs<T>& b = run(mode_b, batch_size);
    const GapMetrics gap = gap_metrics<T>(a.outputs().slice(0, rows), b.outputs().slice(0, rows));
    for (const double value : {gap.max_abs, gap.mean_abs, gap.rms}) cells.emplace_back(value);
    for (const double value : {gap.relative_gap, gap.rel_l2, gap.cosine}) cells.push_back(tables::cell_or_empty(value));
    const ConstView<T> logits_a = a.logits.view().slice(0, rows);
    const ConstView<T> logits_b = b.logits.view().slice(0, rows);
    cells.push_back(snapshot_.loss == nn::LossKind::kSoftmaxCrossEntropy ? tables::Cell{mean_kl<T>(logits_a, logits_b)} : tables::Cell{});
    cells.push_back(set_.labels().empty() ? tables::Cell{} : tables::Cell{disagreement<T>(logits_a, logits_b)});
    const SplitScore score_a = score(mode_a, batch_size, rows);
    const SplitScore score_b = score(mode_b, batch_size, rows);
    for (const double value : {score_a.loss, score_b.loss, score_a.loss - score_b.loss}) cells.emplace_back(value);
    for (const double value : {score_a.accuracy, score_b.accuracy, score_a.accuracy - score_b.accuracy})
      cells.push_back(tables::cell_or_empty(value));
    record.add(tables::TableId::kCompare, cells);
  }

  const Snapshot<T>& snapshot_;
  const ModeStates<T>& states_;
  EvaluationSet<T> set_;
  std::map<std::pair<std::string, Index>, Ran> ran_;
};

}  // namespace

template <class T>
void compare_modes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record) {
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
    comparison.add_outputs(record);
  }
  add_layers(snapshot, population, record);
}

template <class T>
SplitScore score_split(const Snapshot<T>& snapshot, data::SplitName split, std::string_view mode_name, Index batch_size) {
  const EvaluationSet<T> set(snapshot, split);
  const ComparisonMode& mode = comparison_mode(mode_name);
  const ModeOutputs<T> outputs = run_mode<T>(snapshot, set, mode.mode, snapshot.model.params, snapshot.model.state,
                                             mode.by_batch() ? batch_size : std::max<Index>(set.rows(), 1), set.rows());
  return set.score(snapshot.loss, outputs.logits.view());
}

template void compare_modes(const Snapshot<float>&, Moment, tables::RunRecord&);
template void compare_modes(const Snapshot<double>&, Moment, tables::RunRecord&);
template SplitScore score_split(const Snapshot<float>&, data::SplitName, std::string_view, Index);
template SplitScore score_split(const Snapshot<double>&, data::SplitName, std::string_view, Index);

}  // namespace normrun::compare
