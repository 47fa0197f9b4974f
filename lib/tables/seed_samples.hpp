#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "tables/t_interval.hpp"

namespace normrun::tables {

/// Collects the numbers of runs by key, and summarizes each key over the runs, which differ in their seeds.
template <class Key>
class SeedSamples {
 public:
  /// Adds a run's number.  All rows of a run must come together.  Only the first number of a run counts for a key, because a mode that
  /// occurs in two pairs is measured twice, with equal results.  NaN does not count.
  void add(const Key& key, const std::string& run, double value) {
    if (std::isnan(value)) return;
    const auto [found, is_new] = samples_.try_emplace(key);
    if (is_new) order_.push_back(key);
    if (found->second.run == run) return;
    found->second.run = run;
    found->second.values.push_back(value);
  }

  /// Returns the keys in the order in which they were first added.
  const std::vector<Key>& keys() const { return order_; }
  bool has(const Key& key) const { return samples_.contains(key); }
  /// Summarizes a key, which must be one of keys().
  SampleSummary summary(const Key& key) const { return summarize(samples_.at(key).values); }
  /// Returns the mean of a key, or NaN if the key is unknown.
  double mean(const Key& key) const { return has(key) ? summary(key).mean : std::nan(""); }

 private:
  struct Samples {
    std::string run;
    std::vector<double> values;
  };
  std::map<Key, Samples> samples_;
  std::vector<Key> order_;
};

/// The setting of a run: the values of all swept keys except the seed.
struct Setting {
  std::string norm;
  std::string others;  // RunRows::others
  long batch_size = 0;
  auto operator<=>(const Setting&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

}  // namespace normrun::tables
