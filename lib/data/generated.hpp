#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/random.hpp"
#include "data/preparation.hpp"
#include "data/source.hpp"

namespace normrun::data {

/// The options that all generators share.
struct GeneratorOptions {
  Index samples = 1000;
  std::optional<Index> test_samples;  // test rows that are drawn separately; if absent, test_fraction of the samples are held out
  bool resample = false;
  void describe(config::OptionVisitor& visitor);

  TestRows test_rows() const { return test_samples ? TestRows::kOwn : TestRows::kHeldOut; }
};

/// The random streams that some rows are drawn from.  The rows are drawn one after another, so row r does not depend on how many rows
/// follow.
struct RowStreams {
  RandomStream rows;
  RandomStream targets;  // for labels and the noise of targets; a stream of its own keeps the inputs independent of the kind of target
};
enum class RowPart : std::uint64_t { kTrain = 0, kTest = 1 };
RowStreams row_streams(std::uint64_t seed, RowPart part);
RowStreams step_streams(std::uint64_t seed, std::uint64_t step);  // the streams of one step, for `resample`
/// Returns the stream for the rule of the targets: the teacher, the centres or the prototypes.
RandomStream rule_stream(std::uint64_t seed);

/// Samplers of sequences are those that know the length of their longest sequence.
template <class Sampler>
concept DrawsSequences = requires(const Sampler& sampler) {
  sampler.max_length;
};

/// Draws fresh rows with a Sampler.  A Sampler has Shape shape(), Index classes(), Index outputs(), and fill(const Preparation&,
/// RowStreams&, const RowsOut<T>&) const.  fill() allocates nothing.  It passes each number through preparation.prepared(), except the
/// zeros of padded steps.
template <class Sampler, class T>
class Resampler final : public RowGenerator<T> {
 public:
  Resampler(Sampler sampler, Preparation preparation, std::uint64_t seed)
      : sampler_(std::move(sampler)), preparation_(std::move(preparation)), seed_(seed) {}
  void generate(std::uint64_t step, const RowsOut<T>& out) const override {
    RowStreams streams = step_streams(seed_, step);
    sampler_.fill(preparation_, streams, out);
  }

 private:
  Sampler sampler_;
  Preparation preparation_;
  std::uint64_t seed_;
};

/// Returns the shape of a row's labels: a Sampler whose rows have a label for each step says it by label_shape().
template <class Sampler>
Shape label_shape_of(const Sampler& sampler) {
  if constexpr (requires { sampler.label_shape(); })
    return sampler.label_shape();
  else
    return {};
}

template <class T, class Sampler>
Split<T> draw_split(const Sampler& sampler, const Preparation& preparation, RowStreams streams, Index samples) {
  Split<T> split;
  split.features = allocate_rows<T>(samples, sampler.shape().size());
  if (sampler.classes() > 0) split.labels.resize(static_cast<std::size_t>(samples * label_shape_of(sampler).size()));
  if (sampler.outputs() > 0) split.targets = allocate_rows<T>(samples, sampler.outputs());
  if constexpr (DrawsSequences<Sampler>) split.lengths.resize(static_cast<std::size_t>(samples));
  sampler.fill(preparation, streams, RowsOut<T>{split.features.view(), split.labels.data(), split.targets.view(), split.lengths.data()});
  return split;
}

template <class T, class Sampler>
Loaded<T> draw(Sampler sampler, const GeneratorOptions& options, const Preparation& preparation, std::uint64_t seed) {
  Loaded<T> loaded;
  loaded.test_rows = options.test_rows();
  Dataset<T>& data = loaded.data;
  data.shape = sampler.shape();
  data.classes = sampler.classes();
  data.label_shape = label_shape_of(sampler);
  data.outputs = sampler.outputs();
  data.train = draw_split<T>(sampler, preparation, row_streams(seed, RowPart::kTrain), preparation.limited(options.samples));
  if (options.test_samples) data.test = draw_split<T>(sampler, preparation, row_streams(seed, RowPart::kTest), *options.test_samples);
  if (options.resample) data.resample = std::make_shared<Resampler<Sampler, T>>(std::move(sampler), preparation, seed);
  return loaded;
}

inline DataSpec::Outline outline_of(const Shape& shape, Index classes, Index outputs, const GeneratorOptions& options,
                                    const Preparation& preparation) {
  return outline_of(shape, classes, outputs, options.samples, preparation, options.test_rows(), options.test_samples.value_or(0));
}

}  // namespace normrun::data
