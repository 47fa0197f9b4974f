#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "sweep/record_index.hpp"
#include "sweep/record_sink.hpp"
#include "sweep/run_order.hpp"

namespace normrun::sweep {

/// Returns the plan that a journal of this experiment begins with.  `shard` is empty for a sweep in one piece.
JournalPlan journal_plan(const study::Experiment& experiment, const std::string& program, const CostModel& costs,
                         const std::optional<Shard>& shard);

/// Checks that the records of `old` stand for runs of `now` too.  Program version, table format, config and the keys of the axes must be
/// the same.  Values of axes may differ, and shards are not compared.  Throws Error(kDamaged), which says what differs and gives `hint`.
void check_same_plan(const JournalPlan& old, const JournalPlan& now, const std::string& path, const std::string& hint);

/// Translates run numbers of one grid into those of another grid with the same axes.
class RunTranslation {
 public:
  RunTranslation(const std::string& from, const std::string& to);
  /// Returns the run's number in the other grid, or -1 if that grid does not have the run.
  std::int64_t operator()(std::int64_t run) const;

 private:
  bool identical_ = false;
  config::Grid from_;
  config::Grid to_;
  std::vector<std::size_t> axis_;  // for each axis of `to`, its place in `from`
  std::vector<std::vector<std::int64_t>>
      place_;  // for each axis of `to`, and each value of that axis in `from`: the value's place in `to`; -1: `to` lacks it
};

/// The only writer of an output folder's journal, a file that only grows.  A record is in the file when add() returns, and on the disk
/// within a second or after sync().
class Journal : public RecordSink {
 public:
  /// Starts a new journal, which replaces any other.  Throws Error(kCannotCreate, kWriteFailed, kLocked).
  static Journal create(const std::string& path, const JournalPlan& plan);
  /// Resumes an earlier journal: reads its records, cuts off a torn end, and appends the plan if the grid has changed.  Throws
  /// Error(kDamaged) as check_same_plan and JournalFile::scan do, and for a journal of another shard.  Throws Error(kLocked) if another
  /// process writes to the journal.
  static Journal resume(const std::string& path, const JournalPlan& plan);

  void add(const tables::RunRecord& record) override;
  void sync();
  RecordIndex& index() { return index_; }
  const RecordIndex& index() const { return index_; }

 private:
  using Clock = std::chrono::steady_clock;
  Journal(std::string path, std::int64_t runs);
  void append(const std::string& frame);
  bool cut_after(std::uint64_t end) const;  // returns whether anything followed `end`

  std::string path_;
  files::Descriptor descriptor_;
  RecordIndex index_;
  std::uint64_t end_ = 0;
  Clock::time_point synced_;
};

}  // namespace normrun::sweep
