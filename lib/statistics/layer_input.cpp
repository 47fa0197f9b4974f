#include "statistics/layer_input.hpp"

#include <algorithm>

#include "nn/reaching_rows.hpp"

namespace normrun::statistics {

namespace {

/// Adds rows (examples * steps, channels), and the rows of each time step to a group of their own.  Leaves out padded steps.
template <class T>
void add_by_step(ConstView<T> rows, Index steps, std::span<const Index> lengths, ChannelMoments& moments) {
  const Index examples = rows.rows / steps;
  const ConstView<T> of_examples = rows.reshaped(examples, steps * rows.cols);
  const Index* const valid = lengths.empty() ? nullptr : lengths.data();
  Matrix<T> packed(examples, rows.cols);
  for (Index step = 0; step < steps; ++step)
    moments.add<T>(nn::reaching_rows<T>(of_examples, step * rows.cols, rows.cols, valid, step, packed.view().data), step);
}

template <class T, class Pass>
void add_kept_of(const Pass& pass, const nn::Normalization& norm, const Part& examples, ChannelMoments& moments) {
  const std::span<const Index> lengths = pass.lengths(norm.layer);
  const Index steps = lengths.empty() ? norm.kept->time : *std::max_element(lengths.begin(), lengths.end());
  const Index channels = norm.features / norm.steps;
  const Index* const valid = lengths.empty() ? nullptr : lengths.data() + examples.first;
  Matrix<T> packed(examples.count, channels);
  for (Index step = 0; step < std::min(norm.steps, steps); ++step) {
    const ConstView<T> rows = pass.kept(*norm.kept, steps, step, channels).slice(examples.first, examples.count);
    moments.add<T>(nn::reaching_rows<T>(rows, 0, channels, valid, step, packed.view().data), step);
  }
}

/// Adds the rows of a part of the examples.  Padded steps up to the longest sequence are those of all examples.
template <class T>
void add_examples(ConstView<T> all, std::span<const Index> lengths, const nn::Normalization& norm, nn::PaddedSteps padded_steps,
                  const Part& examples, ChannelMoments& moments) {
  const ConstView<T> activations = all.slice(examples.first, examples.count);
  const Index channels = norm.features / norm.steps;
  const Index positions = activations.cols / channels;
  const ConstView<T> rows = activations.reshaped(activations.rows * positions, channels);
  if (padded_steps == nn::PaddedSteps::kCounted) lengths = {};
  const bool is_to_longest = padded_steps == nn::PaddedSteps::kToLongest && !lengths.empty();
  const Index longest = is_to_longest ? *std::max_element(lengths.begin(), lengths.end()) : 0;
  if (!lengths.empty()) lengths = lengths.subspan(static_cast<std::size_t>(examples.first), static_cast<std::size_t>(examples.count));
  if (norm.steps > 1) return add_by_step<T>(rows, norm.steps, lengths, moments);
  if (lengths.empty()) return moments.add<T>(rows);
  for (std::size_t e = 0; e < lengths.size(); ++e)
    moments.add<T>(rows.slice(static_cast<Index>(e) * positions, is_to_longest ? longest : lengths[e]));
}

}  // namespace

template <class T>
void add_layer_input(const SliceForward<T>& pass, const nn::Normalization& norm, nn::PaddedSteps padded_steps, const Part& examples,
                     ChannelMoments& moments) {
  if (norm.kept) return add_kept_of<T>(pass, norm, examples, moments);
  add_examples<T>(pass.activations(norm.input), pass.lengths(norm.layer), norm, padded_steps, examples, moments);
}

template <class T>
void add_rows(ConstView<T> activations, std::span<const Index> lengths, const nn::Normalization& norm, nn::PaddedSteps padded_steps,
              ChannelMoments& moments) {
  add_examples<T>(activations, lengths, norm, padded_steps, {0, activations.rows}, moments);
}

template <class T>
void add_kept(const nn::Record<T>& record, const nn::Normalization& norm, ChannelMoments& moments) {
  add_kept_of<T>(record, norm, {0, record.activations(norm.layer + 1).rows}, moments);
}

template void add_layer_input(const SliceForward<float>&, const nn::Normalization&, nn::PaddedSteps, const Part&, ChannelMoments&);
template void add_layer_input(const SliceForward<double>&, const nn::Normalization&, nn::PaddedSteps, const Part&, ChannelMoments&);

template void add_rows(ConstView<float>, std::span<const Index>, const nn::Normalization&, nn::PaddedSteps, ChannelMoments&);
template void add_rows(ConstView<double>, std::span<const Index>, const nn::Normalization&, nn::PaddedSteps, ChannelMoments&);
template void add_kept(const nn::Record<float>&, const nn::Normalization&, ChannelMoments&);
template void add_kept(const nn::Record<double>&, const nn::Normalization&, ChannelMoments&);

}  // namespace normrun::statistics
