#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "study/journal.hpp"
#include "study/runner.hpp"

namespace normrun {

struct SilentObserver : SweepObserver {
  void on_start(std::int64_t, int) override {}
  void on_step(int, std::int64_t, Index, Index, double) override {}
  void on_finish(const RunRecord&) override {}
};

/// The records in the plan's order.
struct RecordList : RecordSink {
  void add(const RunRecord& record) override {
    records.insert(std::upper_bound(records.begin(), records.end(), record, [](const auto& a, const auto& b) { return a.run < b.run; }),
                   record);
  }
  std::vector<RunRecord> records;
};

/// Every line of every table but timing.csv.
inline std::string lines_of(const RunRecord& record) {
  std::string text;
  for (const Table& described : tables()) {
    if (described.id != TableId::kTiming) text += record.lines[static_cast<std::size_t>(described.id)];
  }
  return text;
}

inline std::vector<std::uint32_t> all_runs(const Experiment& experiment) { return longest_first(experiment.grid, CostModel(experiment)); }

inline JournalPlan plan_of(const Experiment& experiment) { return journal_plan(experiment, "1.0", CostModel(experiment), std::nullopt); }

}  // namespace normrun
