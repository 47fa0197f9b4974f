#include "study/loaded_model.hpp"

#include <numeric>

#include "statistics/run_forward.hpp"
#include "train/initial_weights.hpp"

namespace normrun::study {

template <class T>
LoadedModel<T> load_model(const Experiment& experiment, const ModelRequest& request, const models::ForeignModel* foreign) {
  const RunConfig& config = experiment.base;
  const auto seed = static_cast<std::uint64_t>(config.seed);
  data::Dataset<T> data = config.data_spec().load<T>(seed, experiment.folder);
  nn::Network<T> network(config.layers(), data.shape);
  train::InitialWeights<T> initial;
  if (foreign != nullptr)
    initial.model = models::numbers_of<T>(*foreign, network);
  else
    initial = train::initial_weights(network, config.train, experiment.folder, seed, {});
  if (request.updates) {
    for (const nn::Normalization& norm : network.layout().normalizations)
      if (norm.updates) initial.model.state[static_cast<std::size_t>(norm.updates->offset)] = static_cast<T>(*request.updates);
  }
  const Shape outputs = train::outputs_of_label(network.output(), data.label_shape);
  const nn::LossKind loss = train::resolve_loss(config.train.loss, data.classes, outputs.size());
  train::check_loss_fits(loss, outputs, data.classes, data.outputs);
  return {std::move(data), std::move(network), std::move(initial.model), loss, std::move(initial.use)};
}

template <class T>
Matrix<T> outputs_of(const LoadedModel<T>& loaded, const Mode& mode, std::span<const T> state, data::SplitName split, Index boundary) {
  const data::Split<T>& rows = loaded.data.split(split);
  std::vector<Index> order(static_cast<std::size_t>(rows.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  return statistics::run_forward<T>(loaded.network, loaded.model.params, state, mode, statistics::SplitRows<T>(rows), order,
                                    std::ssize(order), boundary);
}

template LoadedModel<float> load_model(const Experiment&, const ModelRequest&, const models::ForeignModel*);
template LoadedModel<double> load_model(const Experiment&, const ModelRequest&, const models::ForeignModel*);
template Matrix<float> outputs_of(const LoadedModel<float>&, const Mode&, std::span<const float>, data::SplitName, Index);
template Matrix<double> outputs_of(const LoadedModel<double>&, const Mode&, std::span<const double>, data::SplitName, Index);

}  // namespace normrun::study
