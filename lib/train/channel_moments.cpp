#include "train/channel_moments.hpp"

namespace normrun {

ChannelMoments::ChannelMoments(Index channels)
    : mean_(static_cast<std::size_t>(channels), 0.0), deviations_(static_cast<std::size_t>(channels), 0.0) {}

template <class T>
void ChannelMoments::add(ConstView<T> rows) {
  if (rows.rows == 0) return;
  const std::size_t channels = mean_.size();
  ChannelMoments part(rows.cols);
  part.rows_ = rows.rows;
  for (Index r = 0; r < rows.rows; ++r)
    for (std::size_t c = 0; c < channels; ++c) part.mean_[c] += static_cast<double>(rows.row(r)[c]);
  for (double& mean : part.mean_) mean /= static_cast<double>(rows.rows);
  for (Index r = 0; r < rows.rows; ++r) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double deviation = static_cast<double>(rows.row(r)[c]) - part.mean_[c];
      part.deviations_[c] += deviation * deviation;
    }
  }
  merge(part);
}

void ChannelMoments::merge(const ChannelMoments& other) {
  if (other.rows_ == 0) return;
  const double total = static_cast<double>(rows_ + other.rows_);
  const double share = static_cast<double>(other.rows_) / total;
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const double shift = other.mean_[c] - mean_[c];
    mean_[c] += shift * share;
    deviations_[c] += other.deviations_[c] + shift * shift * static_cast<double>(rows_) * share;
  }
  rows_ += other.rows_;
}

std::vector<double> ChannelMoments::variance() const {
  std::vector<double> variance = deviations_;
  for (double& value : variance) value = rows_ > 0 ? value / static_cast<double>(rows_) : 0.0;
  return variance;
}

template void ChannelMoments::add<float>(ConstView<float>);
template void ChannelMoments::add<double>(ConstView<double>);

}  // namespace normrun
