#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "files/descriptor.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {

/// What a journal's records belong to: one who is to go on with it must have the same, but for the values of the axes.
struct JournalPlan {
  std::string program;   // the version that computed the records
  int table_format = 0;  // of their lines
  std::string config;    // resolved, without what the axes set: Experiment::numbers()
  std::string grid;      // the axes as JSON; a record's run number is its place in here
  std::string shard;     // "2/4", "" for the whole plan
  std::string costs;     // CostModel::text(): which shard a run belongs to
};

/// A journal is a sequence of frames, each whole or not there:
///   magic u32, CRC-32C of the payload u32, length of the payload u64, CRC-32C of these 16 bytes u32, payload
/// little-endian.  A payload is a plan ('P', first of all, and again where the grid has changed) or a record ('R').
std::string plan_frame(const JournalPlan& plan);
std::string record_frame(const tables::RunRecord& record);

/// Reads a journal.  Throws Error(kUsage) where there is none, kDamaged with file and byte.
class JournalFile {
 public:
  explicit JournalFile(std::string path);

  /// Visits every whole frame from the start, and returns where the last one ends: what follows is the torn tail of a write
  /// that a crash cut off.  Throws Error(kDamaged) where the damage is followed by whole frames, or where the file does not
  /// begin with a plan.
  struct Visitor {
    std::function<void(const JournalPlan&)> plan;
    std::function<void(std::uint64_t offset, const tables::RunRecord&)> record;
  };
  std::uint64_t scan(const Visitor& visitor) const;
  /// The record whose frame begins at `offset`.
  tables::RunRecord record_at(std::uint64_t offset) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  files::Descriptor descriptor_;
};

}  // namespace normrun::sweep
