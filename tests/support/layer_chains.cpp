#include "support/layer_chains.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/random.hpp"

namespace normrun::test {
namespace {

using CasesByType = std::map<std::string, std::vector<LayerCase>>;

CasesByType cases_by_type() {
  CasesByType cases;
  for (const LayerCase& c : all_layer_cases()) {
    if (c.options.find("activation") == std::string::npos) cases[c.type].push_back(c);
  }
  return cases;
}

bool fits(const LayerChain& chain) {
  try {
    const nn::Network<float> network(chain.descriptions(), chain.input());
    return true;
  } catch (const Error&) {
    return false;
  }
}

class ChainDraw {
 public:
  /// `chain` with a layer of that type behind it, or nothing where none of some variants fits.
  std::optional<LayerChain> extended(const LayerChain& chain, const std::string& type) {
    constexpr int kAttempts = 6;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      LayerChain longer = chain;
      longer.layers.push_back(drawn_of(type));
      if (fits(longer)) return longer;
    }
    return std::nullopt;
  }

  std::optional<LayerChain> pair(const std::string& first, const std::string& second) {
    constexpr int kAttempts = 6;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const LayerCase c = drawn_of(first);
      if (auto chain = extended({{c}, c.sequence}, second)) return chain;
    }
    return std::nullopt;
  }

  std::optional<LayerChain> triple(const LayerChain& pair) {
    constexpr int kAttempts = 20;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      auto type = cases_.begin();
      std::advance(type, stream_.below(cases_.size()));
      if (auto chain = extended(pair, type->first)) return chain;
    }
    return std::nullopt;
  }

  const CasesByType& cases() const { return cases_; }

 private:
  LayerCase drawn_of(const std::string& type) {
    const std::vector<LayerCase>& some = cases_.at(type);
    return some[static_cast<std::size_t>(stream_.below(some.size()))];
  }

  const CasesByType cases_ = cases_by_type();
  RandomStream stream_{20, Purpose::kData};
};

}  // namespace

std::vector<nn::LayerDescription> LayerChain::descriptions() const {
  std::vector<nn::LayerDescription> descriptions;
  for (const LayerCase& layer : layers) descriptions.push_back(describe_layer(layer.type, layer.options));
  return descriptions;
}

std::string LayerChain::text() const {
  std::string text = input().text() + (sequence == Sequence::kPadded ? " padded" : "");
  for (const LayerCase& layer : layers) text += " " + layer.type + " " + layer.options;
  return text;
}

bool LayerChain::has_differentiable_output(const Mode& mode) const {
  return std::all_of(layers.begin(), layers.end(), [&](const LayerCase& layer) { return test::has_differentiable_output(layer, mode); });
}

std::vector<LayerChain> layer_chains() {
  constexpr std::size_t kOneIn = 3;  // of all pairs: enough to have each type in front of many others and behind them, in a minute
  ChainDraw draw;
  std::vector<LayerChain> chains;
  std::size_t place = 0;
  for (const auto& [first, first_cases] : draw.cases()) {
    std::size_t other = place++;
    for (const auto& [second, second_cases] : draw.cases()) {
      if (other++ % kOneIn != 0) continue;
      const auto pair = draw.pair(first, second);
      if (!pair) continue;
      chains.push_back(*pair);
      if (const auto triple = draw.triple(*pair)) chains.push_back(*triple);
    }
  }
  return chains;
}

}  // namespace normrun::test
