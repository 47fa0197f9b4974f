#include "config/grid/grid.hpp"

#include <doctest/doctest.h>

#include "config/sample_options.hpp"

using namespace normrun;

namespace {

config::Axis axis(const std::string& key, std::size_t count) {
  return {.key = key,
          .values = std::vector<std::string>(count, "1"),
          .labels = std::vector<std::string>(count, "1"),
          .origin = "--grid " + key};
}

std::string refusal_of_grid(const std::string& grid) {
  return refusal_of([&] { config::read_axes(config::Document::parse("{\"grid\": " + grid + "}", "c.json")); });
}

}  // namespace

TEST_CASE("a grid's points: the first axis is the slowest") {
  const config::Grid grid({axis("a", 2), axis("b", 3)});
  CHECK(grid.size() == 6);
  CHECK(grid.point(0) == std::vector<std::size_t>{0, 0});
  CHECK(grid.point(1) == std::vector<std::size_t>{0, 1});
  CHECK(grid.point(3) == std::vector<std::size_t>{1, 0});
  CHECK(grid.point(5) == std::vector<std::size_t>{1, 2});
  CHECK(config::Grid().size() == 1);
  CHECK(config::Grid().point(0).empty());
}

TEST_CASE("a grid of too many runs is refused without overflow") {
  CHECK(config::Grid({axis("a", 1000), axis("b", 10000)}).size() == config::Grid::kMaxRuns);
  CHECK(refusal_of([] {
          config::Grid({axis("a", 1001), axis("b", 10000)});
        }) == "--grid b: the grid has more than 10000000 runs; split the experiment");
  const std::vector<config::Axis> many(40, axis("a", 1000));
  CHECK(refusal_of([&] { config::Grid grid(many); }).find("more than 10000000 runs") != std::string::npos);
  CHECK(refusal_of([] { config::Grid({axis("a", 0)}); }).find("no values to sweep over") != std::string::npos);
}

TEST_CASE("read_axes: values in the order of the file, labels for the columns") {
  const config::Document document = config::Document::parse(R"({"grid": {
    "norm.type": ["batch", "none"], "train.batch_size": [2, 4.0, 1e3, 0.10], "seed": 7,
    "norm": [{"name": "slow", "type": "batch"}, {"type": "batch"}], "header": [true, null], "data.shape": [[28, 28], [784]]}})",
                                                            "c.json");
  const std::vector<config::Axis> axes = config::read_axes(document);
  REQUIRE(axes.size() == 6);
  CHECK(axes[0].key == "norm.type");
  CHECK(axes[0].values == std::vector<std::string>{"\"batch\"", "\"none\""});
  CHECK(axes[0].labels == std::vector<std::string>{"batch", "none"});
  CHECK(axes[0].origin == "c.json:2:18 /grid/norm.type");
  CHECK(axes[1].labels == std::vector<std::string>{"2", "4", "1000", "0.1"});
  CHECK(axes[2].values == std::vector<std::string>{"7"});
  CHECK(axes[3].labels == std::vector<std::string>{"slow", "batch"});
  CHECK(axes[4].labels == std::vector<std::string>{"true", "null"});
  CHECK(axes[5].labels == std::vector<std::string>{"[28,28]", "[784]"});
  CHECK(config::read_axes(config::Document::parse("{}", "c.json")).empty());
}

TEST_CASE("read_axes refuses what cannot be swept") {
  CHECK(refusal_of_grid("[1]") == "c.json:1:10 /grid: expected an object { \"key\": [values], … }, got [1]");
  CHECK(refusal_of_grid(R"({"a": []})") == "c.json:1:16 /grid/a: no values to sweep over; give at least one value, or remove the key");
  CHECK(refusal_of_grid(R"({"a": [1, 2, 1.0]})") == "c.json:1:23 /grid/a/2: the value 1 is given twice; remove one of them");
  CHECK(refusal_of_grid(R"({"a": [1, "1"]})") ==
        "c.json:1:20 /grid/a/1: two values are called \"1\"; give each object a \"name\" of its own");
  CHECK(refusal_of_grid(R"({"a": [{"type": "x"}, {"type": "x", "y": 1}]})") ==
        "c.json:1:32 /grid/a/1: two values are called \"x\"; give each object a \"name\" of its own");
  CHECK(refusal_of_grid(R"({"a": [{"x": 1}], "b": []})") ==
        "c.json:1:17 /grid/a/0: an object without \"name\" or \"type\"; give it a \"name\", which the tables show in its column\n"
        "c.json:1:33 /grid/b: no values to sweep over; give at least one value, or remove the key");
}

