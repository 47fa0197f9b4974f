// Random graphs of up to 12 layers and more: what each layer keeps to alone, it keeps to in any graph.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "support/allocation_counter.hpp"
#include "support/central_differences.hpp"
#include "support/layer_graphs.hpp"
#include "support/pass_outcome.hpp"

namespace normrun::test {
namespace {

template <class T>
LayerRig<T> make_rig(const LayerGraph& graph, Index examples, std::uint64_t seed = 7) {
  LayerRig<T> rig(graph.descriptions(), graph.input, examples);
  fill_rig(rig, seed);
  // Parameters of size 1 on all floors let the numbers of a deep graph grow out of the range in which differences are precise.
  for (T& value : rig.model.params) value *= T{0.5};
  return rig;
}

/// The same by each layer as a network of its own, which takes all examples at once, one layer after the other.  The joins are written out
/// here, and the gradients of an output that several layers read are added from the last reader to the first.
template <class T>
class OneByOne {
 public:
  OneByOne(const LayerGraph& graph, const LayerRig<T>& together, const Mode& mode) : graph_(graph), together_(together), mode_(mode) {}

  Outcome<T> run() {
    outputs_[LayerGraph::kInput] = copy_of<T>(together_.x.view());
    shapes_[LayerGraph::kInput] = graph_.input;
    for (Index node = 0; node < count(); ++node) forward(node);
    outcome_.y = outputs_[count() - 1];
    add_gradient(count() - 1, copy_of<T>(together_.dy.view()));
    outcome_.grads = together_.grads;
    grads_end_ = outcome_.grads.end();
    for (Index node = count() - 1; node >= 0; --node) backward(node);
    outcome_.dx = gradients_[LayerGraph::kInput];
    // Backward may move statistics, too.
    for (const auto& [node, rig] : rigs_)
      outcome_.next_state.insert(outcome_.next_state.end(), rig->next_state.begin(), rig->next_state.end());
    return outcome_;
  }

 private:
  using Numbers = std::vector<T>;
  Index count() const { return std::ssize(graph_.nodes); }
  const LayerGraph::Node& at(Index node) const { return graph_.nodes[static_cast<std::size_t>(node)]; }
  Index examples() const { return together_.x.rows(); }

  void forward(Index node) {
    const std::string& type = at(node).layer.type;
    if (is_join(type)) return join(node);
    std::vector<nn::LayerDescription> layers(static_cast<std::size_t>(node), describe_layer("none"));
    layers.push_back(describe_layer(type, at(node).layer.options));
    const Index input = at(node).inputs.front();
    auto rig = std::make_unique<LayerRig<T>>(layers, shapes_[input], examples());
    std::copy_n(together_.model.params.begin() + params_, rig->model.params.size(), rig->model.params.begin());
    std::copy_n(together_.model.state.begin() + state_, rig->model.state.size(), rig->model.state.begin());
    rig->next_state = rig->model.state;
    params_ += std::ssize(rig->model.params);
    state_ += std::ssize(rig->model.state);
    std::copy(outputs_[input].begin(), outputs_[input].end(), rig->x.view().begin());
    outputs_[node] = copy_of(rig->forward({.mode = mode_, .key = kKey}));
    shapes_[node] = rig->network().output();
    rigs_[node] = std::move(rig);
  }

  void join(Index node) {
    const std::string& type = at(node).layer.type;
    const std::vector<Index>& inputs = at(node).inputs;
    Numbers y = outputs_[inputs.front()];
    shapes_[node] = shapes_[inputs.front()];
    for (std::size_t k = 1; k < inputs.size() && type != "concatenate"; ++k) {
      const Numbers& x = outputs_[inputs[k]];
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = type == "add" ? y[i] + x[i] : y[i] * x[i];
    }
    if (type == "concatenate") y = concatenated(node);
    outputs_[node] = std::move(y);
  }

