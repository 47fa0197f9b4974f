// Chains of two and three layers of all families: what each layer keeps to alone, it keeps to among others.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <type_traits>

#include "support/central_differences.hpp"
#include "support/layer_chains.hpp"
#include "support/pass_outcome.hpp"

namespace normrun::test {
namespace {

template <class T>
LayerRig<T> make_rig(const LayerChain& chain, Index examples, std::uint64_t seed = 7) {
  LayerRig<T> rig(chain.descriptions(), chain.input(), examples);
  rig.lengths = lengths_of(chain.input().dims(), chain.sequence, examples);
  fill_rig(rig, seed);
  return rig;
}

/// The same by each layer as a network of its own, which takes all examples at once, one layer after the other.  Behind so many `none`
/// as stand before it: its dropout is then the chain's.
template <class T>
Outcome<T> outcome_layer_by_layer(const LayerChain& chain, const LayerRig<T>& together, const Mode& mode) {
  std::vector<std::unique_ptr<LayerRig<T>>> alone;
  nn::Record<T> record(together.network(), together.x.rows());
  Buffer<T> state_copy = together.model.state;
  together.network().forward({.mode = mode, .lengths = together.lengths.empty() ? nullptr : together.lengths.data(), .key = kKey},
                             together.model.params, together.model.state, state_copy.data(), record, together.x.view());
  Index built = 0;
  Outcome<T> outcome{.y = copy_of(together.x.view()), .dx = copy_of(together.dy.view()), .next_state = {}, .grads = together.grads};
  Shape input = chain.input();
  auto params = together.model.params.begin();
  auto state = together.model.state.begin();
  for (std::size_t i = 0; i < chain.layers.size(); ++i) {
    std::vector<nn::LayerDescription> layers(i, describe_layer("none"));
    layers.push_back(describe_layer(chain.layers[i].type, chain.layers[i].options));
    LayerRig<T>& rig = *alone.emplace_back(std::make_unique<LayerRig<T>>(layers, input, together.x.rows()));
    if (!rig.network().layers().empty()) {
      const std::span<const Index> lengths = record.lengths(built);
      rig.lengths.assign(lengths.begin(), lengths.end());
      built += std::ssize(rig.network().layers());  // a block has several
    }
    std::copy_n(params, rig.model.params.size(), rig.model.params.begin());
    std::copy_n(state, rig.model.state.size(), rig.model.state.begin());
    rig.next_state = rig.model.state;
    params += static_cast<std::ptrdiff_t>(rig.model.params.size());
    state += static_cast<std::ptrdiff_t>(rig.model.state.size());
    std::copy(outcome.y.begin(), outcome.y.end(), rig.x.view().begin());
    outcome.y = copy_of(rig.forward({.mode = mode, .key = kKey}));
    input = rig.network().output();
  }
  auto grads = outcome.grads.end();
  for (auto rig = alone.rbegin(); rig != alone.rend(); ++rig) {
    std::copy(outcome.dx.begin(), outcome.dx.end(), (*rig)->dy.view().begin());
    (*rig)->backward();
    outcome.dx = copy_of<T>((*rig)->dx.view());
    grads = std::copy_backward((*rig)->grads.begin(), (*rig)->grads.end(), grads);
  }
  // Backward may move statistics, too.
  for (const auto& rig : alone) outcome.next_state.insert(outcome.next_state.end(), rig->next_state.begin(), rig->next_state.end());
  return outcome;
}

}  // namespace

TEST_CASE("chains of layers: every family stands in front of others and behind others") {
  const std::vector<LayerChain> chains = layer_chains();
  std::set<std::string> nowhere_before, nowhere_behind;
  for (const LayerCase& c : all_layer_cases()) nowhere_before.insert(c.type);
  nowhere_behind = nowhere_before;
  nowhere_behind.erase("embedding");  // it reads tokens, so no layer computes what it reads
  const std::size_t types = nowhere_before.size();
  for (const LayerChain& chain : chains) {
    nowhere_before.erase(chain.layers.front().type);
    nowhere_behind.erase(chain.layers.back().type);
  }
  CHECK(nowhere_before == std::set<std::string>{});
  CHECK(nowhere_behind == std::set<std::string>{});
  MESSAGE(chains.size() << " chains of " << types << " types");
  CHECK(chains.size() > 500);
}

TEST_CASE("chains of layers: gradients are those of central differences in every mode") {
  int checked = 0;
  int total = 0;
  for (const LayerChain& chain : layer_chains()) {
    const std::string text = chain.text();
    CAPTURE(text);
    for (const Mode& mode : kModes) {
      if (!chain.has_differentiable_output(mode)) continue;
      ++total;
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        LayerRig<double> rig = make_rig<double>(chain, 3, seed);
        const GradientError gradients = compare_gradients(rig, {.mode = mode, .key = kKey});
        if (gradients.doubt >= kLargestGradientError) continue;
        ++checked;
        CHECK(gradients.error < kLargestGradientError);
        break;
      }
    }
  }
  MESSAGE(checked << " of " << total << " gradients checked");
  CHECK(checked > total * 95 / 100);
}

TEST_CASE_TEMPLATE("chains of layers: a batch taken in parts gives the bits of its layers one by one", T, float, double) {
  for (const LayerChain& chain : layer_chains()) {
    if (std::is_same_v<T, double> && chain.layers.size() > 2) continue;  // they take long, and a part is as many bytes in both
    const std::string text = chain.text();
    CAPTURE(text);
    const nn::Network<T> network(chain.descriptions(), chain.input());
    Index numbers = network.input().size();
    for (const auto& layer : network.layers()) numbers += layer.output.size();
    // Two whole parts of a chain of all layers (half of a second cache, see Network), and three examples more.
    const Index examples = 2 * ((Index{1} << 19) / static_cast<Index>(sizeof(T)) / numbers) + 3;
    LayerRig<T> rig = make_rig<T>(chain, examples);
    const Outcome<T> expected = outcome_layer_by_layer(chain, rig, kTrainMode);
    check_same(outcome_of(rig, kTrainMode, nn::Keep::kAllActivations), expected);
    check_same(outcome_of(rig, kTrainMode, nn::Keep::kForBackward), expected);
  }
}

TEST_CASE_TEMPLATE("chains of layers: working in place gives the bits of keeping every activation", T, float, double) {
  for (const LayerChain& chain : layer_chains()) {
    const std::string text = chain.text();
    CAPTURE(text);
    for (const Mode& mode : kModes) {
      for (const Index examples : {1, 3, 40}) {
        LayerRig<T> rig = make_rig<T>(chain, examples);
        check_same(outcome_of(rig, mode, nn::Keep::kForBackward), outcome_of(rig, mode, nn::Keep::kAllActivations));
      }
    }
  }
}

}  // namespace normrun::test