TEST_CASE("at_point puts one value of each axis, and the problems name the value") {
  const config::Document document = config::Document::parse(
      "{\"train\": {\"batch_size\": 1},\n \"grid\": {\"train.batch_size\": [2, \"x\"], \"name\": [\"a\", \"b\"]}}", "c.json");
  const config::Grid grid(config::read_axes(document));
  CHECK(config::at_point(document, grid, 1).dump() == R"({"train":{"batch_size":2},"name":"b"})");
  CHECK(problems_of(config::at_point(document, grid, 1)) == "");
  CHECK(problems_of(config::at_point(document, grid, 2)) ==
        "c.json:2:35 /grid/train.batch_size/1: expected a whole number >= 1, got \"x\"");
  CHECK(document.contains("grid"));
}

TEST_CASE("at_point finds a value's place though the axis was cut to that value") {
  const config::Document document = config::Document::parse(R"({"grid": {"train.batch_size": [2, "x"]}})", "c.json");
  std::vector<config::Axis> axes = config::read_axes(document);
  axes[0].values = {"\"x\""};
  CHECK(problems_of(config::at_point(document, config::Grid(axes), 0)).find("/grid/train.batch_size/1: expected") != std::string::npos);
}

TEST_CASE("at_point: an unknown swept key is refused where the grid names it") {
  const config::Document document = config::Document::parse(R"({"grid": {"train.batchsize": [2]}})", "c.json");
  CHECK(problems_of(config::at_point(document, config::Grid(config::read_axes(document)), 0)) ==
        "c.json:1:31 /grid/train.batchsize/0: unknown key \"batchsize\"; did you mean \"batch_size\"?");
}

TEST_CASE("at_point: an object's name labels the column and stays only in lists") {
  const config::Document document = config::Document::parse(R"({"network": [{"type": "dense"}], "grid": {
    "train.optimizer": [{"name": "plain", "type": "sgd"}], "network.0": [{"name": "hidden", "type": "dense"}]}})",
                                                            "c.json");
  const config::Document point = config::at_point(document, config::Grid(config::read_axes(document)), 0);
  CHECK(point.text_at("train.optimizer") == R"({"type":"sgd"})");
  CHECK(point.text_at("network.0") == R"({"name":"hidden","type":"dense"})");
}

TEST_CASE("at_point: a whole object goes in before its own options, whichever comes first") {
  const config::Document document =
      config::Document::parse(R"({"grid": {"norm.momentum": [0.5], "norm": [{"type": "batch", "momentum": 0.9}]}})", "c.json");
  CHECK(config::at_point(document, config::Grid(config::read_axes(document)), 0).text_at("norm") == R"({"type":"batch","momentum":0.5})");
}

TEST_CASE("at_point: a swept type drops the keys of the other types") {
  const config::Document document = config::Document::parse(
      R"({"train": {"optimizer": {"type": "adam", "epsilon": 0.1}}, "grid": {"train.optimizer.type": ["adam", "sgd"]}})", "c.json");
  const config::Grid grid(config::read_axes(document));
  CHECK(problems_of(config::at_point(document, grid, 0)) == "");
  CHECK(problems_of(config::at_point(document, grid, 1)) == "");
}

TEST_CASE("a range of seeds takes no memory for its values") {
  const std::vector<config::Axis> axes = config::read_axes(config::Document::parse(R"({"grid": {"seed": "5..1000004"}})", "c.json"));
  REQUIRE(axes.size() == 1);
  CHECK(axes[0].values.is_range());
  CHECK(axes[0].values.size() == 1'000'000);
  CHECK(axes[0].values[0] == "5");
  CHECK(axes[0].labels.back() == "1000004");
  CHECK(axes[0].origin == "c.json:1:19 /grid/seed");
  CHECK(config::read_axes(config::Document::parse(R"({"grid": {"seed": "0..2"}})", "c.json"))[0].values ==
        config::AxisTexts{"0", "1", "2"});
  for (const char* text : {"", "..", "3", "1..", "..4", "4..1", "-1..4", "0..10000000", "0..99999999999999999999", "a..b", "0..1..2"}) {
    CAPTURE(text);
    CHECK(!config::parse_seed_range(text));
  }
}