  Numbers concatenated(Index node) {
    std::vector<Index> dims = shapes_[at(node).inputs.front()].dims();
    const Index rows = examples() * shapes_[at(node).inputs.front()].positions();
    dims.back() = 0;
    for (const Index input : at(node).inputs) dims.back() += shapes_[input].channels();
    Numbers y;
    for (Index row = 0; row < rows; ++row) {
      for (const Index input : at(node).inputs) {
        const Index channels = shapes_[input].channels();
        const auto begin = outputs_[input].begin() + row * channels;
        y.insert(y.end(), begin, begin + channels);
      }
    }
    shapes_[node] = Shape(dims);
    return y;
  }

  /// Whether the network builds no layer for the node: what reads it reads the numbers of the layer before.
  bool only_reshapes(Index node) const { return at(node).layer.type == "flatten" || at(node).layer.type == "reshape"; }

  void add_gradient(Index node, const Numbers& gradient) {
    while (node != LayerGraph::kInput && only_reshapes(node)) node = at(node).inputs.front();
    Numbers& sum = gradients_[node];
    if (sum.empty()) {
      sum = gradient;
      return;
    }
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = sum[i] + gradient[i];
  }

  void backward(Index node) {
    const Numbers& dy = gradients_[node];
    const std::string& type = at(node).layer.type;
    const std::vector<Index>& inputs = at(node).inputs;
    if (only_reshapes(node)) return;
    if (type == "concatenate") return split(node);
    for (std::size_t k = 0; k < inputs.size() && is_join(type); ++k) {
      Numbers dx = dy;
      for (std::size_t j = 0; j < inputs.size() && type == "multiply"; ++j)
        for (std::size_t i = 0; i < dx.size() && j != k; ++i) dx[i] *= outputs_[inputs[j]][i];
      add_gradient(inputs[k], dx);
    }
    if (is_join(type)) return;
    LayerRig<T>& rig = *rigs_[node];
    std::copy(dy.begin(), dy.end(), rig.dy.view().begin());
    rig.backward();
    grads_end_ = std::copy_backward(rig.grads.begin(), rig.grads.end(), grads_end_);
    add_gradient(inputs.front(), copy_of<T>(rig.dx.view()));
  }

  void split(Index node) {
    const Numbers& dy = gradients_[node];
    const Index channels = shapes_[node].channels();
    Index first = 0;
    for (const Index input : at(node).inputs) {
      Numbers dx;
      for (Index row = 0; row < std::ssize(dy) / channels; ++row) {
        const auto begin = dy.begin() + row * channels + first;
        dx.insert(dx.end(), begin, begin + shapes_[input].channels());
      }
      first += shapes_[input].channels();
      add_gradient(input, dx);
    }
  }

  const LayerGraph& graph_;
  const LayerRig<T>& together_;
  Mode mode_;
  Outcome<T> outcome_;
  std::map<Index, Numbers> outputs_, gradients_;  // by node
  std::map<Index, Shape> shapes_;
  std::map<Index, std::unique_ptr<LayerRig<T>>> rigs_;
  Index params_ = 0;  // of the nodes so far
  Index state_ = 0;   // of the nodes so far
  typename Buffer<T>::iterator grads_end_;
};

}  // namespace

TEST_CASE("graphs of layers: they join and share outputs in many ways") {
  std::map<std::string, int> joins;
  int shared = 0;
  std::size_t deepest = 0;
  for (const LayerGraph& graph : layer_graphs(300)) {
    const nn::Network<float> network(graph.descriptions(), graph.input);
    for (const LayerGraph::Node& node : graph.nodes) joins[node.layer.type] += is_join(node.layer.type) ? 1 : 0;
    for (Index boundary = 0; boundary < network.output_boundary(); ++boundary) shared += network.readers(boundary) > 1 ? 1 : 0;
    deepest = std::max(deepest, network.layers().size());
  }
  MESSAGE(shared << " shared outputs, up to " << deepest << " layers");
  CHECK(shared > 300);
  CHECK(deepest >= 12);
  for (const char* type : {"add", "concatenate", "multiply"}) CHECK(joins[type] > 80);
}

TEST_CASE("graphs of layers: gradients are those of central differences in every mode") {
  int checked = 0;
  int total = 0;
  for (const LayerGraph& graph : layer_graphs(150)) {
    const std::string text = graph.text();
    CAPTURE(text);
    for (const Mode& mode : kModes) {
      if (!graph.has_differentiable_output(mode)) continue;
      ++total;
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        LayerRig<double> rig = make_rig<double>(graph, 3, seed);
        const GradientError gradients = compare_gradients(rig, {.mode = mode, .key = kKey});
        if (gradients.doubt >= kLargestGradientError) continue;
        ++checked;
        CHECK(gradients.error < kLargestGradientError);
        break;
      }
    }
  }
  MESSAGE(checked << " of " << total << " gradients checked");
  CHECK(checked > total * 9 / 10);
}

