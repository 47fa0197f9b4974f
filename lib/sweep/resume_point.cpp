#include "sweep/resume_point.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "nn/checkpoint.hpp"

namespace normrun::sweep {
namespace {

constexpr const char* kSlots = "optimizer.slots";
constexpr const char* kKept = "trainer.kept";

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

/// Visits the name and the value of each number of a progress.
template <class Progress, class Visit>
void each_number(Progress& progress, const Visit& visit) {
  visit("step", progress.step);
  visit("last_loss", progress.last_loss);
  visit("totals.loss_sum", progress.totals.loss_sum);
  visit("totals.correct", progress.totals.correct);
  visit("totals.samples", progress.totals.samples);
  visit("totals.steps", progress.totals.steps);
  visit("plateau.learning_rate", progress.plateau.learning_rate);
  visit("plateau.best", progress.plateau.best);
  visit("plateau.seen", progress.plateau.seen);
  visit("plateau.waited", progress.plateau.waited);
  visit("plateau.cooldown", progress.plateau.cooldown);
  visit("stopping.best", progress.stopping.best);
  visit("stopping.seen", progress.stopping.seen);
  visit("stopping.waited", progress.stopping.waited);
  visit("averaged", progress.averaged);
}

std::string number_text(double number) { return tables::shortest(number); }
std::string number_text(Index number) { return std::to_string(number); }

/// Takes the tensor of `count` numbers out of a file.
template <class T>
Buffer<T> take_numbers(files::TensorFile& file, const char* name, std::size_t count, const std::string& path) {
  const auto found =
      std::find_if(file.tensors.begin(), file.tensors.end(), [&](const files::Tensor& tensor) { return tensor.name == name; });
  if (found == file.tensors.end() || found->values.size() != count)
    refuse_checkpoint(path, "the tensor " + std::string(name) + " is missing or has another size");
  Buffer<T> numbers(count);
  std::transform(found->values.begin(), found->values.end(), numbers.begin(), [](double value) { return static_cast<T>(value); });
  file.tensors.erase(found);
  return numbers;
}

std::string lines_key(const tables::Table& table) { return "lines." + std::string(table.file); }

template <class T>
ResumePoint<T> parse(files::TensorFile file, const ResumeKey& key, const std::string& path, const nn::Layout& layout,
                     const ResumeSizes& sizes) {
  const Metadata metadata(file, path);
  if (metadata.text("config_digest") != key.config_digest) refuse_checkpoint(path, "this is the checkpoint of another config");
  if (metadata.text("data_digest") != key.data_digest) refuse_checkpoint(path, "this is the checkpoint of a run on other data");
  ResumePoint<T> point;
  train::TrainerState<T>& trainer = point.trainer;
  each_number(trainer.progress, [&metadata](const char* name, auto& number) { metadata.read(name, number); });
  for (const tables::Table& table : tables::tables()) point.lines[static_cast<std::size_t>(table.id)] = metadata.text(lines_key(table));

  trainer.slots = take_numbers<T>(file, kSlots, sizes.slots, path);
  trainer.kept = take_numbers<T>(file, kKept, sizes.kept, path);
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
  for (const auto& [name, numbers] : {std::pair(kSlots, &trainer.slots), std::pair(kKept, &trainer.kept)}) {
    file.tensors.push_back({.name = name,
                            .shape = {static_cast<Index>(numbers->size())},
                            .is_double = sizeof(T) == sizeof(double),
                            .values = {numbers->begin(), numbers->end()}});
  }
  file.metadata = {{"run_id", key.run_id}, {"config_digest", key.config_digest}, {"data_digest", key.data_digest}};
  each_number(trainer.progress, [&file](const char* name, const auto& number) { file.metadata[name] = number_text(number); });
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
ResumePoint<T> read_resume_point(const ResumeKey& key, const nn::Layout& layout, const ResumeSizes& sizes) {
  const std::string path = key.path();
  try {
    return parse<T>(files::read_safetensors(path), key, path, layout, sizes);
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
template ResumePoint<float> read_resume_point(const ResumeKey&, const nn::Layout&, const ResumeSizes&);
template ResumePoint<double> read_resume_point(const ResumeKey&, const nn::Layout&, const ResumeSizes&);

}  // namespace normrun::sweep
