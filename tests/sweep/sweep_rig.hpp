#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sweep/journal.hpp"
#include "sweep/runner.hpp"

namespace normrun {

struct SilentObserver : sweep::SweepObserver {
  void on_start(std::int64_t, int) override {}
  void on_step(int, std::int64_t, Index, Index, double) override {}
  void on_finish(const tables::RunRecord&) override {}
};

/// The records in the plan's order.
struct RecordList : sweep::RecordSink {
  void add(const tables::RunRecord& record) override {
    records.insert(std::upper_bound(records.begin(), records.end(), record, [](const auto& a, const auto& b) { return a.run < b.run; }),
                   record);
  }
  std::vector<tables::RunRecord> records;
};

/// Every line of every table but timing.csv.
inline std::string lines_of(const tables::RunRecord& record) {
  std::string text;
  for (const tables::Table& described : tables::tables()) {
    if (described.id != tables::TableId::kTiming) text += record.lines[static_cast<std::size_t>(described.id)];
  }
  return text;
}

inline std::vector<std::uint32_t> all_runs(const study::Experiment& experiment) {
  return sweep::longest_first(experiment.grid, sweep::CostModel(experiment));
}

inline sweep::JournalPlan plan_of(const study::Experiment& experiment) {
  return sweep::journal_plan(experiment, "1.0", sweep::CostModel(experiment), std::nullopt);
}

}  // namespace normrun
