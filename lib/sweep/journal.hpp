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

/// `shard`: none for a sweep in one piece.
JournalPlan journal_plan(const study::Experiment& experiment, const std::string& program, const CostModel& costs,
                         const std::optional<Shard>& shard);

/// Throws Error(kDamaged) with what differs and the hint unless the records of `old` stand for runs of `now` too: same program version,
/// table format, config and axes; values of axes may have come and gone.  Shards are not compared.
void check_same_plan(const JournalPlan& old, const JournalPlan& now, const std::string& path, const std::string& hint);

/// The run of one grid in another one with the same axes.
class RunTranslation {
 public:
  RunTranslation(const std::string& from, const std::string& to);
  /// Its number there, or -1.
  std::int64_t operator()(std::int64_t run) const;

 private:
  bool identical_ = false;
  config::Grid from_;
  config::Grid to_;
  std::vector<std::size_t> axis_;                 // of `from`, for each of `to`
  std::vector<std::vector<std::int64_t>> place_;  // in `to`, for each of its axes, of each of `from`'s values; -1: gone
};

/// The journal of an output folder, and its one writer: append-only, one file.  A record is in the file when add() returns,
/// and on the disk within a second or at sync().
class Journal : public RecordSink {
 public:
  /// Starts a new one in place of any other.  Throws Error(kCannotCreate, kWriteFailed).
  static Journal create(const std::string& path, const JournalPlan& plan);
  /// Takes up the records of an earlier one, cuts a torn tail, and notes the plan where its grid has changed.  Throws
  /// Error(kDamaged) as check_same_plan and JournalFile::scan do, and where it is of another shard; Error(kLocked).
  static Journal resume(const std::string& path, const JournalPlan& plan);

  void add(const tables::RunRecord& record) override;
  void sync();
  RecordIndex& index() { return index_; }
  const RecordIndex& index() const { return index_; }

 private:
  using Clock = std::chrono::steady_clock;
  Journal(std::string path, std::int64_t runs);
  void append(const std::string& frame);
  bool cut_behind(std::uint64_t end) const;  // whether there was something

  std::string path_;
  files::Descriptor descriptor_;
  RecordIndex index_;
  std::uint64_t end_ = 0;
  Clock::time_point synced_;
};

}  // namespace normrun::sweep
