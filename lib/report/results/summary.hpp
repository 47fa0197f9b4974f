#pragma once

#include <functional>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "tables/statistics.hpp"

namespace normrun::report {

/// One line of summary.csv: a metric over the seeds of one setting.
struct SummaryRow {
  std::string norm;
  Index batch_size = 0;
  std::vector<std::string> others;
  std::string metric;  // "runs.test_accuracy_eval", "compare.relative_gap[test train:eval 32]", "layers.mean_gap[batch_1]"
  tables::SampleSummary summary;
};

/// The final state's numbers of every finished run, over the seeds; settings and metrics in the order of the plan.  One
/// setting's figures at a time are in memory, whatever the number of settings and seeds.
void summarize_runs(const study::Experiment& experiment, const sweep::RecordIndex& records,
                    const std::function<void(const SummaryRow&)>& take);
/// norm, batch_size, the other axes, metric, n, mean, sd, ci95_low, ci95_high, min, max.
std::string summary_header(const config::Grid& grid);
std::string summary_line(const SummaryRow& row);

/// The effect in words and numbers, at most 80 columns wide but for what else is swept: one line for every setting, then one
/// sentence a normalization.  The gap is the one that `normrun report` tells: of reported_split(), at the run's own batch size where
/// that was asked for, else at the first that was.
std::string terminal_summary(const std::vector<SummaryRow>& rows, const compare::CompareOptions& compare);

}  // namespace normrun::report
