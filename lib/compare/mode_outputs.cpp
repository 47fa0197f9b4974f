#include "compare/mode_outputs.hpp"

#include "statistics/mixed_forward.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::compare {

namespace {

/// Calls forward(boundary) for the boundaries whose outputs are wanted.
template <class T, class Forward>
ModeOutputs<T> outputs_by(const Snapshot<T>& snapshot, const Forward& forward) {
  const Index logits = snapshot.network.logits_boundary(snapshot.loss);
  ModeOutputs<T> outputs{forward(logits), std::nullopt};
  const bool is_on_outputs = snapshot.settings.compare.on == CompareOn::kOutputs;
  const Index compared = is_on_outputs ? snapshot.network.output_boundary() : snapshot.network.pre_activation_boundary();
  if (compared != logits) outputs.last = forward(compared);
  return outputs;
}

}  // namespace

template <class T>
ModeOutputs<T> run_mode(const Snapshot<T>& snapshot, const EvaluationSet<T>& set, const Mode& mode, std::span<const T> params,
                        std::span<const T> state, Index batch_size) {
  const nn::PassKey key{static_cast<std::uint64_t>(snapshot.settings.seed), static_cast<std::uint64_t>(snapshot.step)};
  return outputs_by(snapshot, [&](Index boundary) {
    return set.counted(statistics::run_every_row<T>(snapshot.network, params, state, mode, snapshot.rows(set.name()), set.batch_order(),
                                                    batch_size, boundary, key));
  });
}

template <class T>
ModeOutputs<T> run_mixed(const Snapshot<T>& snapshot, const EvaluationSet<T>& set, const statistics::Mixing& mixing, Index batch_size) {
  return outputs_by(snapshot, [&](Index boundary) {
    return set.counted(statistics::run_every_row_mixed<T>(snapshot.network, snapshot.model, mixing, snapshot.rows(set.name()),
                                                          set.batch_order(), batch_size, boundary));
  });
}

template ModeOutputs<float> run_mode(const Snapshot<float>&, const EvaluationSet<float>&, const Mode&, std::span<const float>,
                                     std::span<const float>, Index);
template ModeOutputs<double> run_mode(const Snapshot<double>&, const EvaluationSet<double>&, const Mode&, std::span<const double>,
                                      std::span<const double>, Index);

template ModeOutputs<float> run_mixed(const Snapshot<float>&, const EvaluationSet<float>&, const statistics::Mixing&, Index);
template ModeOutputs<double> run_mixed(const Snapshot<double>&, const EvaluationSet<double>&, const statistics::Mixing&, Index);

}  // namespace normrun::compare
