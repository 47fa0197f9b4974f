#include "report/summary.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "report/results.hpp"
#include "study/sweep_rig.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

const SummaryRow& find(const std::vector<SummaryRow>& rows, const std::string& norm, Index batch_size, const std::string& metric) {
  return *std::find_if(rows.begin(), rows.end(),
                       [&](const SummaryRow& row) { return row.norm == norm && row.batch_size == batch_size && row.metric == metric; });
}

}  // namespace

TEST_CASE("the summary is over the seeds of each setting, the final state alone") {
  const TemporaryFolder folder;
  const Experiment experiment =
      load_experiment(folder.write("c.json", small_config()), {{"compare.every_steps=5"}, {}, "", {}}, Check::kWithData);
  SilentObserver observer;
  Journal journal = Journal::create(folder.path() + "/journal", plan_of(experiment));
  run_sweep(experiment, all_runs(experiment), {}, journal, observer);
  std::vector<SummaryRow> rows;
  summarize_runs(experiment, journal.index(), [&](const SummaryRow& row) { rows.push_back(row); });
  const SummaryRow& gap = find(rows, "batch", 4, "compare.relative_gap[test train:eval 4]");
  CHECK(gap.summary.n == 2);
  CHECK(gap.summary.mean > 0.0);
  CHECK(find(rows, "layer", 8, "compare.relative_gap[test train:eval 8]").summary.max == 0.0);
  CHECK(find(rows, "batch", 8, "layers.updates[batch_1]").summary.mean == 16.0);

  const std::string text = terminal_summary(rows);
  CHECK(text.find("layer norm: train and eval outputs do not differ at all") != std::string::npos);
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    CHECK(end - start <= 80);
    start = end + 1;
  }
}
