#include "data/impute.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "data/feature_scaling.hpp"

namespace normrun::data {
namespace {

template <class T>
Inputs<T> inputs_to_fill(Dataset<T>& data, SplitName name) {
  Split<T>& split = name == SplitName::kTrain ? data.train : name == SplitName::kValidation ? data.validation : data.test;
  return {split.features.view(), split.lengths.empty() ? nullptr : split.lengths.data(), data.shape.channels()};
}

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2.0;
}

template <class T>
double stand_in(Impute impute, const Inputs<T>& train, Index column) {
  if (impute == Impute::kZero) return 0.0;
  std::vector<double> values;
  train.for_each_block([&](View<T> block) {
    for (Index r = 0; r < block.rows; ++r) {
      if (!std::isnan(block(r, column))) values.push_back(static_cast<double>(block(r, column)));
    }
  });
  if (values.empty()) return 0.0;
  if (impute == Impute::kMedian) return median_of(values);
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

template <class T>
void fill_missing(Impute impute, Dataset<T>& data) {
  const Inputs<T> train = inputs_to_fill(data, SplitName::kTrain);
  std::vector<bool> has_missing(static_cast<std::size_t>(train.columns()));
  for (const SplitName name : kSplits) {
    inputs_to_fill(data, name).for_each_block([&](View<T> block) {
      for (Index r = 0; r < block.rows; ++r) {
        for (Index c = 0; c < block.cols; ++c) {
          if (std::isnan(block(r, c))) has_missing[static_cast<std::size_t>(c)] = true;
        }
      }
    });
  }
  for (Index c = 0; c < train.columns(); ++c) {
    if (!has_missing[static_cast<std::size_t>(c)]) continue;
    const T value = static_cast<T>(stand_in(impute, train, c));
    for (const SplitName name : kSplits) {
      inputs_to_fill(data, name).for_each_block([&](View<T> block) {
        for (Index r = 0; r < block.rows; ++r) {
          if (std::isnan(block(r, c))) block(r, c) = value;
        }
      });
    }
  }
}

template void fill_missing(Impute, Dataset<float>&);
template void fill_missing(Impute, Dataset<double>&);

}  // namespace normrun::data
