#include "sweep/record_index.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "fmt/format.h"

namespace normrun::sweep {
namespace {

std::optional<DigestBytes> parse_digest(const std::string& hex) {
  if (hex.size() != 32) return std::nullopt;
  DigestBytes bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    const char* const begin = hex.data() + 16 * half;
    const auto [end, error] = std::from_chars(begin, begin + 16, bytes[half], 16);
    if (error != std::errc() || end != begin + 16) return std::nullopt;
  }
  return bytes;
}

}  // namespace

std::uint32_t RecordIndex::add_journal(const std::string& path) {
  journals_.push_back(std::make_unique<JournalFile>(path));
  return static_cast<std::uint32_t>(journals_.size() - 1);
}

void RecordIndex::put(std::int64_t run, std::uint32_t journal, std::uint64_t offset, tables::RunStatus status) {
  constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 40U) - 1;
  constexpr std::uint64_t kMostJournals = (std::uint64_t{1} << 22U) - 1;
  if (offset > kMostBytes || journal > kMostJournals) {
    throw Error(ExitCode::kWriteFailed,
                {journals_[journal]->path(), "the journal is larger than 2^40 bytes, or there are more than 2^22 parts",
                 "split the experiment into several configs, or use fewer shards"});
  }
  Place& place = places_[static_cast<std::size_t>(run)];
  if (place.offset == 0) ++finished_;
  place = {.offset = offset & kMostBytes, .journal = journal & kMostJournals, .status = static_cast<std::uint64_t>(status) & 3U};
}

tables::RunRecord RecordIndex::read(std::int64_t run) const {
  const Place& found = place(run);
  tables::RunRecord record = journals_[found.journal]->record_at(found.offset);
  record.run = run;  // because the journal's own plan may number the runs differently
  return record;
}

void RecordIndex::note_data(const std::string& digest) {
  const std::optional<DigestBytes> bytes = parse_digest(digest);
  if (!bytes) return;  // the run never loaded its data
  if (!digests_.empty() && digests_.back() == *bytes) return;
  digests_.push_back(*bytes);
  if (digests_.size() > 2 * sorted_ + 1024) sort_digests();  // because sort_digests removes repetitions, and most runs share their data
}

void RecordIndex::sort_digests() const {
  std::sort(digests_.begin(), digests_.end());
  digests_.erase(std::unique(digests_.begin(), digests_.end()), digests_.end());
  sorted_ = digests_.size();
}

const std::vector<DigestBytes>& RecordIndex::data_digests() const {
  sort_digests();
  return digests_;
}

std::string digest_text(const DigestBytes& digest) { return fmt::format("{:016x}{:016x}", digest[0], digest[1]); }

}  // namespace normrun::sweep
