#include "train/training_batches.hpp"

#include "core/error.hpp"
#include "data/array_values.hpp"
#include "files/input_file.hpp"

namespace normrun::train {

template <class T>
std::optional<data::Batches> training_batches(const TrainingPlan<T>& plan) {
  const std::string& given = plan.options->batch_order;
  if (plan.data->resample) {
    if (!given.empty())
      refuse_usage("", "data with \"resample\" draws fresh rows for every step, so no file can order them",
                   "leave out train.batch_order or data.resample");
    return std::nullopt;
  }
  const data::Split<T>& train = plan.data->train;
  if (train.samples() == 0)
    refuse_usage("", "the data has no training rows", "give it more rows, or leave fewer of them to the other splits");
  data::Batches batches(*plan.batching, train.samples(), train.labels, plan.data->classes, plan.options->sizes(), plan.seed);
  if (!given.empty()) batches.set_order(data::to_index_rows(files::read_npy(files::resolve_path(plan.folder, given), files::Read::kAll)));
  return batches;
}

template <class T>
data::Split<T> empty_batch(const data::Dataset<T>& data, Index rows, Index outputs) {
  data::Split<T> batch;
  batch.features = data::allocate_rows<T>(rows, data.shape.size());
  if (data.classes > 0)
    batch.labels.resize(static_cast<std::size_t>(rows * data.label_shape.size()));
  else
    batch.targets = data::allocate_rows<T>(rows, outputs);
  if (!data.train.lengths.empty()) batch.lengths.resize(static_cast<std::size_t>(rows));
  if (!data.train.weights.empty()) batch.weights.resize(static_cast<std::size_t>(rows * data.label_shape.size()));
  return batch;
}

template <class T>
void draw_batch(const data::Dataset<T>& data, Index step, Index rows, data::Split<T>& batch) {
  const View<T> targets = data.outputs > 0 ? batch.targets.view().slice(0, rows) : View<T>();
  Index* const lengths = batch.lengths.empty() ? nullptr : batch.lengths.data();
  data.resample->generate(static_cast<std::uint64_t>(step), {batch.features.view().slice(0, rows), batch.labels.data(), targets, lengths});
}

template data::Split<float> empty_batch(const data::Dataset<float>&, Index, Index);
template data::Split<double> empty_batch(const data::Dataset<double>&, Index, Index);
template void draw_batch(const data::Dataset<float>&, Index, Index, data::Split<float>&);
template void draw_batch(const data::Dataset<double>&, Index, Index, data::Split<double>&);
template std::optional<data::Batches> training_batches(const TrainingPlan<float>&);
template std::optional<data::Batches> training_batches(const TrainingPlan<double>&);

}  // namespace normrun::train
