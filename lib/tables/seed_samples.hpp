#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "tables/statistics.hpp"

namespace normrun::tables {

/// Numbers of runs under keys; what remains of each key is the summary over its seeds.
template <class Key>
class SeedSamples {
 public:
  /// The first number of a run counts: a mode that two pairs name is measured twice, alike.  The rows of a run come together.
  void add(const Key& key, const std::string& run, double value) {
    if (std::isnan(value)) return;
    const auto [found, is_new] = samples_.try_emplace(key);
    if (is_new) order_.push_back(key);
    if (found->second.run == run) return;
    found->second.run = run;
    found->second.values.push_back(value);
  }

  /// In the order in which they appeared.
  const std::vector<Key>& keys() const { return order_; }
  bool has(const Key& key) const { return samples_.contains(key); }
  /// key is one of them.
  SampleSummary summary(const Key& key) const { return summarize(samples_.at(key).values); }
  /// NaN for a key that is not there.
  double mean(const Key& key) const { return has(key) ? summary(key).mean : std::nan(""); }

 private:
  struct Samples {
    std::string run;
    std::vector<double> values;
  };
  std::map<Key, Samples> samples_;
  std::vector<Key> order_;
};

/// A network's setting: all that is swept but the seed.
struct Setting {
  std::string norm;
  std::string others;  // RunRows::others
  long batch_size = 0;
  auto operator<=>(const Setting&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

}  // namespace normrun::tables
