#pragma once

#include <vector>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// Mean and sum of squared deviations of some rows, per channel, in double.  Rows are added in two passes and parts are
/// merged by Chan, Golub & LeVeque's formula (1983, eq. 2.1): never E[x^2] - E[x]^2.
class ChannelMoments {
 public:
  /// The channels fall into `groups` of equal size, one behind the other, each with rows of its own.
  explicit ChannelMoments(Index channels, Index groups = 1);
  template <class T>
  void add(ConstView<T> rows, Index group = 0);  // (rows, channels / groups)
  void merge(const ChannelMoments& other);
  Index groups() const { return static_cast<Index>(rows_.size()); }
  Index rows(Index group = 0) const { return rows_[static_cast<std::size_t>(group)]; }
  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> variance() const;  // biased; zeros of no rows

 private:
  std::size_t group_size() const { return mean_.size() / rows_.size(); }
  void merge_group(std::size_t group, const ChannelMoments& other, std::size_t other_group);

  std::vector<Index> rows_;  // of each group
  std::vector<double> mean_;
  std::vector<double> deviations_;  // sum of (x - mean)^2
};

}  // namespace normrun::statistics
