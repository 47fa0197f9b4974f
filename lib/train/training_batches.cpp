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
      refuse_usage("", "data with \"resample\" has no rows that could be ordered", "leave out train.batch_order or data.resample");
    return std::nullopt;
  }
  const data::Split<T>& train = plan.data->train;
  if (train.samples() == 0) refuse_usage("", "the data has no training rows");
  data::Batches batches(*plan.batching, train.samples(), train.labels, plan.data->classes, plan.options->batch_size, plan.seed);
  if (!given.empty()) batches.set_order(data::to_index_rows(files::read_npy(files::resolve_path(plan.folder, given), files::Read::kAll)));
  return batches;
}

template std::optional<data::Batches> training_batches(const TrainingPlan<float>&);
template std::optional<data::Batches> training_batches(const TrainingPlan<double>&);

}  // namespace normrun::train
