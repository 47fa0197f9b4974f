#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "core/random.hpp"
#include "files/atomic_file.hpp"
#include "study/compare_checkpoint.hpp"
#include "study/trained_run.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

/// The checkpoint of a finished run, as `train` leaves it.
std::string finished_checkpoint(const TemporaryFolder& folder) {
  const study::Overrides overrides{{"norm.type=batch", "train.batch_size=7", "seed=3"}, {}, "", {}};
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kWithData);
  const std::string checkpoints = folder.path() + "/checkpoints";
  std::filesystem::create_directory(checkpoints);
  const sweep::SweepOptions options{.jobs = 1, .fail_fast = false, .checkpoint_folder = checkpoints, .resume_folder = {}, .stop = nullptr};
  RecordList list;
  SilentObserver observer;
  sweep::run_sweep(experiment, all_runs(experiment), options, list, observer);
  return std::filesystem::directory_iterator(checkpoints)->path().string();
}

/// What `compare --checkpoint` computes of it.
std::string compared(const TemporaryFolder& folder, const std::string& path) {
  return lines_of(study::compare_checkpoint(
                      {.checkpoint = path, .data = folder.path() + "/c.json", .pairs = {}, .eval_batch_sizes = {"3"}, .splits = {"test"}})
                      .record);
}

/// Whether a call refuses the checkpoint as damaged, by its name.
template <class Call>
bool is_refused(const std::string& path, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() == ExitCode::kDamaged && error.problems()[0].where.find(path) != std::string::npos;
  }
  return false;
}

/// Compared with, and started from.
void check_refused(const TemporaryFolder& folder, const std::string& path, const std::string& bytes) {
  files::write_file(path, bytes);
  CHECK(is_refused(path, [&] { compared(folder, path); }));
  CHECK(is_refused(path, [&] { TrainedRun<float>(run_of({"train.init_from=\"" + path + "\"", "norm.type=batch"}), 0); }));
}

}  // namespace

TEST_CASE("a finished run's checkpoint with a flipped bit, or cut anywhere, is neither compared nor started from") {
  const TemporaryFolder folder;
  const std::string path = finished_checkpoint(folder);
  const std::string whole = files::read_file(path, 1 << 24);
  REQUIRE(!compared(folder, path).empty());
  TrainedRun<float>(run_of({"train.init_from=\"" + path + "\"", "norm.type=batch"}), 0);

  const char* const asked = std::getenv("NORMRUN_FLIPS");
  const std::uint64_t flips = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200;
  RandomStream random(3, Purpose::kData);
  for (std::uint64_t i = 0; i < flips; ++i) {
    const std::size_t bit = random.below(8 * whole.size());
    CAPTURE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    check_refused(folder, path, bytes);
  }
  for (std::size_t size = 0; size < whole.size(); size += asked != nullptr ? 1 : 97) {
    CAPTURE(size);
    check_refused(folder, path, whole.substr(0, size));
  }
}
