#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "tables/t_interval.hpp"
#include "tables/tables.hpp"

namespace normrun::report {

/// One line of summary.csv: a metric of one setting, summarized over the seeds.
struct SummaryRow {
  std::string norm;
  Index batch_size = 0;
  std::vector<std::string> others;
  std::string metric;  // "runs.test_accuracy_eval", "compare.relative_gap[test train:eval 32]", "layers.mean_gap[batch_1]"
  tables::SampleSummary summary;
};

/// Summarizes the final state of every run that ended well (RunStatus::kOk) over the seeds, and passes each row to `take` in the plan's
/// order of settings and metrics.  Only one setting's numbers are in memory at a time, however many settings and seeds there are.
void summarize_runs(const study::Experiment& experiment, const sweep::RecordIndex& records,
                    const std::function<void(const SummaryRow&)>& take);
/// The columns that follow norm, batch_size and the other axes.
const std::vector<tables::Column>& summary_columns();
std::string summary_header(const config::Grid& grid);
std::string summary_line(const SummaryRow& row);

/// How far apart the outputs of train mode and eval mode are in one setting.
struct MeasuredGap {
  std::string norm;
  Index batch_size = 0;
  double gap = 0.0;
};
/// Returns, for each norm, the sentence in which the terminal and the page tell the gap, without a full stop.
std::vector<std::string> finding_sentences(const std::vector<MeasuredGap>& gaps);

/// Returns the scores and gaps in numbers and words: one line for each setting, then one sentence for each normalization.  Lines have at
/// most 80 columns, plus what the values of other swept keys take.  The gap is the one that `normrun report` gives: the gap on
/// reported_split(), at the batch size that own_comparisons() chooses.
std::string terminal_summary(const std::vector<SummaryRow>& rows, const compare::CompareOptions& compare);

}  // namespace normrun::report
