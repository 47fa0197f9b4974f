#include "train/training_batches.hpp"

#include "core/error.hpp"
#include "data/input_file.hpp"
#include "data/number_array.hpp"

namespace normrun {

template <class T>
std::optional<Batches> training_batches(const TrainingPlan<T>& plan) {
  const std::string& given = plan.options->batch_order;
  if (plan.data->resample) {
    if (!given.empty()) refuse_usage("", "data with \"resample\" has no rows to order", "leave out train.batch_order or data.resample");
    return std::nullopt;
  }
  const Split<T>& train = plan.data->train;
  if (train.samples() == 0) refuse_usage("", "the data has no training rows");
  Batches batches(*plan.batching, train.samples(), train.labels, plan.data->classes, plan.options->batch_size, plan.seed);
  if (!given.empty()) batches.set_order(to_index_rows(read_npy(resolve_path(plan.folder, given), Read::kAll)));
  return batches;
}

template std::optional<Batches> training_batches(const TrainingPlan<float>&);
template std::optional<Batches> training_batches(const TrainingPlan<double>&);

}  // namespace normrun
