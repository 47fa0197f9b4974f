#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/label.hpp"
#include "core/matrix.hpp"
#include "core/shape.hpp"

namespace normrun::data {

enum class SplitName { kTrain, kValidation, kTest };
inline constexpr SplitName kSplits[] = {SplitName::kTrain, SplitName::kValidation, SplitName::kTest};
std::string_view split_text(SplitName split);  // "train", "validation", "test"
SplitName split_of(std::string_view text);     // the inverse of split_text

/// What has a label: a whole sequence, or each of its steps.
enum class LabelOf { kSequence, kStep };

/// The rows of one split in the training precision; each row is one example.
template <class T>
struct Split {
  Matrix<T> features;  // (samples, shape.size())
  // (samples, labels of an example) in [0, classes); a position with nothing to predict has kNoLabel.  Empty for regression.
  std::vector<std::int32_t> labels;
  Matrix<T> targets;           // (samples, outputs); empty for classification
  std::vector<Index> lengths;  // (samples) how many steps of each sequence are valid, before the zeros; empty if there are no sequences
  std::vector<T> weights;      // as labels: the weights of the losses in training, each >= 0; empty if every label weighs 1
  Index samples() const { return features.rows(); }
  /// Returns how many labels an example has: 1, or one for each of its positions.
  Index positions() const { return labels.empty() || samples() == 0 ? 1 : static_cast<Index>(labels.size()) / samples(); }
};

/// The memory that generated rows are written to.
template <class T>
struct RowsOut {
  View<T> features;                // (rows, shape.size())
  std::int32_t* labels = nullptr;  // (rows, labels of an example); null if there are no classes
  View<T> targets = {};            // (rows, outputs); it has no columns if there are no outputs
  Index* lengths = nullptr;        // (rows); null unless the examples are sequences
};

/// Draws fresh rows for every step (`resample`).  Row r of a step is a pure function of (seed, step, r): it does not depend on how many
/// rows are drawn.  Drawing allocates nothing, and threads may share one generator.
template <class T>
class RowGenerator {
 public:
  virtual ~RowGenerator() = default;
  virtual void generate(std::uint64_t step, const RowsOut<T>& out) const = 0;
};

template <class T>
struct Dataset {
  Shape shape;                           // the shape of one example
  std::vector<std::string> input_names;  // the names of an example's channels, from the columns of the file; empty if there are no columns
  Index classes = 0;                     // 0 for regression
  Shape label_shape;  // (steps) or (height, width) if every position of an example has a label; of rank 0 if an example has one label
  std::vector<std::string> class_words;  // (classes) the classes as the file writes them; empty if they are the numbers 0, 1, …
  Index outputs = 0;  // for regression, the width of the targets; 0 if they are zeros and as wide as the network's output
  std::vector<std::string> target_names;  // (outputs) the names of the outputs in the file; may be empty
  std::vector<double> target_mean;        // (outputs) the file's number is target_scale * target + target_mean
  std::vector<double> target_scale;       // (outputs) target_mean and target_scale are empty if the targets are the file's numbers
  Split<T> train;
  Split<T> validation;
  Split<T> test;
  std::shared_ptr<const RowGenerator<T>> resample;  // if null, batches are drawn from `train`
  std::string digest;  // a checksum, in hex, of everything that changes a run's numbers: shape, rows and targets
  const Split<T>& split(SplitName name) const {
    return name == SplitName::kTrain ? train : name == SplitName::kValidation ? validation : test;
  }
};

/// Returns a matrix of rows * cols numbers.  Throws Error(kOutOfMemory) if the product overflows or the machine has too little memory.
template <class T>
Matrix<T> allocate_rows(Index rows, Index cols);

}  // namespace normrun::data
