#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/options/options.hpp"
#include "data/dataset.hpp"
#include "data/impute.hpp"

namespace normrun::data {

/// One entry of `shift`: what happens to the inputs of a split between training and use.
struct Shift : config::Described {
  SplitName split = SplitName::kTest;
  double scale = 1.0;
  double offset = 0.0;
  void describe(config::OptionVisitor& visitor) override;
};

/// The options that every data type takes.  They act in this order: limit, binarize, scale, the split, standardize, shift.
struct Preparation {
  std::optional<Index> limit;      // how many rows of the training file or of the generated samples are used, counted from the first
  std::optional<double> binarize;  // a threshold: an input of the source becomes 1 above it, and 0 otherwise
  double scale = 1.0;
  double test_fraction = 0.2;  // the share of the rows that is held out, unless the source has test rows of its own
  double validation_fraction = 0.0;
  bool standardize = false;  // gives each feature mean 0 and sd 1 (ddof 0), fitted on the training split in double
  std::vector<Shift> shift;

  void describe(config::OptionVisitor& visitor);

  Index limited(Index rows) const { return limit && *limit < rows ? *limit : rows; }
  /// Returns what binarize and scale make of one raw input.
  double prepared(double raw) const { return (binarize ? (raw > *binarize ? 1.0 : 0.0) : raw) * scale; }
};

/// The origin of a source's test rows.
enum class TestRows {
  kOwn,      // the source has its own test rows: a test file, or rows drawn separately
  kHeldOut,  // the test rows are test_fraction of the rows, chosen by a seeded shuffle
};

struct SplitCounts {
  Index train = 0;
  Index validation = 0;
  Index test = 0;  // how many rows are held out for the test split
};
/// Divides `rows` rows (after `limit`) among the splits.  Rounds each fraction to the nearest count.  Throws Error(kUsage) if no training
/// row is left.
SplitCounts split_counts(Index rows, const Preparation& preparation, TestRows test_rows);

/// Returns whether the split depends on the seed.
bool splits_by_seed(const Preparation& preparation, TestRows test_rows);

/// Whether each column of the numbers to predict is scaled to mean 0 and sd 1 (ddof 0) over the training split.
enum class TargetScaling { kNone, kStandardized };

/// What a source returns.  `data.train`, and `data.test` if the source has its own test rows, are binarized and scaled.  Nothing is held
/// out yet.  Shape, classes, outputs and the generator of fresh rows are set.
template <class T>
struct Loaded {
  Dataset<T> data;
  TestRows test_rows = TestRows::kHeldOut;
  Impute impute = Impute::kError;  // unless this is kError or kDropRow, a NaN among the inputs stands for a missing input
  TargetScaling target_scaling = TargetScaling::kNone;
};

/// Holds out rows, fills in missing inputs, standardizes inputs and targets, applies shifts and computes the digest.  Held-out and
/// remaining rows keep the source's order.
template <class T>
Dataset<T> prepare(Loaded<T> loaded, const Preparation& preparation, std::uint64_t seed);

/// The rows of files.  Each seed holds its own test rows out of them.
template <class T>
struct FileRows {
  Loaded<T> rest;  // what the source returned, except the training rows
  Split<T> train;
};
/// Does the same as prepare(), but leaves the rows of the files as they are, for other seeds.
template <class T>
Dataset<T> prepare_copy(const FileRows<T>& rows, const Preparation& preparation, std::uint64_t seed);

}  // namespace normrun::data
