#include "sweep/resume_point.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "nn/checkpoint.hpp"

namespace normrun::sweep {
namespace {

constexpr const char* kSlots = "optimizer.slots";

[[noreturn]] void refuse_checkpoint(const std::string& path, const std::string& what) {
  throw ForeignResumePoint(ExitCode::kDamaged, Problem{path, what, "delete it to start this run over"});
}

/// Reads the numbers and texts of the metadata.  If one is missing, another program wrote the file.
class Metadata {
 public:
  Metadata(const files::TensorFile& file, const std::string& path) : file_(file), path_(path) {}

  const std::string& text(const std::string& key) const {
    const auto found = file_.metadata.find(key);
    if (found == file_.metadata.end()) refuse_checkpoint(path_, "this is not a checkpoint to resume from: it has no \"" + key + "\"");
    return found->second;
  }
  template <class Number>
  void read(const std::string& key, Number& number) const {
    const std::string& digits = text(key);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) refuse_checkpoint(path_, "\"" + key + "\" is not a number");
  }

 private:
  const files::TensorFile& file_;
  const std::string& path_;
};

std::string lines_key(const tables::Table& table) { return "lines." + std::string(table.file); }

template <class T>
ResumePoint<T> parse(files::TensorFile file, const ResumeKey& key, const std::string& path, const nn::Layout& layout, std::size_t slots) {
  const Metadata metadata(file, path);
  if (metadata.text("config_digest") != key.config_digest) refuse_checkpoint(path, "this is the checkpoint of another config");
  if (metadata.text("data_digest") != key.data_digest) refuse_checkpoint(path, "this is the checkpoint of a run on other data");
  ResumePoint<T> point;
  train::TrainerState<T>& trainer = point.trainer;
  metadata.read("step", trainer.step);
  metadata.read("last_loss", trainer.last_loss);
  metadata.read("totals.loss_sum", trainer.totals.loss_sum);
  metadata.read("totals.correct", trainer.totals.correct);
  metadata.read("totals.samples", trainer.totals.samples);
  metadata.read("totals.steps", trainer.totals.steps);
  for (const tables::Table& table : tables::tables()) point.lines[static_cast<std::size_t>(table.id)] = metadata.text(lines_key(table));

  const auto found =
      std::find_if(file.tensors.begin(), file.tensors.end(), [](const files::Tensor& tensor) { return tensor.name == kSlots; });
  if (found == file.tensors.end() || found->values.size() != slots) refuse_checkpoint(path, "the optimizer's slots are missing");
  trainer.slots.resize(slots);
  std::transform(found->values.begin(), found->values.end(), trainer.slots.begin(), [](double value) { return static_cast<T>(value); });
  file.tensors.erase(found);
  trainer.model.params.resize(static_cast<std::size_t>(layout.param_count));
  trainer.model.state.resize(static_cast<std::size_t>(layout.state_count));
  nn::from_tensors(layout, file, path, trainer.model);
  return point;
}

}  // namespace

template <class T>
void write_resume_point(const ResumeKey& key, const nn::Layout& layout, const ResumePoint<T>& point) {
  const train::TrainerState<T>& trainer = point.trainer;
  files::TensorFile file = nn::to_tensors(layout, trainer.model);
  file.tensors.push_back({.name = kSlots,
                          .shape = {static_cast<Index>(trainer.slots.size())},
                          .is_double = sizeof(T) == sizeof(double),
                          .values = {trainer.slots.begin(), trainer.slots.end()}});
  file.metadata = {{"run_id", key.run_id},
                   {"config_digest", key.config_digest},
                   {"data_digest", key.data_digest},
                   {"step", std::to_string(trainer.step)},
                   {"last_loss", tables::shortest(trainer.last_loss)},
                   {"totals.loss_sum", tables::shortest(trainer.totals.loss_sum)},
                   {"totals.correct", std::to_string(trainer.totals.correct)},
                   {"totals.samples", std::to_string(trainer.totals.samples)},
                   {"totals.steps", std::to_string(trainer.totals.steps)}};
  for (const tables::Table& table : tables::tables()) file.metadata[lines_key(table)] = point.lines[static_cast<std::size_t>(table.id)];
  std::error_code error;
  std::filesystem::create_directories(key.folder, error);
  if (error) throw Error(ExitCode::kCannotCreate, Problem{key.folder, error.message(), ""});
  files::write_safetensors(key.path(), file);
}

bool has_resume_point(const std::string& folder, const std::string& run_id) {
  std::error_code error;
  return std::filesystem::exists(ResumeKey{folder, run_id, "", ""}.path(), error);
}

template <class T>
ResumePoint<T> read_resume_point(const ResumeKey& key, const nn::Layout& layout, std::size_t slots) {
  const std::string path = key.path();
  try {
    return parse<T>(files::read_safetensors(path), key, path, layout, slots);
  } catch (const Error& damaged) {
    throw ForeignResumePoint(ExitCode::kDamaged, damaged.problems());
  }
}

void remove_resume_point(const std::string& folder, const std::string& run_id) {
  std::error_code ignored;  // if the file stays, nobody reads it, because the run is finished
  std::filesystem::remove(ResumeKey{folder, run_id, "", ""}.path(), ignored);
}

template void write_resume_point(const ResumeKey&, const nn::Layout&, const ResumePoint<float>&);
template void write_resume_point(const ResumeKey&, const nn::Layout&, const ResumePoint<double>&);
template ResumePoint<float> read_resume_point(const ResumeKey&, const nn::Layout&, std::size_t);
template ResumePoint<double> read_resume_point(const ResumeKey&, const nn::Layout&, std::size_t);

}  // namespace normrun::sweep
