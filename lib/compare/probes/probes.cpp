#include "compare/probes/probes.hpp"

#include <algorithm>

#include "compare/probes/probe_functions.hpp"

namespace normrun::compare {

namespace {

template <int kPercent>
Probe percentile_probe(std::string_view name) {
  return {.name = name,
          .doc =
              "for each layer, the percentile of its outputs over rows and numbers, without padded steps.  Between two outputs it lies in "
              "proportion.  Measured also after every compare.every_steps steps",
          .source = "Ioffe and Szegedy 2015, figure 1 (percentiles 15, 50 and 85)",
          .layers_in_float32 = [](const Snapshot<float>& snapshot) { return probe::activation_percentile(snapshot, kPercent / 100.0); },
          .layers_in_float64 = [](const Snapshot<double>& snapshot) { return probe::activation_percentile(snapshot, kPercent / 100.0); }};
}

}  // namespace

// All probes read 32 rows of the training split (of the test split if every step draws fresh training rows), in train mode without dropout.
const std::vector<Probe>& probes() {
  static const std::vector<Probe> list = {
      {"microbatch_gradient_difference",
       "|g' - g| / |g|, Euclidean norms over all parameters.  g is the gradient of a batch of 32 rows, and g' the mean of the gradients of "
       "8 micro-batches of 4 rows, at the trained parameters",
       "Keras 3 Optimizer(gradient_accumulation_steps)", probe::microbatch_gradient_difference<float>,
       probe::microbatch_gradient_difference<double>},
      {"synchronised_gradient_difference",
       "as microbatch_gradient_difference, but with 8 replicas of 4 rows that merge their batch statistics (sync: batch-statistics)",
       "PyTorch SyncBatchNorm; Keras 3 BatchNormalization(synchronized=True)", probe::synchronised_gradient_difference<float>,
       probe::synchronised_gradient_difference<double>},
      {"batch_one_output_spread",
       "each row runs alone in train mode: the largest difference between two rows in any output of a normalization layer or of the "
       "network.  It is 0 for batch normalization of one position, whose output is beta",
       "Ioffe and Szegedy 2015, algorithm 1 with m = 1", probe::batch_one_output_spread<float>, probe::batch_one_output_spread<double>},
      {"batch_one_gradient_norm",
       "each row runs alone in train mode: the largest Euclidean norm of the gradient of all parameters before the first normalization "
       "layer.  It is 0 for batch normalization of one position, and empty without a normalization layer or without parameters before it",
       "Ioffe and Szegedy 2015, section 3, with m = 1", probe::batch_one_gradient_norm<float>, probe::batch_one_gradient_norm<double>},
      {"batch_two_sign_error",
       "two rows run in train mode, and d is their difference at the first normalization layer: the largest deviation of its |x_hat| from "
       "|d| / sqrt(d^2 + 4 epsilon).  It is 0 for batch normalization, and empty if an example has several positions",
       "Ioffe and Szegedy 2015, algorithm 1 with m = 2", probe::batch_two_sign_error<float>, probe::batch_two_sign_error<double>},
      {"batch_invariance",
       "the largest |y_alone - y_inside| / |y_inside| over the rows: a row's outputs alone, and its outputs inside the batch of 32",
       "Ba, Kiros and Hinton 2016, section 3", probe::batch_invariance<float>, probe::batch_invariance<double>},
      {"weight_rescale",
       "|y' - y| / |y|: y are the outputs as they are, and y' those with the parameters of the last layer before each normalization "
       "(without one, of the first layer) multiplied by 10.  It is 0 up to epsilon for batch and layer normalization",
       "Ba, Kiros and Hinton 2016, table 1 (weight matrix re-scaling)", probe::weight_rescale<float>, probe::weight_rescale<double>},
      {"moving_mean_noise",
       "training continues with frozen parameters on rows drawn with replacement: the variance of the first batch normalization's moving "
       "mean over 1000 decorrelated snapshots, divided by sigma^2 / B (1 - m) / (1 + m), as a mean over the channels.  B is the batch "
       "size, m the momentum, and sigma^2 the variance over the rows.  The law of the source gives 1.  Empty for other averages, and if an "
       "example has several positions",
       "variance of an AR(1) process driven by batch means", probe::moving_mean_noise<float>, probe::moving_mean_noise<double>},
      percentile_probe<15>("activation_p15"),
      percentile_probe<50>("activation_p50"),
      percentile_probe<85>("activation_p85"),
      {.name = "gradient_norm",
       .doc = "for each layer with parameters, the Euclidean norm of the mean loss's gradient with respect to them.  Measured also after "
              "every compare.every_steps steps",
       .source = "Euclidean norm of the gradient",
       .layers_in_float32 = probe::gradient_norm<float>,
       .layers_in_float64 = probe::gradient_norm<double>},
  };
  return list;
}

const Probe* find_probe(std::string_view name) {
  const auto found = std::find_if(probes().begin(), probes().end(), [name](const Probe& probe) { return probe.name == name; });
  return found == probes().end() ? nullptr : &*found;
}

namespace {

double value_of(const Probe& probe, const Snapshot<float>& snapshot) { return probe.in_float32(snapshot); }
double value_of(const Probe& probe, const Snapshot<double>& snapshot) { return probe.in_float64(snapshot); }
std::vector<LayerValue> values_of(const Probe& probe, const Snapshot<float>& snapshot) { return probe.layers_in_float32(snapshot); }
std::vector<LayerValue> values_of(const Probe& probe, const Snapshot<double>& snapshot) { return probe.layers_in_float64(snapshot); }

}  // namespace

template <class T>
void add_probes(const Snapshot<T>& snapshot, Moment moment, tables::RunRecord& record) {
  for (const std::string& name : snapshot.settings.probes) {
    const Probe& probe = *find_probe(name);
    const bool is_of_layers = probe.layers_in_float32 != nullptr;
    if (moment == Moment::kRunning && !is_of_layers) continue;
    const std::vector<LayerValue> values =
        is_of_layers ? values_of(probe, snapshot) : std::vector<LayerValue>{{"", value_of(probe, snapshot)}};
    for (const auto& [layer, value] : values) {
      record.add(tables::TableId::kProbes,
                 {{"probe", name}, {"value", tables::cell_or_empty(value)}, {"step", snapshot.step}, {"layer", layer}});
    }
  }
}

template void add_probes(const Snapshot<float>&, Moment, tables::RunRecord&);
template void add_probes(const Snapshot<double>&, Moment, tables::RunRecord&);

}  // namespace normrun::compare
