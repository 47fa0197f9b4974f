#include "report/results/summary.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "report/results/results.hpp"
#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

const report::SummaryRow& find(const std::vector<report::SummaryRow>& rows, const std::string& norm, Index batch_size,
                               const std::string& metric) {
  return *std::find_if(rows.begin(), rows.end(), [&](const report::SummaryRow& row) {
    return row.norm == norm && row.batch_size == batch_size && row.metric == metric;
  });
}

report::SummaryRow row_of(const std::string& norm, Index batch_size, const std::string& metric, double mean,
                          const std::string& other = "") {
  report::SummaryRow row{norm, batch_size, {}, metric, {}};
  if (!other.empty()) row.others = {other};
  row.summary.n = 1;
  row.summary.mean = mean;
  return row;
}

report::SummaryRow gap_row(Index batch_size, const std::string& label, double mean, const std::string& other = "") {
  return row_of("batch", batch_size, "compare.relative_gap[" + label + "]", mean, other);
}

compare::CompareOptions compared(std::vector<std::string> splits, std::vector<config::Count> sizes) {
  compare::CompareOptions options;
  options.splits = std::move(splits);
  options.eval_batch_sizes = std::move(sizes);
  return options;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the summary is over the seeds of each setting, the final state alone") {
  const TemporaryFolder folder;
  const study::Experiment experiment =
      study::load_experiment(folder.write("c.json", small_config()), {{"compare.every_steps=5"}, {}, "", {}}, study::Check::kWithData);
  SilentObserver observer;
  sweep::Journal journal = sweep::Journal::create(folder.path() + "/journal", plan_of(experiment));
  sweep::run_sweep(experiment, all_runs(experiment), {}, journal, observer);
  std::vector<report::SummaryRow> rows;
  report::summarize_runs(experiment, journal.index(), [&](const report::SummaryRow& row) { rows.push_back(row); });
  const report::SummaryRow& gap = find(rows, "batch", 4, "compare.relative_gap[test train:eval 4]");
  CHECK(gap.summary.n == 2);
  CHECK(gap.summary.mean > 0.0);
  CHECK(find(rows, "layer", 8, "compare.relative_gap[test train:eval 8]").summary.max == 0.0);
  CHECK(find(rows, "batch", 8, "layers.updates[batch_1]").summary.mean == 16.0);
  CHECK(find(rows, "batch", 8, "scores.auc[test eval]").summary.n == 2);
  CHECK(find(rows, "batch", 4, "scores.f1[test train 4]").summary.max <= 1.0);

  const std::string text = report::terminal_summary(rows, experiment.base.compare);
  CHECK(text.find("layer norm: train and eval outputs do not differ at all") != std::string::npos);
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    CHECK(end - start <= 80);
    start = end + 1;
  }
}

TEST_CASE("a gap of many times the spread has no exponent") {
  const std::string text = report::terminal_summary({gap_row(8, "test train:eval 8", 17.864)}, compared({"test"}, {{.word = "train"}}));
  CHECK(holds(text, " 1786 %\n"));
}

TEST_CASE("the closing gap is of the test rows in batches of the run's own size, wherever its line stands") {
  const std::vector<report::SummaryRow> rows = {gap_row(8, "train train:eval 1", 0.9),     gap_row(8, "train train:eval 8", 0.8),
                                                gap_row(8, "test eval:population 8", 0.7), gap_row(8, "test train:eval 1", 0.6),
                                                gap_row(8, "test train:eval 8", 0.25),     gap_row(8, "test train:eval 30", 0.5)};
  const std::string text =
      report::terminal_summary(rows, compared({"train", "test"}, {{.word = {}, .value = 1}, {.word = {}, .value = 8}, {.word = "all"}}));
  CHECK(holds(text, "            25 %\n"));
  CHECK(holds(text, "batch norm at batch 8: train and eval outputs differ\n  by 25 % of their spread\n"));
  CHECK(!holds(text, "(gap:"));
}

TEST_CASE("the closing gap says which rows and batches it is of where they are others") {
  const std::vector<report::SummaryRow> rows = {gap_row(8, "train train:eval 1", 0.9), gap_row(8, "train train:eval 4", 0.8)};
  const std::string text = report::terminal_summary(rows, compared({"train"}, {{.word = {}, .value = 1}, {.word = {}, .value = 4}}));
  CHECK(holds(text, "            90 %\n"));
  CHECK(holds(text, "(gap: rows of the train split, in batches of 1)\n"));
}

TEST_CASE("without a gap in batches of the size that is told there is no closing gap") {
  const std::vector<report::SummaryRow> rows = {row_of("batch", 64, "runs.test_loss_eval", 1.5), gap_row(64, "test train:eval 4", 0.6)};
  const std::string text = report::terminal_summary(rows, compared({"test"}, {{.word = "train"}, {.word = {}, .value = 4}}));
  CHECK(holds(text, "               -\n"));
  CHECK(!holds(text, "differ"));
}

TEST_CASE("the closing sentence spans the settings of other swept keys") {
  std::vector<report::SummaryRow> rows = {gap_row(4, "test train:eval 4", 0.5, "0.9"), gap_row(4, "test train:eval 4", 0.75, "0.99")};
  const compare::CompareOptions compare = compared({"test"}, {{.word = "train"}});
  CHECK(holds(report::terminal_summary(rows, compare),
              "batch norm at batch 4: train and eval outputs differ\n  by 50 to 75 % of their spread\n"));
  rows.push_back(gap_row(8, "test train:eval 8", 0.0, "0.9"));
  rows.push_back(gap_row(8, "test train:eval 8", 0.25, "0.99"));
  CHECK(holds(report::terminal_summary(rows, compare),
              "batch norm: train and eval outputs differ\n  by 50 to 75 % of their spread at batch 4,\n  by 0 to 25 % of their spread at "
              "batch 8\n"));
}

TEST_CASE("a long name of a normalization is shown whole, a very long one cut with an ellipsis") {
  const compare::CompareOptions compare = compared({"test"}, {{.word = "train"}});
  const std::string name = "bias-corrected-0.99";
  std::string text =
      report::terminal_summary({row_of(name, 8, "runs.test_loss_eval", 1.5), row_of("batch", 8, "runs.test_loss_eval", 2.5)}, compare);
  CHECK(holds(text, "norm                 batch      loss eval"));
  CHECK(holds(text, "\nbias-corrected-0.99      8         1.5000"));
  CHECK(holds(text, "\nbatch                    8         2.5000"));
  text = report::terminal_summary({row_of("bätch-corrected-with-momentum-0.99", 8, "runs.test_loss_eval", 1.5)}, compare);
  CHECK(holds(text, "\nbätch-corrected-with-mo…      8         1.5000"));
}
