#include "diagnosis/row_features.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/random.hpp"
#include "statistics/run_on.hpp"

namespace normrun::diagnosis {
namespace {

constexpr Index kMostRows = 512;       // the most rows of each group
constexpr Index kMostFeatures = 1024;  // a set that would have more features keeps only the means
constexpr std::size_t kLayers = 3;     // the most layers of the untrained copy, and of the trained network

/// A boundary of the network whose activations are looked at.
struct Place {
  Index boundary = 0;
  Index channels = 1;
  Index positions = 1;
  Index layer = 0;  // the normalization that reads it
};

template <class T>
std::vector<Place> places(const nn::Network<T>& network) {
  std::vector<Place> list;
  for (const Index index : statistics::layers_with_statistics(network.layout())) {
    const nn::Normalization& norm = network.layout().normalizations[static_cast<std::size_t>(index)];
    if (norm.input == 0 || norm.kept || list.size() == kLayers) continue;
    const Index channels = norm.features / norm.steps;
    list.push_back({norm.input, channels, statistics::boundary_size(network, norm.input) / channels, norm.layer});
  }
  return list;
}

template <class T>
std::vector<Index> some_rows(const data::Split<T>& split, std::uint64_t seed, data::SplitName name) {
  std::vector<Index> rows(static_cast<std::size_t>(split.samples()));
  std::iota(rows.begin(), rows.end(), Index{0});
  constexpr std::uint64_t kChoice = 1000;  // random streams of their own, apart from those of the permutations
  RandomStream(seed, Purpose::kPermutation, kChoice + static_cast<std::uint64_t>(name)).shuffle(rows);
  if (std::ssize(rows) > kMostRows) rows.resize(kMostRows);
  return rows;
}

/// Writes a row's means, followed by its mean squares if `with_squares`.
template <class T>
void add_row(const T* x, const Place& place, Index length, double* out, bool with_squares) {
  const Index positions = length > 0 ? length : place.positions;
  for (Index p = 0; p < positions; ++p) {
    for (Index c = 0; c < place.channels; ++c) {
      const double value = static_cast<double>(x[p * place.channels + c]);
      out[c] += value;
      if (with_squares) out[place.channels + c] += value * value;
    }
  }
  const Index count = place.channels * (with_squares ? 2 : 1);
  for (Index i = 0; i < count; ++i) out[i] /= static_cast<double>(positions);
}

/// Turns mean squares about 0 into mean squares about the mean of all rows, because those about 0 mostly repeat the mean.
void center_squares(Features& features, Index channels) {
  for (Index c = 0; c < channels; ++c) {
    double mean = 0.0;
    for (Index r = 0; r < features.rows(); ++r) mean += features(r, c);
    mean /= static_cast<double>(features.rows());
    for (Index r = 0; r < features.rows(); ++r) features(r, channels + c) += mean * mean - 2.0 * mean * features(r, c);
  }
}

template <class T>
class Collector {
 public:
  Collector(const Subject<T>& subject, data::SplitName source, data::SplitName compared)
      : subject_(subject),
        splits_{source, compared},
        rows_{some_rows(subject.split(source), subject.plan.seed, source),
              some_rows(subject.split(compared), subject.plan.seed, compared)} {
    features_.rows_of_source = std::ssize(rows_[0]);
  }

  ShiftFeatures take() { return std::move(features_); }

  void add_raw() {
    const Shape& shape = subject_.network().input();
    const Place place{.channels = shape.channels(), .positions = shape.size() / shape.channels()};
    features_.has_means_only = 2 * place.channels > kMostFeatures;
    Features set = empty(place, !features_.has_means_only);
    for (std::size_t group = 0; group < 2; ++group) {
      const data::Split<T>& split = subject_.split(splits_[group]);
      for (std::size_t i = 0; i < rows_[group].size(); ++i) {
        const Index row = rows_[group][i];
        const Index length = split.lengths.empty() ? 0 : split.lengths[static_cast<std::size_t>(row)];
        add_row(split.features.view().row(row), place, length, set.view().row(target(group, i)), !features_.has_means_only);
      }
    }
    finish(std::move(set), place, !features_.has_means_only);
  }

  /// Adds the inputs of the first normalization layers in eval mode.
  void add_layers(const nn::Model<T>& model) {
    const nn::Network<T>& network = subject_.network();
    const std::vector<Place> list = places(network);
    std::vector<Features> sets;
    sets.reserve(list.size());
    for (const Place& place : list) sets.push_back(empty(place, 2 * place.channels <= kMostFeatures));
    for (std::size_t group = 0; group < 2 && !list.empty(); ++group) {
      const statistics::SplitRows<T> source(subject_.split(splits_[group]));
      const Index slice = statistics::evaluation_rows(network);
      statistics::SliceForward<T> forward(network, source, slice);
      for (Index first = 0; first < std::ssize(rows_[group]); first += slice) {
        const Index count = std::min(slice, static_cast<Index>(std::ssize(rows_[group])) - first);
        const auto rows = std::span(rows_[group]).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
        std::optional<Index> at;  // where the pass has stopped
        for (std::size_t s = 0; s < list.size(); ++s) {
          statistics::run_on<T>(forward, at, rows, model, kEvalMode, list[s].boundary);
          at = std::max(at.value_or(0), list[s].boundary);
          const std::span<const Index> lengths = forward.lengths(list[s].layer);
          for (Index r = 0; r < count; ++r) {
            const Index length = lengths.empty() ? 0 : lengths[static_cast<std::size_t>(r)];
            add_row(forward.activations(list[s].boundary).row(r), list[s], length,
                    sets[s].view().row(target(group, static_cast<std::size_t>(first + r))), has_squares(sets[s], list[s]));
          }
        }
      }
    }
    for (std::size_t s = 0; s < list.size(); ++s) {
      const bool with_squares = has_squares(sets[s], list[s]);
      finish(std::move(sets[s]), list[s], with_squares);
    }
  }

 private:
  static bool has_squares(const Features& set, const Place& place) { return set.cols() > place.channels; }
  Index target(std::size_t group, std::size_t row) const { return (group == 0 ? 0 : features_.rows_of_source) + static_cast<Index>(row); }
  Features empty(const Place& place, bool with_squares) const {
    return Features(std::ssize(rows_[0]) + std::ssize(rows_[1]), place.channels * (with_squares ? 2 : 1));
  }
  void finish(Features&& set, const Place& place, bool with_squares) {
    if (with_squares) center_squares(set, place.channels);
    features_.sets.push_back(std::move(set));
  }

  const Subject<T>& subject_;
  data::SplitName splits_[2];
  std::vector<Index> rows_[2];
  ShiftFeatures features_;
};

}  // namespace

template <class T>
ShiftFeatures shift_features(const Subject<T>& subject, data::SplitName source, data::SplitName compared) {
  Collector<T> collector(subject, source, compared);
  collector.add_raw();
  collector.add_layers(nn::fresh_model(subject.network(), subject.plan.seed));
  if (source != data::SplitName::kTrain) collector.add_layers(subject.model);
  return collector.take();
}

template ShiftFeatures shift_features(const Subject<float>&, data::SplitName, data::SplitName);
template ShiftFeatures shift_features(const Subject<double>&, data::SplitName, data::SplitName);

}  // namespace normrun::diagnosis