TEST_CASE_TEMPLATE("graphs of layers: a pass gives the bits of its layers one by one, whatever it keeps and in parts, too", T, float,
                   double) {
  for (const LayerGraph& graph : layer_graphs(120)) {
    const std::string text = graph.text();
    CAPTURE(text);
    const nn::Network<T> network(graph.descriptions(), graph.input);
    Index numbers = network.input().size();
    for (const auto& layer : network.layers()) numbers += layer.output.size();
    // Two whole parts of a chain of all layers (half of a second cache, see Network), and three examples more.
    const Index many = 2 * ((Index{1} << 19) / static_cast<Index>(sizeof(T)) / numbers) + 3;
    for (const Index examples : {Index{1}, Index{3}, many}) {
      for (const Mode& mode : kModes) {
        if (examples == many && mode.statistics != Statistics::kBatch) continue;
        LayerRig<T> rig = make_rig<T>(graph, examples);
        const Outcome<T> expected = OneByOne<T>(graph, rig, mode).run();
        check_same(outcome_of(rig, mode, nn::Keep::kAllActivations), expected);
        check_same(outcome_of(rig, mode, nn::Keep::kForBackward), expected);
      }
    }
  }
}

TEST_CASE("graphs of layers: a step allocates nothing") {
  for (const LayerGraph& graph : layer_graphs(60)) {
    const std::string text = graph.text();
    CAPTURE(text);
    LayerRig<float> rig = make_rig<float>(graph, 5);
    rig.forward({.mode = kTrainMode, .key = kKey});
    rig.backward();
    const std::size_t before = allocations();
    rig.forward({.mode = kTrainMode, .key = kKey});
    rig.backward();
    CHECK(allocations() == before);
  }
}

TEST_CASE("graphs of layers: a pass may start at every cut, and the stem ends at one") {
  int above_input = 0;
  for (const LayerGraph& graph : layer_graphs(80)) {
    const std::string text = graph.text();
    CAPTURE(text);
    LayerRig<float> rig = make_rig<float>(graph, 4);
    const nn::Network<float>& network = rig.network();
    CHECK(network.is_cut(network.mode_free_boundary()));
    const std::vector<float> whole = copy_of(rig.forward({.mode = kTrainFrozen, .key = kKey}));
    for (Index boundary = 1; boundary < network.output_boundary(); ++boundary) {
      nn::Record<float> below(network, 4);
      const ConstView<float> x = network.forward({.mode = kTrainFrozen, .key = kKey, .last_boundary = boundary}, rig.model.params,
                                                 rig.model.state, nullptr, below, rig.x.view());
      nn::Record<float> above(network, 4, nn::Keep::kNoGradients);
      const auto from_there = [&] {
        return network.forward({.mode = kTrainFrozen, .key = kKey, .first_boundary = boundary}, rig.model.params, rig.model.state, nullptr,
                               above, x);
      };
      if (network.is_cut(boundary)) {
        ++above_input;
        CHECK(same_bits(copy_of(from_there()), whole));
      } else {
        CHECK_THROWS_AS(from_there(), std::invalid_argument);
      }
    }
  }
  CHECK(above_input > 10);
}

}  // namespace normrun::test
