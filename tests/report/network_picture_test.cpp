#include <doctest/doctest.h>

#include <algorithm>

#include "config/options/document.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"
#include "report/draw/network_graph.hpp"
#include "report/draw/network_text.hpp"

using namespace normrun;

namespace {

/// A network as a config writes it, with batch norm in place of each {"type": "norm"}.
nn::Network<float> network_of(const std::string& layers, const Shape& input) {
  struct Layers final : config::Described {
    nn::LayerList list;
    void describe(config::OptionVisitor& visitor) override { visitor.tagged_list({"network", ""}, list, nn::layer_family()); }
  } read;
  std::vector<Problem> problems;
  config::Document::parse("{\"network\": " + layers + "}", "test").read("", read, problems);
  REQUIRE(problems.empty());
  return {nn::describe_layers(read.list, nn::norm_family().make("batch")), input};
}

const std::string kBlock = R"([{"type": "dense", "units": 4}, {"type": "residual", "name": "block", "body": ["norm", "relu"]}, "softmax"])";
const std::string kResnet = R"([{"type": "resnet20"}, {"type": "dense", "units": 10}])";

std::vector<std::string> names_of(const std::vector<report::GraphBox>& boxes) {
  std::vector<std::string> names(boxes.size());
  std::transform(boxes.begin(), boxes.end(), names.begin(), [](const report::GraphBox& box) { return box.name; });
  return names;
}

}  // namespace

TEST_CASE("a network as text: branches are indented, and joins say what they read") {
  CHECK(report::network_text(network_of(kBlock, Shape{3})) ==
        "layer                    type                     output   parameters\n"
        "dense_0                  dense                       (4)           16\n"
        "block:\n"
        "  body:\n"
        "    batch_0              batch                       (4)            8\n"
        "    relu_1               relu                        (4)            0\n"
        "block                    residual                    (4)            0  reads body/relu_1, dense_0\n"
        "softmax_2                softmax                     (4)            0\n"
        "total                                                              24\n");
}

TEST_CASE("a network as boxes: each reads boxes above it, and says which normalization it is") {
  const std::vector<report::GraphBox> boxes = report::graph_boxes(network_of(kBlock, Shape{3}), 20);
  CHECK(names_of(boxes) == std::vector<std::string>{"input", "dense", "normalization layer 1", "relu 1", "block", "softmax"});
  CHECK(boxes[4].inputs == std::vector<std::size_t>{3, 1});
  CHECK(boxes[2].normalizes);
  CHECK(boxes[2].hint == "normalization layer 1: batch norm, output 4, 8 parameters");
  const std::string picture = report::graph_picture(boxes);
  CHECK(picture.find("<rect class=\"box norm\"") != std::string::npos);
  // The shortcut goes straight down the first column, and the body lies in the second.
  CHECK(picture.find("<polyline class=\"link\" points=\"109,67 109,154 109,154 109,161\"") != std::string::npos);
}

TEST_CASE("the blocks of a large network are folded, the innermost first") {
  const nn::Network<float> network = network_of(kResnet, Shape{32, 32, 3});
  const std::vector<report::GraphBox> boxes = report::graph_boxes(network, 26);
  REQUIRE(boxes.size() == 24);
  CHECK(boxes[4].name == "stage 1 block 1");
  CHECK(boxes[4].note == "6 layers");
  CHECK(boxes[4].hint == "stage 1 block 1: 6 layers, output 32×32×16, 4672 parameters, normalization layers 2 to 3");
  CHECK(boxes[4].inputs == std::vector<std::size_t>{3});
  const std::vector<report::GraphBox> few = report::graph_boxes(network, 5);
  CHECK(names_of(few) == std::vector<std::string>{"input", "resnet20", "dense"});
  CHECK(few[1].note == "71 layers");
}
