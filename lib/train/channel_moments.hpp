#pragma once

#include <vector>

#include "core/matrix.hpp"

namespace normrun {

/// Mean and sum of squared deviations of some rows, per channel, in double.  Rows are added in two passes and parts are
/// merged by Chan, Golub & LeVeque's formula (1983, eq. 2.1): never E[x^2] - E[x]^2.
class ChannelMoments {
 public:
  explicit ChannelMoments(Index channels);
  template <class T>
  void add(ConstView<T> rows);  // (rows, channels)
  void merge(const ChannelMoments& other);
  Index rows() const { return rows_; }
  const std::vector<double>& mean() const { return mean_; }
  std::vector<double> variance() const;  // biased; zeros of no rows

 private:
  Index rows_ = 0;
  std::vector<double> mean_;
  std::vector<double> deviations_;  // sum of (x - mean)^2
};

}  // namespace normrun
