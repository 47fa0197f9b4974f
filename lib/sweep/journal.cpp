#include "sweep/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/folder_lock.hpp"

namespace normrun::sweep {
namespace {

constexpr std::chrono::seconds kSyncEvery{1};

constexpr const char* kStartOver = "use --force to start over, or another --out";

[[noreturn]] void refuse_journal(const std::string& path, const std::string& what, const std::string& hint) {
  throw Error(ExitCode::kDamaged, {path, what, hint});
}

std::vector<std::string> keys_of(const config::Grid& grid) {
  std::vector<std::string> keys;
  for (const config::Axis& axis : grid.axes()) {
    if (axis.key != "seed") keys.push_back(axis.key);
  }
  return keys;
}

/// Returns for each value of `from` its place in `to`, or -1.
std::vector<std::int64_t> places_of(const config::Axis& from, const config::Axis& to) {
  std::vector<std::int64_t> places(from.values.size());
  std::unordered_map<std::string, std::int64_t> known;  // filled only if an equal value has another place
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = static_cast<std::int64_t>(i);
    if (i < to.values.size() && to.values[i] == from.values[i]) continue;
    if (known.empty()) {
      for (std::size_t j = 0; j < to.values.size(); ++j) known[to.values[j]] = static_cast<std::int64_t>(j);
    }
    const auto found = known.find(from.values[i]);
    places[i] = found == known.end() ? -1 : found->second;
  }
  return places;
}

std::string list_of(const std::vector<std::string>& keys) {
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "" : ", ") + key;
  return list.empty() ? "no axis" : list;
}

}  // namespace

JournalPlan journal_plan(const study::Experiment& experiment, const std::string& program, const CostModel& costs,
                         const std::optional<Shard>& shard) {
  std::vector<config::Axis> axes = experiment.grid.axes();
  const bool has_seed = std::any_of(axes.begin(), axes.end(), [](const config::Axis& axis) { return axis.key == "seed"; });
  const std::string seed = std::to_string(experiment.base.seed);
  if (!has_seed)
    axes.push_back({.key = "seed", .values = {seed}, .labels = {seed}, .origin = ""});  // so that a resumed sweep can add seeds
  return {.program = program,
          .table_format = tables::kTableFormatVersion,
          .config = experiment.numbers(),
          .grid = study::grid_text(config::Grid(axes)),
          .shard = shard ? shard->text() : "",
          .costs = costs.text()};
}

void check_same_plan(const JournalPlan& old, const JournalPlan& now, const std::string& path, const std::string& hint) {
  if (old.program != now.program)
    refuse_journal(path, "version " + old.program + " of the program wrote this journal, but this is version " + now.program, hint);
  if (old.table_format != now.table_format) {
    refuse_journal(
        path,
        "its tables have format " + std::to_string(old.table_format) + ", but this program writes " + std::to_string(now.table_format),
        hint);
  }
  if (old.grid != now.grid) {
    const std::vector<std::string> old_keys = keys_of(study::parse_grid(old.grid));
    const std::vector<std::string> keys = keys_of(study::parse_grid(now.grid));
    if (old_keys != keys)
      refuse_journal(path, "the grid is another one: it sweeps " + list_of(old_keys) + " there, and " + list_of(keys) + " here", hint);
  }
  if (old.config != now.config) {
    refuse_journal(path,
                   "the config is another one: " +
                       config::first_difference(config::Document::parse(old.config, path), config::Document::parse(now.config, path)),
                   hint);
  }
}

RunTranslation::RunTranslation(const std::string& from, const std::string& to) : identical_(from == to) {
  if (identical_) return;
  from_ = study::parse_grid(from);
  to_ = study::parse_grid(to);
  for (const config::Axis& axis : to_.axes()) {
    const auto same = [&](const config::Axis& other) { return other.key == axis.key; };
    const auto found = std::find_if(from_.axes().begin(), from_.axes().end(), same);
    axis_.push_back(static_cast<std::size_t>(found - from_.axes().begin()));
    place_.push_back(places_of(*found, axis));
  }
}

