#include "nn/gradient_plan.hpp"

#include <doctest/doctest.h>

namespace normrun::test {
namespace {

using nn::GradientPlace;
using nn::GradientPlan;
using Memory = nn::GradientPlace::Memory;
using Wanted = nn::GradientPlan::Wanted;

std::vector<GradientPlan::Layer> with_params(std::size_t layers) { return std::vector<GradientPlan::Layer>(layers, {.has_params = true}); }
GradientPlace buffer(Index number) { return {Memory::kBuffer, number}; }

}  // namespace

TEST_CASE("a graph knows its cuts and how often each boundary is read") {
  // layer 0 reads the input; 1 and 2 read layer 0; 3 joins layers 2 and 1; 4 follows
  const nn::Graph graph = nn::make_graph({{0}, {1}, {1}, {3, 2}, {4}});
  CHECK(graph.readers == std::vector<Index>{1, 2, 1, 1, 1, 0});
  CHECK(graph.is_cut == std::vector<bool>{true, true, false, false, true, true});
}

TEST_CASE("a chain takes two gradient buffers in turns, and one where its layers work in place") {
  const nn::Graph graph = nn::make_graph({{0}, {1}, {2}, {3}});
  GradientPlan plan(graph, with_params(4));
  CHECK(plan.buffer_count() == 2);
  plan.plan(4, Wanted::kParameters);
  CHECK(plan.place(4) == buffer(0));
  CHECK(plan.place(3) == buffer(1));
  CHECK(plan.place(2) == buffer(0));
  CHECK(plan.place(0).memory == Memory::kNone);
  plan.plan(3, Wanted::kParametersAndInput);
  CHECK(plan.place(3) == buffer(0));
  CHECK(plan.place(0).memory == Memory::kOutside);
  CHECK_FALSE(plan.runs(3));
  CHECK(plan.runs(0));
  GradientPlan in_place(graph, std::vector<GradientPlan::Layer>(4, {.has_params = true, .writes_dx_over_dy = true}));
  CHECK(in_place.buffer_count() == 1);
}

TEST_CASE("the last reader of a boundary writes its gradient, and the others add theirs") {
  const nn::Graph graph = nn::make_graph({{0}, {1}, {1}, {3, 2}});  // two branches that read layer 0
  GradientPlan plan(graph, with_params(4));
  CHECK(plan.buffer_count() == 3);
  plan.plan(4, Wanted::kParameters);
  CHECK(plan.inputs(3)[0].place == buffer(1));
  CHECK(plan.inputs(3)[1].place == buffer(2));
  CHECK(plan.inputs(2)[0].place == buffer(0));  // dy of the join is read by now
  CHECK_FALSE(plan.inputs(2)[0].is_added);
  CHECK(plan.inputs(1)[0].place == buffer(1));  // scratch
  CHECK(plan.inputs(1)[0].is_added);
  CHECK(plan.place(1) == buffer(0));
}

TEST_CASE("an input that a layer reads twice gets the sum of both gradients") {
  const nn::Graph graph = nn::make_graph({{0}, {1, 1}});
  GradientPlan plan(graph, with_params(2));
  plan.plan(2, Wanted::kParameters);
  CHECK_FALSE(plan.inputs(1)[0].is_added);
  CHECK(plan.inputs(1)[1].is_added);
  CHECK(plan.inputs(1)[0].place != plan.inputs(1)[1].place);
}

TEST_CASE("layers below which nothing is trained do not run, nor those that no gradient reaches") {
  // layers 0 and 1 have no parameters; layer 3 reads layer 1, and layer 2 is above the start
  const nn::Graph graph = nn::make_graph({{0}, {1}, {2}, {2}, {3, 4}});
  std::vector<GradientPlan::Layer> layers = with_params(5);
  layers[0].has_params = layers[1].has_params = false;
  GradientPlan plan(graph, layers);
  plan.plan(5, Wanted::kParameters);
  CHECK_FALSE(plan.runs(0));
  CHECK_FALSE(plan.runs(1));
  CHECK(plan.runs(2));
  CHECK(plan.inputs(2)[0].place.memory == Memory::kNone);
  plan.plan(4, Wanted::kParameters);  // from layer 3's output: layer 2 is not below it
  CHECK(plan.runs(3));
  CHECK_FALSE(plan.runs(2));
}

TEST_CASE("a gradient may lie over its boundary's activations, and the layers below may go on there") {
  const nn::Graph graph = nn::make_graph({{0}, {1}, {2}});
  std::vector<GradientPlan::Layer> layers = with_params(3);
  layers[2].writes_dx_over_x = true;
  layers[1].writes_dx_over_dy = true;
  GradientPlan plan(graph, layers);
  CHECK(plan.buffer_count() == 1);
  plan.plan(3, Wanted::kParameters);
  CHECK(plan.place(2) == GradientPlace{Memory::kActivations, 2});
  CHECK(plan.place(1) == GradientPlace{Memory::kActivations, 2});
}

}  // namespace normrun::test
