#include "sweep/data_check.hpp"

#include <algorithm>
#include <set>

#include "core/denormals.hpp"

namespace normrun::sweep {

bool chooses_data(const config::Axis& axis) {
  return axis.key == "data" || axis.key.compare(0, 5, "data.") == 0 || axis.key == "precision";
}

namespace {

std::string digest_of_data(const study::RunConfig& config, const std::string& folder) {
  const FlushDenormals flush;  // as in the run that loaded the rows, because otherwise the digests might differ
  const auto seed = static_cast<std::uint64_t>(config.seed);
  return study::with_precision(config.precision,
                               [&](auto number) { return config.data_spec().load<decltype(number)>(seed, folder).digest; });
}

}  // namespace

std::vector<std::size_t> data_choice(const config::Grid& grid, std::int64_t run) {
  std::vector<std::size_t> choice;
  for (std::size_t a = 0; a < grid.axes().size(); ++a) {
    if (chooses_data(grid.axes()[a])) choice.push_back(grid.place(a, run));
  }
  return choice;
}

void check_data(const study::Experiment& experiment, const RecordIndex& records, const std::string& path) {
  std::set<std::vector<std::size_t>> checked;
  const bool several = std::any_of(experiment.grid.axes().begin(), experiment.grid.axes().end(), chooses_data);
  for (std::int64_t run = 0; run < records.planned() && (checked.empty() || several); ++run) {
    if (!records.contains(run)) continue;
    const std::vector<std::size_t> choice = data_choice(experiment.grid, run);
    if (checked.contains(choice)) continue;
    const tables::RunRecord record = records.read(run);
    if (record.data_digest.empty()) continue;  // the run never loaded its data
    if (digest_of_data(experiment.at(run), experiment.folder) != record.data_digest) {
      throw Error(ExitCode::kDamaged,
                  {path, "the data has changed: run " + record.run_id() + " trained on rows that the data files no longer hold",
                   "restore the files, or use --force to start over"});
    }
    checked.insert(choice);
  }
}

}  // namespace normrun::sweep
