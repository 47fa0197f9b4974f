#include "train/initial_weights.hpp"

#include <filesystem>

#include "config/options/document.hpp"
#include "files/input_file.hpp"
#include "files/safetensors.hpp"

namespace normrun::train {

std::string initial_weights_path(const TrainOptions& options, const std::string& folder, std::uint64_t seed) {
  constexpr std::string_view kSeedPlace = "{seed}";
  std::string path = options.init_from;
  const std::string number = std::to_string(seed);
  for (std::size_t place = path.find(kSeedPlace); place != std::string::npos; place = path.find(kSeedPlace, place + number.size()))
    path.replace(place, kSeedPlace.size(), number);
  return files::resolve_path(folder, path);
}

nn::WeightsRules weights_rules(const TrainOptions& options, const std::string& path) {
  return {.path = path,
          .match = options.strict ? nn::WeightsMatch::kAll : nn::WeightsMatch::kWhatMatches,
          .layout = options.layout,
          .map = config::text_members(options.init_map).value_or(std::vector<std::pair<std::string, std::string>>()),
          .norms = {},
          .hint = options.init_from.empty() ? "give a checkpoint of this very network"
                                            : R"(to load what matches, set "strict": false beside "init_from")"};
}

template <class T>
InitialWeights<T> initial_weights(const nn::Network<T>& network, const TrainOptions& options, const std::string& folder, std::uint64_t seed,
                                  const nn::SweptNorms& norms) {
  InitialWeights<T> initial{nn::fresh_model(network, seed), {}};
  if (options.init_from.empty()) return initial;
  const std::string path = initial_weights_path(options, folder, seed);
  if (!std::filesystem::exists(path))
    refuse_usage(path, files::kNoSuchFile, "the path in init_from is relative to the folder of the config");
  nn::WeightsRules rules = weights_rules(options, path);
  rules.norms = norms;
  initial.use = nn::load_weights(network, files::read_safetensors(path), rules, initial.model);
  return initial;
}

template InitialWeights<float> initial_weights(const nn::Network<float>&, const TrainOptions&, const std::string&, std::uint64_t,
                                               const nn::SweptNorms&);
template InitialWeights<double> initial_weights(const nn::Network<double>&, const TrainOptions&, const std::string&, std::uint64_t,
                                                const nn::SweptNorms&);

}  // namespace normrun::train
