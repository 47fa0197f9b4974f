#pragma once

#include <vector>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// The mean and the sum of squared deviations of each channel over some rows, in double.  Each call of add() takes two passes over its
/// rows, and the results are merged by the formula of Chan, Golub & LeVeque (1983, eq. 2.1).  The class never computes E[x^2] - E[x]^2,
/// because this difference loses digits by cancellation.
class ChannelMoments {
 public:
  /// Divides the channels into `groups` of equal size, one after another.  Each group counts its own rows.
  explicit ChannelMoments(Index channels, Index groups = 1);
  template <class T>
  void add(ConstView<T> rows, Index group = 0);  // (rows, channels / groups)
  void merge(const ChannelMoments& other);       // `other` must have the same channels and groups
  Index groups() const { return static_cast<Index>(rows_.size()); }
  Index rows(Index group = 0) const { return rows_[static_cast<std::size_t>(group)]; }
  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> variance() const;  // biased; zeros for a group without rows
  /// Returns for each channel how large a variance rounding alone may leave if the channel's numbers are truly equal.  Up to this bound a
  /// variance cannot be told from 0.  `precision` is the epsilon of the type that the rows were computed in.
  std::vector<double> rounding_variance(double precision) const;

 private:
  std::size_t group_size() const { return mean_.size() / rows_.size(); }
  void merge_group(std::size_t group, const ChannelMoments& other, std::size_t other_group);

  std::vector<Index> rows_;  // for each group, its number of rows
  std::vector<double> mean_;
  std::vector<double> deviations_;  // for each channel, the sum of (x - mean)^2
  std::vector<double> mean_error_;  // for each channel, how far the sum of doubles was off the mean, in the worst call of add()
};

}  // namespace normrun::statistics
