#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/options/options.hpp"
#include "data/dataset.hpp"
#include "data/impute.hpp"

namespace normrun::data {

/// One entry of `shift`: what happened to the inputs of a split between training and use.
struct Shift : config::Described {
  SplitName split = SplitName::kTest;
  double scale = 1.0;
  double offset = 0.0;
  void describe(config::OptionVisitor& visitor) override;
};

/// The options every data type takes.  They act in this order: limit, binarize, scale, the split, standardize, shift.
struct Preparation {
  std::optional<Index> limit;      // rows of the training file, or of the generated samples, that are used: the first ones
  std::optional<double> binarize;  // x > threshold -> 1, else 0, of the values as they are in the source
  double scale = 1.0;
  double test_fraction = 0.2;  // of the rows, where the source has no test rows of its own
  double validation_fraction = 0.0;
  bool standardize = false;  // mean 0 and sd 1 (ddof 0) for each feature, fitted on the training split in double
  std::vector<Shift> shift;

  void describe(config::OptionVisitor& visitor);

  Index limited(Index rows) const { return limit && *limit < rows ? *limit : rows; }
  /// One raw input after binarize and scale.
  double prepared(double raw) const { return (binarize ? (raw > *binarize ? 1.0 : 0.0) : raw) * scale; }
};

/// Where a source's test rows come from.
enum class TestRows {
  kOwn,      // the source's: a test file, or rows drawn separately
  kHeldOut,  // test_fraction of the rows, chosen by a seeded shuffle
};

struct SplitCounts {
  Index train = 0;
  Index validation = 0;
  Index test = 0;  // held out of the rows
};
/// How `rows` rows (after `limit`) are shared out, each fraction rounded to the nearest count.  Throws Error(kUsage) where
/// no training row is left.
SplitCounts split_counts(Index rows, const Preparation& preparation, TestRows test_rows);

/// Whether the split depends on the seed.
bool splits_by_seed(const Preparation& preparation, TestRows test_rows);

/// Whether the numbers to predict become mean 0 and sd 1 (ddof 0) over the training split, each column by itself.
enum class TargetScaling { kNone, kStandardized };

/// What a source hands over: `data.train` (and `data.test` if they are its own) binarized and scaled, nothing held out yet,
/// shape, classes, outputs and the generator of fresh rows filled in.
template <class T>
struct Loaded {
  Dataset<T> data;
  TestRows test_rows = TestRows::kHeldOut;
  Impute impute = Impute::kError;  // NaN among the inputs stands for a missing one, unless this is kError or kDropRow
  TargetScaling target_scaling = TargetScaling::kNone;
};

/// Holds out rows, fills in missing inputs, standardizes inputs and targets, shifts and takes the digest.  Held-out and remaining rows keep
/// the source's order.
template <class T>
Dataset<T> prepare(Loaded<T> loaded, const Preparation& preparation, std::uint64_t seed);

}  // namespace normrun::data
