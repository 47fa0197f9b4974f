#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"
#include "core/shape.hpp"

namespace normrun::data {

enum class SplitName { kTrain, kValidation, kTest };
inline constexpr SplitName kSplits[] = {SplitName::kTrain, SplitName::kValidation, SplitName::kTest};
std::string_view split_text(SplitName split);  // "train", "validation", "test"
SplitName split_of(std::string_view text);     // of one of these words

/// The rows of one split in the training precision: one example a row.
template <class T>
struct Split {
  Matrix<T> features;                // (samples, shape.size())
  std::vector<std::int32_t> labels;  // (samples) in [0, classes), empty for regression
  Matrix<T> targets;                 // (samples, outputs), empty for classification
  std::vector<Index> lengths;        // (samples) valid time steps of sequences, the rest is zeros; empty: no sequences
  Index samples() const { return features.rows(); }
};

/// Where generated rows go.
template <class T>
struct RowsOut {
  View<T> features;                // (rows, shape.size())
  std::int32_t* labels = nullptr;  // (rows); null without classes
  View<T> targets = {};            // (rows, outputs); no columns without outputs
  Index* lengths = nullptr;        // (rows); null unless the examples are sequences
};

/// Fresh rows for every step (`resample`): row r of a step is a pure function of (seed, step, r), the same however many rows
/// are asked for.  Allocates nothing once built; threads may share it.
template <class T>
class RowGenerator {
 public:
  virtual ~RowGenerator() = default;
  virtual void generate(std::uint64_t step, const RowsOut<T>& out) const = 0;
};

template <class T>
struct Dataset {
  Shape shape;                            // of one example
  Index classes = 0;                      // 0: regression
  std::vector<std::string> class_words;   // (classes) as the file writes them; empty: the numbers 0, 1, …
  Index outputs = 0;                      // of the targets where classes == 0; 0 there too: the target is zeros, as wide as the network
  std::vector<std::string> target_names;  // (outputs) as the file names them; may be empty
  std::vector<double> target_mean;        // (outputs) the file's number is target_scale * target + target_mean; both empty: the
  std::vector<double> target_scale;       // targets are the file's numbers
  Split<T> train;
  Split<T> validation;
  Split<T> test;
  std::shared_ptr<const RowGenerator<T>> resample;  // null: batches are drawn from `train`
  std::string digest;                               // hex, of shape, rows and targets: what changes a run's numbers
  const Split<T>& split(SplitName name) const {
    return name == SplitName::kTrain ? train : name == SplitName::kValidation ? validation : test;
  }
};

/// A matrix of rows * cols numbers; throws Error(kOutOfMemory) where the product overflows or this machine has less memory.
template <class T>
Matrix<T> allocate_rows(Index rows, Index cols);

}  // namespace normrun::data
