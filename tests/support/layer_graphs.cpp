#include "support/layer_graphs.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random.hpp"

namespace normrun::test {
namespace {

std::string node_name(Index node) { return node == LayerGraph::kInput ? "input" : "n" + std::to_string(node); }

std::vector<LayerCase> single_input_cases() {
  std::vector<LayerCase> cases = all_layer_cases();
  std::erase_if(cases, [](const LayerCase& c) {
    const bool must_be_first = c.type == "embedding";
    const bool reads_twice = c.type == "bidirectional";  // so its gradients are added one by one, as those of a residual
    const bool is_block = reads_twice || is_join(c.type) || c.options.find("branches") != std::string::npos;
    return must_be_first || is_block || c.type == "none" || c.options.find("activation") != std::string::npos ||
           c.sequence != Sequence::kWhole;
  });
  return cases;
}

/// Whether the layer normalizes so few numbers of an example that it turns two that nearly agree into 1 and -1: too steep for differences.
bool is_steep(const LayerCase& layer, const Shape& input) {
  const bool is_within_examples = layer.type == "layer" || layer.type == "instance" || layer.type == "group" || layer.type == "rms";
  const bool is_over_places = layer.type == "instance" || layer.options.find("axes") != std::string::npos;
  const bool has_few_places = std::any_of(input.dims().begin(), input.dims().end(), [](Index size) { return size < 3; });
  return is_within_examples && (input.channels() < 3 || (is_over_places && has_few_places));
}

class GraphDraw {
 public:
  LayerGraph draw(Index wanted) {
    graph_ = {.input = kShapes[below(std::size(kShapes))], .nodes = {}};
    shapes_ = {graph_.input};
    is_read_ = {false};
    degrees_ = {1};
    while (std::ssize(graph_.nodes) < wanted) below(3) == 0 ? add_join() : add_single();
    join_unread();
    return graph_;
  }

 private:
  static constexpr Index kWidest = 60;
  static constexpr Index kHighestDegree = 4;  // central differences are not precise for the fifth derivatives of higher ones
  static inline const Shape kShapes[] = {{4}, {3, 2}, {2, 3, 2}};

  std::size_t below(std::size_t count) { return static_cast<std::size_t>(stream_.below(count)); }
  /// The shapes of the input and the nodes: node i has the place i + 1.
  const Shape& shape_of(Index node) const { return shapes_[static_cast<std::size_t>(node + 1)]; }
  Index node_count() const { return std::ssize(graph_.nodes); }
  /// A recent node, or the input: graphs get deep, and outputs are read again.
  Index any_node() {
    const Index reach = std::min<Index>(node_count() + 1, 4);
    return node_count() - 1 - static_cast<Index>(below(static_cast<std::size_t>(reach)));
  }

  /// Adds a layer where it fits.
  void add(const LayerCase& layer, const std::vector<Index>& inputs, Index widest = kWidest) {
    Shape output;
    try {
      if (is_join(layer.type))
        output = joined_shape(layer.type, inputs);
      else
        output = nn::Network<float>({describe_layer(layer.type, layer.options)}, shape_of(inputs.front())).output();
    } catch (const Error&) {
      return;
    }
    const Index degree = degree_of(layer.type, inputs);
    if (is_steep(layer, shape_of(inputs.front()))) return;
    if (output.size() > widest || degree > kHighestDegree) return;
    degrees_.push_back(degree);
    graph_.nodes.push_back({layer, inputs});
    shapes_.push_back(output);
    is_read_.push_back(false);
    for (const Index input : inputs) is_read_[static_cast<std::size_t>(input + 1)] = true;
  }

  Shape joined_shape(const std::string& type, const std::vector<Index>& inputs) const {
    if (type != "concatenate") return shape_of(inputs.front());
    std::vector<Index> dims = shape_of(inputs.front()).dims();
    dims.back() = 0;
    for (const Index input : inputs) dims.back() += shape_of(input).channels();
    return Shape(dims);
  }

  /// The degree of a polynomial of products: an input multiplied by itself again and again.
  Index degree_of(const std::string& type, const std::vector<Index>& inputs) const {
    Index sum = 0;
    Index highest = 0;
    for (const Index input : inputs) {
      const Index degree = degrees_[static_cast<std::size_t>(input + 1)];
      sum += degree;
      highest = std::max(highest, degree);
    }
    return type == "multiply" ? sum : highest;
  }

  void add_single() { add(cases_[below(cases_.size())], {any_node()}); }

  void add_join() {
    const Index first = any_node();
    std::vector<Index> same;
    for (Index node = LayerGraph::kInput; node < node_count(); ++node)
      if (shape_of(node) == shape_of(first)) same.push_back(node);
    std::vector<Index> inputs{first};
    for (std::size_t more = 1 + below(2); more > 0; --more) inputs.push_back(same[below(same.size())]);
    constexpr const char* kTypes[] = {"add", "concatenate", "multiply"};
    add({kTypes[below(3)], "{}"}, inputs);
  }

  /// All outputs that nobody reads become one, by a flatten each and a concatenate.
  void join_unread() {
    std::vector<Index> unread;
    for (Index node = 0; node < node_count(); ++node)
      if (!is_read_[static_cast<std::size_t>(node + 1)]) unread.push_back(node);
    if (unread.size() < 2) return;
    for (Index& node : unread) {
      if (shape_of(node).rank() == 1) continue;
      add({"flatten", "{}"}, {node});
      node = node_count() - 1;
    }
    add({"concatenate", "{}"}, unread, Shape::kMaxSize);
  }

  const std::vector<LayerCase> cases_ = single_input_cases();
  RandomStream stream_{22, Purpose::kData};
  LayerGraph graph_;
  std::vector<Shape> shapes_;
  std::vector<Index> degrees_;
  std::vector<bool> is_read_;
};

}  // namespace

bool is_join(const std::string& type) { return type == "add" || type == "concatenate" || type == "multiply" || type == "residual"; }

std::vector<nn::LayerDescription> LayerGraph::descriptions() const {
  std::vector<nn::LayerDescription> descriptions;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::vector<std::string> inputs;
    for (const Index node : nodes[i].inputs) inputs.push_back(node_name(node));
    const std::string two = R"({"inputs": ["", ""]})";  // a join must be given some before it is described
    nn::LayerDescription layer = describe_layer(nodes[i].layer.type, is_join(nodes[i].layer.type) ? two : nodes[i].layer.options);
    layer.name = node_name(static_cast<Index>(i));
    layer.inputs = std::move(inputs);
    descriptions.push_back(std::move(layer));
  }
  return descriptions;
}

std::string LayerGraph::text() const {
  std::string text = input.text();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    text += "; n" + std::to_string(i) + " = " + nodes[i].layer.type + " " + nodes[i].layer.options + " of";
    for (const Index node : nodes[i].inputs) text += " " + node_name(node);
  }
  return text;
}

bool LayerGraph::has_differentiable_output(const Mode& mode) const {
  return std::all_of(nodes.begin(), nodes.end(), [&](const Node& node) { return test::has_differentiable_output(node.layer, mode); });
}

std::vector<LayerGraph> layer_graphs(int count) {
  GraphDraw draw;
  std::vector<LayerGraph> graphs;
  graphs.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) graphs.push_back(draw.draw(3 + i % 10));
  return graphs;
}

}  // namespace normrun::test
