#include "statistics/channel_moments.hpp"

#include <algorithm>
#include <cmath>

namespace normrun::statistics {

ChannelMoments::ChannelMoments(Index channels, Index groups)
    : rows_(static_cast<std::size_t>(groups), 0),
      mean_(static_cast<std::size_t>(channels), 0.0),
      deviations_(static_cast<std::size_t>(channels), 0.0),
      mean_error_(static_cast<std::size_t>(channels), 0.0) {}

template <class T>
void ChannelMoments::add(ConstView<T> rows, Index group) {
  if (rows.rows == 0) return;
  const std::size_t channels = group_size();
  ChannelMoments own(rows.cols);
  own.rows_[0] = rows.rows;
  for (Index r = 0; r < rows.rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) own.mean_[c] += static_cast<double>(rows.row(r)[c]);
  for (double& mean : own.mean_) mean /= static_cast<double>(rows.rows);
  for (Index r = 0; r < rows.rows; ++r) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double deviation = static_cast<double>(rows.row(r)[c]) - own.mean_[c];
      own.deviations_[c] += deviation * deviation;
      own.mean_error_[c] += deviation;
    }
  }
  for (double& error : own.mean_error_) error = std::abs(error) / static_cast<double>(rows.rows);
  merge_group(static_cast<std::size_t>(group), own, 0);
}

void ChannelMoments::merge(const ChannelMoments& other) {
  for (std::size_t group = 0; group < rows_.size(); ++group) merge_group(group, other, group);
}

void ChannelMoments::merge_group(std::size_t group, const ChannelMoments& other, std::size_t other_group) {
  const Index added = other.rows_[other_group];
  if (added == 0) return;
  const double total = static_cast<double>(rows_[group] + added);
  const double share = static_cast<double>(added) / total;
  const std::size_t channels = group_size();
  for (std::size_t i = 0; i < channels; ++i) {
    const std::size_t c = group * channels + i;
    const std::size_t from = other_group * channels + i;
    const double shift = other.mean_[from] - mean_[c];
    mean_[c] += shift * share;
    deviations_[c] += other.deviations_[from] + shift * shift * static_cast<double>(rows_[group]) * share;
    mean_error_[c] = std::max(mean_error_[c], other.mean_error_[from]);
  }
  rows_[group] += added;
}

std::vector<double> ChannelMoments::variance() const {
  std::vector<double> variance = deviations_;
  for (std::size_t c = 0; c < variance.size(); ++c) {
    const Index rows = rows_[c / group_size()];
    variance[c] = rows > 0 ? variance[c] / static_cast<double>(rows) : 0.0;
  }
  return variance;
}

/// 1.  A number x of the network is rounded to its type, and so are the numbers that x is computed from, so x is wrong by up to precision
/// |x|. Numbers that are truly equal then have a variance of up to (precision max |x|)^2, and max |x| differs from |mean| only by such a
/// rounding.
/// 2.  The mean of the rows of one add() is a sum of doubles, and wrong by some d, so the variance of these rows contains d^2.  The
/// deviations from this mean add up to rows d, and they are exact for numbers so close to the mean, so their sum gives d.
/// 3.  The means of two such groups of rows are then up to 2 d apart.  The variance of the merged rows contains at most the square of this
/// distance, 4 d^2, beside the d^2 of step 2: 5 d^2 in all.
std::vector<double> ChannelMoments::rounding_variance(double precision) const {
  std::vector<double> rounding(mean_.size());
  for (std::size_t c = 0; c < rounding.size(); ++c) {
    const double of_numbers = precision * mean_[c];
    rounding[c] = of_numbers * of_numbers + 5.0 * mean_error_[c] * mean_error_[c];
  }
  return rounding;
}

template void ChannelMoments::add<float>(ConstView<float>, Index);
template void ChannelMoments::add<double>(ConstView<double>, Index);

}  // namespace normrun::statistics
