#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sweep/journal_format.hpp"

namespace normrun::sweep {

/// A digest of 32 hexadecimal digits, packed into 16 bytes because a large sweep has one for every seed.
using DigestBytes = std::array<std::uint64_t, 2>;
std::string digest_text(const DigestBytes& digest);

/// Knows where the journals have the records of a plan's finished runs.  It holds the places and not the records, so a run takes 8 bytes.
class RecordIndex {
 public:
  explicit RecordIndex(std::int64_t runs) : places_(static_cast<std::size_t>(runs)) {}

  /// Adds a journal and returns its number, which put() takes.
  std::uint32_t add_journal(const std::string& path);
  /// Notes the record of a run.  A later record of the same run replaces an earlier one.
  void put(std::int64_t run, std::uint32_t journal, std::uint64_t offset, tables::RunStatus status);
  void note_data(const std::string& digest);

  std::int64_t planned() const { return static_cast<std::int64_t>(places_.size()); }
  std::int64_t finished() const { return finished_; }
  bool contains(std::int64_t run) const { return place(run).offset != 0; }
  tables::RunStatus status(std::int64_t run) const {
    return static_cast<tables::RunStatus>(place(run).status);
  }  // the run must be finished
  std::uint32_t journal_of(std::int64_t run) const { return static_cast<std::uint32_t>(place(run).journal); }
  /// Reads the record of a finished run.  Throws Error(kDamaged) if the journal has changed in the meantime.
  tables::RunRecord read(std::int64_t run) const;
  /// Returns the digests of all data sets in use, sorted.
  const std::vector<DigestBytes>& data_digests() const;

 private:
  struct Place {
    std::uint64_t offset : 40 = 0;  // 0: the run is not finished (no record has offset 0, because a journal starts with a plan)
    std::uint64_t journal : 22 = 0;
    std::uint64_t status : 2 = 0;
  };
  const Place& place(std::int64_t run) const { return places_[static_cast<std::size_t>(run)]; }

  std::vector<Place> places_;
  std::vector<std::unique_ptr<JournalFile>> journals_;
  mutable std::vector<DigestBytes> digests_;  // the first sorted_ of them are sorted and without repetitions
  mutable std::size_t sorted_ = 0;
  std::int64_t finished_ = 0;
  void sort_digests() const;
};

}  // namespace normrun::sweep
