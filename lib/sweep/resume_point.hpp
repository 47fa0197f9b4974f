#pragma once

#include <array>
#include <string>

#include "tables/record.hpp"
#include "train/trainer.hpp"

namespace normrun::sweep {

/// An unfinished run between two steps: going on from here gives the same bits as never having stopped.  Random numbers need
/// no state of their own, every stream being keyed by the step.
template <class T>
struct ResumePoint {
  train::TrainerState<T> trainer;
  std::array<std::string, tables::kTableCount> lines;  // of its record so far
};

/// Whose checkpoint it is: one of another config or other data is refused.
struct ResumeKey {
  std::string folder;
  std::string run_id;
  std::string config_digest;
  std::string data_digest;
  std::string path() const { return folder + "/" + run_id + ".safetensors"; }
};

/// A resume checkpoint that is damaged or of another config or data: it ends the sweep, whereas other files that are damaged
/// make the one run fail that reads them.
class ForeignResumePoint : public Error {
 public:
  using Error::Error;
};

/// Throws Error(kCannotCreate, kWriteFailed).
template <class T>
void write_resume_point(const ResumeKey& key, const nn::Layout& layout, const ResumePoint<T>& point);
bool has_resume_point(const std::string& folder, const std::string& run_id);
/// Throws ForeignResumePoint.
template <class T>
ResumePoint<T> read_resume_point(const ResumeKey& key, const nn::Layout& layout, std::size_t slots);
void remove_resume_point(const std::string& folder, const std::string& run_id);

}  // namespace normrun::sweep
