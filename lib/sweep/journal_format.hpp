#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "files/descriptor.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// What a journal says about the sweep that its records belong to.  A sweep can resume a journal only with the same plan, except for the
/// values of the axes.
struct JournalPlan {
  std::string program;   // the version that computed the records
  int table_format = 0;  // format of the records' lines
  std::string config;    // resolved, without the values that axes set: Experiment::numbers()
  std::string grid;      // the axes as JSON; a record's run number counts in this grid
  std::string shard;     // "2/4"; "" for the whole plan
  std::string costs;     // CostModel::text(), which decides the shard of each run
};

/// A journal is a sequence of frames.  Its checksums tell whether a frame is whole or torn:
///   magic u32, CRC-32C of the payload u32, length of the payload u64, CRC-32C of these 16 bytes u32, payload
/// All numbers are little-endian.  A payload is a plan ('P') or a record ('R').  The first payload is a plan, and another plan follows
/// whenever the grid has changed.
std::string plan_frame(const JournalPlan& plan);
std::string record_frame(const tables::RunRecord& record);

/// Reads a journal.  Throws Error(kUsage) if the file is missing, and Error(kDamaged) with file and byte.
class JournalFile {
 public:
  explicit JournalFile(std::string path);

  /// Visits every whole frame from the start, and returns the offset at which the last whole frame ends.  Bytes after it are the torn end
  /// of a write that a crash interrupted.  Throws Error(kDamaged) if whole frames follow the damage, or if the file does not begin with a
  /// plan.
  struct Visitor {
    std::function<void(const JournalPlan&)> plan;
    std::function<void(std::uint64_t offset, const tables::RunRecord&)> record;
  };
  std::uint64_t scan(const Visitor& visitor) const;
  /// Reads the record whose frame begins at `offset`.
  tables::RunRecord record_at(std::uint64_t offset) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  files::Descriptor descriptor_;
};

}  // namespace normrun::sweep