std::int64_t RunTranslation::operator()(std::int64_t run) const {
  if (identical_) return run;
  const std::vector<std::size_t> point = from_.point(run);
  std::int64_t number = 0;
  for (std::size_t a = 0; a < axis_.size(); ++a) {
    const std::int64_t place = place_[a][point[axis_[a]]];
    if (place < 0) return -1;
    number = number * static_cast<std::int64_t>(to_.axes()[a].values.size()) + place;
  }
  return number;
}

Journal::Journal(std::string path, std::int64_t runs)
    : path_(std::move(path)),
      descriptor_(files::retry([&] { return ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC); })),
      index_(runs),
      synced_(Clock::now()) {
  if (descriptor_.get() < 0) files::throw_errno(ExitCode::kCannotCreate, path_, "open");
  files::lock_file(descriptor_.get(), path_);
  index_.add_journal(path_);
}

Journal Journal::create(const std::string& path, const JournalPlan& plan) {
  const std::string frame = plan_frame(plan);
  files::write_file(path, frame);  // replaces atomically: the old journal stays until the new journal is complete
  Journal journal(path, study::parse_grid(plan.grid).size());
  journal.end_ = frame.size();
  return journal;
}

Journal Journal::resume(const std::string& path, const JournalPlan& plan) {
  Journal journal(path, study::parse_grid(plan.grid).size());
  JournalPlan last;
  std::optional<RunTranslation> translation;
  const auto take_plan = [&](const JournalPlan& old) {
    check_same_plan(old, plan, path, kStartOver);
    if (old.shard != plan.shard) {
      const auto shown = [](const std::string& shard) { return shard.empty() ? "the whole plan" : "shard " + shard; };
      refuse_journal(path, "this is the journal of " + shown(old.shard) + ", not of " + shown(plan.shard), kStartOver);
    }
    last = old;
    translation.emplace(old.grid, plan.grid);
  };
  const auto take_record = [&](std::uint64_t offset, const tables::RunRecord& record) {
    const std::int64_t run = (*translation)(record.run);
    if (run < 0) return;  // the plan no longer has this run's seed
    journal.index_.put(run, 0, offset, record.status);
    journal.index_.note_data(record.data_digest);
  };
  journal.end_ = JournalFile(path).scan({take_plan, take_record});
  const bool grown = last.grid != plan.grid;
  const bool torn = journal.cut_after(journal.end_);
  if (grown) journal.append(plan_frame(plan));
  if (grown || torn) journal.sync();
  return journal;
}

bool Journal::cut_after(std::uint64_t end) const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) files::throw_errno(ExitCode::kWriteFailed, path_, "read");
  if (static_cast<std::uint64_t>(status.st_size) == end) return false;
  if (files::retry([&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(end)); }) == 0) return true;
  files::throw_errno(ExitCode::kWriteFailed, path_, "cut the torn end");
}

void Journal::append(const std::string& frame) {
  try {
    files::write_all(descriptor_.get(), frame, path_);
  } catch (const Error&) {
    // Cuts off the torn frame, because nothing after it could be read.  If the cut fails too, the next resume cuts it off.
    const int cut = ::ftruncate(descriptor_.get(), static_cast<off_t>(end_));
    static_cast<void>(cut);
    throw;
  }
  end_ += frame.size();
}

void Journal::add(const tables::RunRecord& record) {
  const std::uint64_t offset = end_;
  append(record_frame(record));
  index_.put(record.run, 0, offset, record.status);
  index_.note_data(record.data_digest);
  if (Clock::now() - synced_ >= kSyncEvery) sync();
}

void Journal::sync() {
  if (files::retry([&] { return ::fdatasync(descriptor_.get()); }) != 0) files::throw_errno(ExitCode::kWriteFailed, path_, "sync");
  synced_ = Clock::now();
}

}  // namespace normrun::sweep
