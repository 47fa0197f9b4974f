#include "data/preparation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/random.hpp"
#include "data/feature_scaling.hpp"
#include "files/checksum.hpp"

namespace normrun::data {
namespace {

/// Returns the split's rows in the order of `chosen`.
template <class T>
Split<T> take_rows(const Split<T>& from, std::span<const Index> chosen) {
  const Index count = static_cast<Index>(chosen.size());
  Split<T> taken;
  taken.features = allocate_rows<T>(count, from.features.cols());
  if (from.targets.cols() > 0) taken.targets = allocate_rows<T>(count, from.targets.cols());
  taken.labels.reserve(from.labels.empty() ? 0 : chosen.size() * static_cast<std::size_t>(from.positions()));
  taken.lengths.reserve(from.lengths.empty() ? 0 : chosen.size());
  taken.weights.reserve(from.weights.empty() ? 0 : chosen.size() * static_cast<std::size_t>(from.positions()));
  for (Index r = 0; r < count; ++r) {
    const Index source = chosen[static_cast<std::size_t>(r)];
    std::copy_n(from.features.view().row(source), from.features.cols(), taken.features.view().row(r));
    if (from.targets.cols() > 0) std::copy_n(from.targets.view().row(source), from.targets.cols(), taken.targets.view().row(r));
    const auto take_labels = [&](const auto& numbers, auto& to) {
      if (numbers.empty()) return;
      const auto own = numbers.begin() + source * from.positions();
      to.insert(to.end(), own, own + from.positions());
    };
    take_labels(from.labels, taken.labels);
    take_labels(from.weights, taken.weights);
    if (!from.lengths.empty()) taken.lengths.push_back(from.lengths[static_cast<std::size_t>(source)]);
  }
  return taken;
}

/// Keeps only the chosen rows, whose numbers must ascend.  The kept rows move to the front of the memory that all rows have.
template <class T>
void keep_rows(Split<T>& rows, std::span<const Index> chosen) {
  const auto keep = [&](auto& numbers, Index per_row) {
    if (numbers.empty()) return;
    for (std::size_t r = 0; r < chosen.size(); ++r) {
      if (chosen[r] != static_cast<Index>(r))
        std::copy_n(numbers.begin() + chosen[r] * per_row, per_row, numbers.begin() + static_cast<Index>(r) * per_row);
    }
    numbers.resize(chosen.size() * static_cast<std::size_t>(per_row));
  };
  const Index positions = rows.positions();
  const auto keep_matrix = [&](Matrix<T>& matrix) {
    if (matrix.cols() == 0) return;
    for (std::size_t r = 0; r < chosen.size(); ++r) {
      if (chosen[r] != static_cast<Index>(r))
        std::copy_n(matrix.view().row(chosen[r]), matrix.cols(), matrix.view().row(static_cast<Index>(r)));
    }
    matrix.keep_first(static_cast<Index>(chosen.size()));
  };
  keep_matrix(rows.features);
  keep_matrix(rows.targets);
  keep(rows.labels, positions);
  keep(rows.lengths, 1);
  keep(rows.weights, positions);
}

/// For each split the places of its rows among all rows, ascending.
struct Division {
  std::vector<Index> order;
  std::span<const Index> test;
  std::span<const Index> validation;
  std::span<const Index> train;
};

/// Shuffles the rows by the seed and divides them among the splits.  The first rows go to the test split, and the next ones to the
/// validation split.
Division divide(Index rows, const SplitCounts& counts, std::uint64_t seed) {
  Division division;
  std::vector<Index>& order = division.order;
  order.resize(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), Index{0});
  RandomStream(seed, Purpose::kSplit).shuffle(order);
  const auto test_end = order.begin() + counts.test;
  const auto validation_end = test_end + counts.validation;
  std::sort(order.begin(), test_end);
  std::sort(test_end, validation_end);
  std::sort(validation_end, order.end());
  division.test = std::span(order.begin(), test_end);
  division.validation = std::span(test_end, validation_end);
  division.train = std::span(validation_end, order.end());
  return division;
}

/// Copies the held-out rows to their splits.  If no test rows are held out, the data's own test rows stay.
template <class T>
void hold_out(const Split<T>& rows, const Division& division, Dataset<T>& data) {
  if (!division.test.empty()) data.test = take_rows(rows, division.test);
  if (!division.validation.empty()) data.validation = take_rows(rows, division.validation);
}

template <class T>
void add_split(files::Digest& digest, const Split<T>& split) {
  const auto add = [&digest](const void* numbers, std::size_t count, std::size_t size) {
    digest.add(std::to_string(count));
    if (count > 0) digest.add(numbers, count * size);
  };
  add(split.features.view().data, static_cast<std::size_t>(split.features.view().size()), sizeof(T));
  add(split.labels.data(), split.labels.size(), sizeof(std::int32_t));
  add(split.targets.view().data, static_cast<std::size_t>(split.targets.view().size()), sizeof(T));
  add(split.lengths.data(), split.lengths.size(), sizeof(Index));
  if (!split.weights.empty()) add(split.weights.data(), split.weights.size(), sizeof(T));
}

Index* lengths_or_null(std::vector<Index>& lengths) { return lengths.empty() ? nullptr : lengths.data(); }

/// Adds the first rows of the first step to the digest.  They identify what a generator draws.
template <class T>
void add_generator(files::Digest& digest, const Dataset<T>& data) {
  constexpr Index kRows = 16;
  Split<T> rows;
  rows.features = allocate_rows<T>(kRows, data.shape.size());
  rows.labels.resize(data.classes > 0 ? static_cast<std::size_t>(kRows * data.label_shape.size()) : 0);
  rows.targets = allocate_rows<T>(data.classes > 0 ? 0 : kRows, data.outputs);
  rows.lengths.resize(data.train.lengths.empty() ? 0 : kRows);
  data.resample->generate(0, {rows.features.view(), rows.labels.data(), rows.targets.view(), lengths_or_null(rows.lengths)});
  digest.add("resample");
  add_split(digest, rows);
}

template <class T>
std::string digest_of_rows(const Dataset<T>& data) {
  files::Digest digest;
  digest.add(data.shape.text());
  digest.add(std::to_string(data.classes));
  digest.add(std::to_string(data.outputs));
  if (data.label_shape.rank() > 0) digest.add(data.label_shape.text());
  for (const SplitName name : kSplits) add_split(digest, data.split(name));
  if (data.resample) add_generator(digest, data);
  return digest.hex();
}

template <class T>
Split<T>& split_of(Dataset<T>& data, SplitName name) {
  return name == SplitName::kTrain ? data.train : name == SplitName::kValidation ? data.validation : data.test;
}

template <class T>
Inputs<T> inputs_of(Dataset<T>& data, SplitName name) {
  Split<T>& split = split_of(data, name);
  return {split.features.view(), lengths_or_null(split.lengths), data.shape.channels()};
}

/// Scales each column of the numbers to predict to mean 0 and sd 1 over the training split.  A constant column is only centred.
template <class T>
void standardize_targets(Dataset<T>& data) {
  const View<T> train = data.train.targets.view();
  for (Index j = 0; j < train.cols; ++j) {
    double sum = 0.0;
    for (Index r = 0; r < train.rows; ++r) sum += static_cast<double>(train(r, j));
    const double mean = sum / static_cast<double>(train.rows);
    double squares = 0.0;
    for (Index r = 0; r < train.rows; ++r) squares += (static_cast<double>(train(r, j)) - mean) * (static_cast<double>(train(r, j)) - mean);
    const double sd = std::sqrt(squares / static_cast<double>(train.rows));
    const double scale = sd > 0.0 ? sd : 1.0;
    data.target_mean.push_back(mean);
    data.target_scale.push_back(scale);
    for (const SplitName name : kSplits) {
      const View<T> targets = split_of(data, name).targets.view();
      for (Index r = 0; r < targets.rows; ++r) targets(r, j) = static_cast<T>((static_cast<double>(targets(r, j)) - mean) / scale);
    }
  }
}

/// Does the steps of prepare() that follow the division into splits.
template <class T>
Dataset<T> finish(Loaded<T> loaded, const Preparation& preparation) {
  Dataset<T> data = std::move(loaded.data);
  if (loaded.impute != Impute::kError && loaded.impute != Impute::kDropRow) fill_missing(loaded.impute, data);
  if (loaded.target_scaling == TargetScaling::kStandardized) standardize_targets(data);
  FeatureScaling scaling;
  if (preparation.standardize) {
    scaling = fit_scaling<T>(inputs_of(data, SplitName::kTrain));
    for (const SplitName name : kSplits) standardize<T>(scaling, inputs_of(data, name));
  }
  std::vector<Affine> train_shifts;
  for (const Shift& shift : preparation.shift) {
    const Affine affine{shift.scale, shift.offset};
    apply<T>(affine, inputs_of(data, shift.split));
    if (shift.split == SplitName::kTrain) train_shifts.push_back(affine);
  }
  if (data.resample && (preparation.standardize || !train_shifts.empty())) {
    data.resample = scaled_generator<T>(data.resample, std::move(scaling), std::move(train_shifts), data.shape.channels());
  }
  data.digest = digest_of_rows(data);
  return data;
}

}  // namespace

