#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/array_values.hpp"

namespace normrun::data {

/// Facts about the numbers that an array file holds.
struct ArrayFacts {
  std::string path;
  std::string type;  // "float32", "uint8", "bool", …
  std::vector<Index> dims;
  double low = 0.0;  // the smallest of the finite numbers
  double high = 0.0;
  Index not_finite = 0;
  bool are_whole = true;
  std::vector<std::pair<double, Index>> values;  // the distinct numbers, ascending, with their counts; empty if there are more than 20
};
/// array_facts() reads the whole array.  `format` says which reader to use; the file's first bytes tell the format.
enum class ArrayFormat { kIdx, kNpy };
ArrayFacts array_facts(const std::string& path, ArrayFormat format);

/// The two files of a split, as a config names them.
struct ArrayPair {
  std::string features;
  std::string labels;
  std::string lengths = {};  // of sequences; "" if every step is valid
};
/// The options that a config's "data" needs for arrays.
struct ArraySuggestion {
  std::string_view type;          // "npy" or "idx"
  std::string_view features_key;  // "features" or "images"
  ArrayPair train;
  ArrayPair test;  // if empty, test_fraction of the rows is held out
  Index rows = 0;
  Index rank = 1;                                         // the number of axes of one example
  Index label_rank = 0;                                   // 1 or 2 if each step or pixel has a label, which is a class; else 0
  Index tokens = 0;                                       // the number of tokens, if the inputs are whole numbers with a label each; else 0
  Index outputs = 1;                                      // the number of classes, or how many numbers to predict
  std::vector<std::pair<std::string, std::string>> keys;  // the keys of the config, as in CsvSuggestion::keys()
};
/// Suggests how to train on arrays.  `file` is either an NPZ archive, whose member names tell inputs from labels, or an NPY or IDX file of
/// the inputs; then `labels` names the file of the labels.  Throws Error(kUsage) if it finds no labels.
ArraySuggestion suggest_arrays(const std::string& file, const std::string& labels);

}  // namespace normrun::data
