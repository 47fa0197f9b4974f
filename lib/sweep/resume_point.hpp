#pragma once

#include <array>
#include <string>

#include "tables/record.hpp"
#include "train/trainer.hpp"

namespace normrun::sweep {

/// An unfinished run between two steps.  A run that goes on from a resume point gives the same bits as a run without a stop.  Random
/// numbers need no state, because the step is part of the key of every stream.
template <class T>
struct ResumePoint {
  train::TrainerState<T> trainer;
  std::array<std::string, tables::kTableCount> lines;  // the lines of the run's record so far
};

/// Identifies a run's resume checkpoint.  read_resume_point refuses a checkpoint of another config or of other data.
struct ResumeKey {
  std::string folder;
  std::string run_id;
  std::string config_digest;
  std::string data_digest;
  std::string path() const { return folder + "/" + run_id + ".safetensors"; }
};

/// The error for a resume checkpoint that is damaged or belongs to another config or other data.  It ends the sweep, whereas other damaged
/// files only fail the run that reads them.
class ForeignResumePoint : public Error {
 public:
  using Error::Error;
};

/// How many numbers a run keeps beside its network: the optimizer's slots, and TrainerState::kept.
struct ResumeSizes {
  std::size_t slots = 0;
  std::size_t kept = 0;
};

/// Writes a run's resume checkpoint in place of an earlier one.  Throws Error(kCannotCreate, kWriteFailed).
template <class T>
void write_resume_point(const ResumeKey& key, const nn::Layout& layout, const ResumePoint<T>& point);
bool has_resume_point(const std::string& folder, const std::string& run_id);
/// Reads a run's resume checkpoint.  Throws ForeignResumePoint if it is damaged or belongs elsewhere.
template <class T>
ResumePoint<T> read_resume_point(const ResumeKey& key, const nn::Layout& layout, const ResumeSizes& sizes);
void remove_resume_point(const std::string& folder, const std::string& run_id);

}  // namespace normrun::sweep