void Shift::describe(config::OptionVisitor& visitor) {
  visitor.choice<SplitName>({"split", "the split whose inputs are shifted"}, split,
                            {{"train", SplitName::kTrain}, {"validation", SplitName::kValidation}, {"test", SplitName::kTest}});
  visitor.number({"scale", "each input becomes scale * x + offset"}, scale, config::any_number());
  visitor.number({"offset", "what is added to each input after it is multiplied by scale"}, offset, config::any_number());
}

void Preparation::describe(config::OptionVisitor& visitor) {
  visitor.integer(
      {"limit",
       "how many rows of the training file or of the generated samples are used, counted from the first; all separate test rows stay"},
      limit, {.low = 1});
  visitor.number({"binarize", "a threshold: before scale, each input of the source becomes 1 above it and 0 otherwise"}, binarize,
                 config::any_number());
  // Binarized inputs stay 0 and 1 unless the user gives a scale: a default scale such as 1/255 is meant for grey images.
  if (visitor.given("binarize") && !visitor.given("scale")) scale = 1.0;
  visitor.number({"scale", "a factor that all inputs are multiplied by"}, scale, config::any_number());
  visitor.number(
      {"test_fraction", "share of the rows held out for the test split by a seeded shuffle, unless the data have test rows of their own"},
      test_fraction, {.low = 0.0, .high = 1.0, .high_open = true});
  visitor.number({"validation_fraction", "share of the rows held out for the validation split"}, validation_fraction,
                 {.low = 0.0, .high = 1.0, .high_open = true});
  visitor.flag(
      {"standardize",
       "mean 0 and standard deviation 1 (ddof 0) for each input feature, fitted on the training split. Sequences with lengths (csv, npy, "
       "sequences) share one mean and deviation per feature over all valid steps, and arrays of (step, feature) have their own for each "
       "number of an example. A constant feature is only centred"},
      standardize);
  visitor.list(
      {"shift", "what happens to the inputs of a split after everything else: [{\"split\": \"test\", \"scale\": 1, \"offset\": 0.5}]"},
      shift);
}

