#include "diagnosis/places.hpp"

#include <algorithm>
#include <numeric>

#include "diagnosis/statistics_algebra.hpp"

namespace normrun::diagnosis {

std::vector<Index> few_largest(const std::vector<double>& numbers) {
  constexpr std::size_t kMost = 8;
  constexpr double kMostOfIt = 0.8;
  std::vector<Index> order(numbers.size());
  std::iota(order.begin(), order.end(), Index{0});
  const auto value = [&](Index i) { return numbers[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return value(a) > value(b); });
  const double whole = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  const std::size_t allowed = std::min(kMost, std::max<std::size_t>(numbers.size() / 4, 1));
  double sum = 0.0;
  for (std::size_t i = 0; i < std::min(allowed, order.size()); ++i) {
    sum += value(order[i]);
    if (whole > 0.0 && sum >= kMostOfIt * whole) return {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i + 1)};
  }
  return {};
}

template <class T>
std::string channels_text(const Subject<T>& subject, const std::string& layer, const std::vector<Index>& channels) {
  const std::vector<std::string>& names = subject.plan.data->input_names;
  const auto& norms = subject.layout().normalizations;
  const auto at_input = std::any_of(norms.begin(), norms.end(),
                                    [&](const nn::Normalization& norm) { return norm.name == layer && norm.input == 0 && !norm.kept; });
  const bool has_names = (layer == "input" || at_input) && static_cast<Index>(names.size()) == subject.network().input().channels();
  std::string text;
  for (const Index channel : channels) {
    if (!text.empty()) text += has_names ? "; " : " ";
    text += has_names ? names[static_cast<std::size_t>(channel)] : std::to_string(channel);
  }
  return text;
}

template <class T>
FoundPlace place_of(const Evidence<T>& evidence, const Blame& blame) {
  constexpr std::size_t kMostLayers = 6;  // layers that are tried, the farthest off first
  constexpr double kMostOfHarm = 0.5;
  const nn::Layout& layout = evidence.subject.layout();
  const auto norm_of = [&](std::size_t i) -> const nn::Normalization& {
    return layout.normalizations[static_cast<std::size_t>(evidence.sound[i].normalization)];
  };
  const std::size_t layers = evidence.sound.size();
  std::vector<double> distances(layers);
  for (std::size_t i = 0; i < layers; ++i)
    distances[i] = layer_distance(blame.only[i], evidence.sound[i], evidence.sound[i], norm_of(i).epsilon);
  std::vector<std::size_t> order(layers);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return distances[a] > distances[b]; });
  std::size_t worst = order.front();
  double most = layers == 1 ? blame.harm.size() : 0.0;
  for (std::size_t i = 0; layers > 1 && i < std::min(kMostLayers, layers); ++i) {
    const RowScores alone = evidence.judged.eval_score(with_layer(evidence.sound, blame.only, order[i]));
    const double harm = gain_of(evidence.sound_score, alone, evidence.subject.plan.loss, evidence.subject.margins).size();
    if (harm <= most) continue;
    most = harm;
    worst = order[i];
  }
  if (most < kMostOfHarm * blame.harm.size()) return {};
  FoundPlace place{norm_of(worst).name, {}};
  if (norm_of(worst).steps == 1)
    place.channels =
        few_largest(channel_distances(blame.only[worst], evidence.sound[worst], evidence.sound[worst], norm_of(worst).epsilon));
  return place;
}

template std::string channels_text(const Subject<float>&, const std::string&, const std::vector<Index>&);
template std::string channels_text(const Subject<double>&, const std::string&, const std::vector<Index>&);
template FoundPlace place_of(const Evidence<float>&, const Blame&);
template FoundPlace place_of(const Evidence<double>&, const Blame&);

}  // namespace normrun::diagnosis
