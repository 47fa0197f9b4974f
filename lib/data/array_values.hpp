#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/matrix.hpp"
#include "data/preparation.hpp"
#include "files/number_array.hpp"

namespace normrun::data {

/// Returns the first rows as inputs, binarized and scaled.  Throws Error(kDamaged) for NaN, infinity, and numbers that T cannot hold.
template <class T>
Matrix<T> to_features(const files::NumberArray& array, Index rows, const Preparation& preparation);
/// Returns the first rows as numbers to predict.  Throws like the function above.
template <class T>
Matrix<T> to_targets(const files::NumberArray& array, Index rows);
/// The labels of a data set, and the class that each of them stands for.
struct LabelNumbers {
  Index classes = 0;
  std::vector<std::int64_t> values;        // (classes) the labels, ascending; empty if they are 0 … classes - 1
  std::vector<std::string> words() const;  // `values` as texts
};
/// Which labels of an array count, number by number; empty: all of them.
using CountedLabels = std::vector<bool>;
/// Labels that begin with 0 keep their values, and the largest one tells how many classes there are.  Others (1 … k, -1 and 1, 10, 20, …)
/// are numbered in ascending order.  Throws Error(kDamaged) for more than 2^20 classes, for a number that is not whole, and if no label
/// counts.
LabelNumbers label_numbers(const files::NumberArray& array, const CountedLabels& counted = {});
/// Returns all numbers of an array as classes, and kNoLabel for those that do not count.  Throws Error(kDamaged) if one is not among
/// `numbers`.
std::vector<std::int32_t> to_labels(const files::NumberArray& array, const LabelNumbers& numbers, const CountedLabels& counted = {});
/// Returns which labels of rows count if each position has one: not those behind the row's length in `lengths`, which may be empty, nor
/// those that are `ignored`.  Throws Error(kDamaged) for another label below 0.
CountedLabels counted_labels(const files::NumberArray& array, const std::vector<Index>& lengths, Index ignored);
/// Returns all numbers of an array.  Throws Error(kDamaged) for one that is not whole.
std::vector<Index> to_whole_numbers(const files::NumberArray& array);
/// Returns whether every number is whole.
bool are_whole(const files::NumberArray& array);
/// Reorders rows of shape (channels, height, width) to (height, width, channels), and (channels, steps) to (steps, channels).  Throws
/// Error(kDamaged) for other arrays.
void move_channels_last(files::NumberArray& array);
/// Returns the rows of a matrix of whole numbers, as batch_order holds them.  Throws Error(kDamaged) if the array is not such a matrix.
std::vector<std::vector<Index>> to_index_rows(const files::NumberArray& array);

}  // namespace normrun::data