SplitCounts split_counts(Index rows, const Preparation& preparation, TestRows test_rows) {
  const auto share = [rows](double fraction) { return static_cast<Index>(std::floor(fraction * static_cast<double>(rows) + 0.5)); };
  SplitCounts counts;
  counts.test = test_rows == TestRows::kHeldOut ? share(preparation.test_fraction) : 0;
  counts.validation = share(preparation.validation_fraction);
  counts.train = rows - counts.test - counts.validation;
  if (counts.train < 1) {
    throw Error(ExitCode::kUsage, {"data",
                                   "of " + std::to_string(rows) + " rows, " + std::to_string(counts.test) + " are for the test and " +
                                       std::to_string(counts.validation) + " for the validation split, which leave none to train with",
                                   "lower test_fraction or validation_fraction"});
  }
  return counts;
}

bool splits_by_seed(const Preparation& preparation, TestRows test_rows) {
  return preparation.validation_fraction > 0.0 || (test_rows == TestRows::kHeldOut && preparation.test_fraction > 0.0);
}

template <class T>
Dataset<T> prepare(Loaded<T> loaded, const Preparation& preparation, std::uint64_t seed) {
  const SplitCounts counts = split_counts(loaded.data.train.samples(), preparation, loaded.test_rows);
  if (counts.test > 0 || counts.validation > 0) {
    const Division division = divide(loaded.data.train.samples(), counts, seed);
    hold_out(loaded.data.train, division, loaded.data);
    keep_rows(loaded.data.train, division.train);  // done in place, because a second copy of all rows would be the largest thing in memory
  }
  return finish(std::move(loaded), preparation);
}

template <class T>
Dataset<T> prepare_copy(const FileRows<T>& rows, const Preparation& preparation, std::uint64_t seed) {
  Loaded<T> loaded = rows.rest;
  const SplitCounts counts = split_counts(rows.train.samples(), preparation, loaded.test_rows);
  const Division division = divide(rows.train.samples(), counts, seed);
  hold_out(rows.train, division, loaded.data);
  loaded.data.train = take_rows(rows.train, division.train);
  return finish(std::move(loaded), preparation);
}

template Dataset<float> prepare(Loaded<float>, const Preparation&, std::uint64_t);
template Dataset<double> prepare(Loaded<double>, const Preparation&, std::uint64_t);
template Dataset<float> prepare_copy(const FileRows<float>&, const Preparation&, std::uint64_t);
template Dataset<double> prepare_copy(const FileRows<double>&, const Preparation&, std::uint64_t);

}  // namespace normrun::data
