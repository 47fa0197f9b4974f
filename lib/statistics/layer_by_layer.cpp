#include "statistics/layer_by_layer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "statistics/frontier.hpp"
#include "statistics/layer_input.hpp"
#include "statistics/run_on.hpp"

namespace normrun::statistics {
namespace {

/// Computes the statistics of one group of normalizations after another.
template <class T>
class Repair {
 public:
  Repair(const nn::Network<T>& network, const nn::Model<T>& model, Frontier<T>& frontier, std::optional<nn::PaddedSteps> padded_steps,
         Index slice_rows)
      : layout_(network.layout()),
        model_(model),
        frontier_(frontier),
        padded_steps_(padded_steps),
        slice_rows_(slice_rows),
        repaired_(model.state) {}

  void add(const NormGroup& group) {
    frontier_.start_stretch(group.input);
    std::vector<LayerStatistics> found;
    Buffer<T> before;
    for (Index round = 0; round < group.rounds && before != repaired_; ++round) {
      found = statistics_of(group);
      before = state_with<T>(layout_, repaired_, found);
      std::swap(before, repaired_);
      frontier_.finish_stretch();  // what lies below the group stays as it is in the next round
      frontier_.start_stretch(group.input);
    }
    population.insert(population.end(), found.begin(), found.end());
  }

  std::vector<LayerStatistics> population;

 private:
  const nn::Normalization& norm_of(Index index) const { return layout_.normalizations[static_cast<std::size_t>(index)]; }

  std::vector<LayerStatistics> statistics_of(const NormGroup& group) {
    std::vector<ChannelMoments> moments;
    moments.reserve(group.norms.size());
    for (const Index index : group.norms) moments.emplace_back(norm_of(index).features, norm_of(index).steps);
    for (Index first = 0; first < frontier_.row_count(); first += slice_rows_)
      add_slice(group, first, std::min(slice_rows_, frontier_.row_count() - first), moments);
    std::vector<LayerStatistics> found;
    for (std::size_t i = 0; i < moments.size(); ++i) {
      found.push_back(moving_statistics<T>(layout_, group.norms[i], model_.state));
      replace_statistics<T>(moments[i], found.back());
    }
    return found;
  }

  void add_slice(const NormGroup& group, Index first, Index count, std::vector<ChannelMoments>& moments) {
    const nn::Normalization& one = norm_of(group.norms.front());
    if (!one.kept) {
      const auto [values, lengths] = frontier_.run(first, count, repaired_, one.layer);
      add_rows<T>(values, lengths, one, padded_steps_.value_or(one.padded_steps), moments.front());
      return;
    }
    const nn::Record<T>& record = frontier_.run_at_once(first, count, repaired_, group.last_boundary);
    for (std::size_t i = 0; i < moments.size(); ++i) add_kept<T>(record, norm_of(group.norms[i]), moments[i]);
  }

  const nn::Layout& layout_;
  const nn::Model<T>& model_;
  Frontier<T>& frontier_;
  std::optional<nn::PaddedSteps> padded_steps_;
  Index slice_rows_;
  Buffer<T> repaired_;
};

}  // namespace

template <class T>
void replace_statistics(const ChannelMoments& moments, LayerStatistics& statistics) {
  statistics.rounding = moments.rounding_variance(std::numeric_limits<T>::epsilon());
  const std::vector<double> variance = moments.variance();
  const std::size_t channels = variance.size() / static_cast<std::size_t>(moments.groups());
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (moments.rows(static_cast<Index>(c / channels)) == 0) continue;
    statistics.mean[c] = moments.mean()[c];
    statistics.variance[c] = variance[c];
  }
}

template <class T>
Index rows_of_moments(const nn::Network<T>& network) {
  constexpr Index kMostNumbers = Index{1} << 25;
  constexpr Index kFewest = 16;
  return std::clamp(kMostNumbers / widest_boundary(network), kFewest, kEvaluationRows);
}

template <class T>
std::vector<LayerStatistics> layer_by_layer(const nn::Network<T>& network, const nn::Model<T>& model,
                                            const std::type_identity_t<SplitRows<T>>& source, std::vector<Index> rows,
                                            std::optional<nn::PaddedSteps> padded_steps, Index slice_rows, Index most_bytes) {
  Frontier<T> frontier(network, model.params, source, std::move(rows), most_bytes);
  Repair<T> repair(network, model, frontier, padded_steps, slice_rows);
  for (const NormGroup& group : norm_groups(network.layout())) repair.add(group);
  return std::move(repair.population);
}

template void replace_statistics<float>(const ChannelMoments&, LayerStatistics&);
template void replace_statistics<double>(const ChannelMoments&, LayerStatistics&);
template Index rows_of_moments(const nn::Network<float>&);
template Index rows_of_moments(const nn::Network<double>&);
template std::vector<LayerStatistics> layer_by_layer(const nn::Network<float>&, const nn::Model<float>&, const SplitRows<float>&,
                                                     std::vector<Index>, std::optional<nn::PaddedSteps>, Index, Index);
template std::vector<LayerStatistics> layer_by_layer(const nn::Network<double>&, const nn::Model<double>&, const SplitRows<double>&,
                                                     std::vector<Index>, std::optional<nn::PaddedSteps>, Index, Index);

}  // namespace normrun::statistics
