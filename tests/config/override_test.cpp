#include <doctest/doctest.h>

#include "config/grid/grid.hpp"
#include "config/sample_options.hpp"

using namespace normrun;

namespace {

config::AxisTexts grid_values(const std::string& expression) {
  std::vector<config::Axis> axes;
  config::apply_grid_option(axes, expression);
  return axes.at(0).values;
}

config::AxisTexts seed_values(const std::string& expression) {
  std::vector<config::Axis> axes;
  config::apply_seeds_option(axes, expression);
  return axes.at(0).values;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("--grid splits at the commas outside of brackets and quotes") {
  CHECK(grid_values("a=2,4, 32") == Texts{"2", "4", "32"});
  CHECK(grid_values("a=batch,layer") == Texts{"\"batch\"", "\"layer\""});
  CHECK(grid_values("a=[1,2],[3,[4,5]]") == Texts{"[1,2]", "[3,[4,5]]"});
  CHECK(grid_values(R"(a={"type":"x","y":1},{"type":"z"})") == Texts{R"({"type":"x","y":1})", R"({"type":"z"})"});
  CHECK(grid_values(R"(a="x,y","p\"q,r")") == Texts{R"("x,y")", R"("p\"q,r")"});
  CHECK(grid_values("a=1e999,true") == Texts{"\"1e999\"", "true"});
  CHECK(grid_values("a=x=1,y") == Texts{"\"x=1\"", "\"y\""});
  CHECK(grid_values("a=],2") == Texts{"\"]\"", "2"});
}

TEST_CASE("--grid replaces an axis where it stands, or appends one") {
  std::vector<config::Axis> axes = config::read_axes(config::Document::parse(R"({"grid": {"a": [1], "b": [2]}})", "c.json"));
  config::apply_grid_option(axes, "a=5,6");
  config::apply_grid_option(axes, "c=7");
  REQUIRE(axes.size() == 3);
  CHECK(axes[0].values == Texts{"5", "6"});
  CHECK(axes[0].origin == "--grid a");
  CHECK(axes[2].key == "c");
}

TEST_CASE("--grid of a whole object removes the axes of its own keys") {
  std::vector<config::Axis> axes =
      config::read_axes(config::Document::parse(R"({"grid": {"norm.type": ["a", "b"], "seed": [1, 2], "normal": [1]}})", "c.json"));
  config::apply_grid_option(axes, R"(norm={"name": "x", "type": "c"},{"name": "y", "type": "c"})");
  REQUIRE(axes.size() == 3);
  CHECK(axes[0].key == "seed");
  CHECK(axes[1].key == "normal");
  CHECK(axes[2].labels == Texts{"x", "y"});
}

TEST_CASE("--grid refuses what is no axis") {
  const auto refusal = [](const std::string& expression) { return refusal_of([&] { grid_values(expression); }); };
  CHECK(refusal("a") == "--grid: expected key=value, got \"a\"; write --grid train.batch_size=2,4,32");
  CHECK(refusal("=1") == "--grid: expected key=value, got \"=1\"; write --grid train.batch_size=2,4,32");
  CHECK(refusal("a=") == "--grid a: an empty value in \"\"; separate the values by single commas");
  CHECK(refusal("a=1,,2") == "--grid a: an empty value in \"1,,2\"; separate the values by single commas");
  CHECK(refusal("a=1,1") == "--grid a: the value 1 is given twice; remove one of them");
  CHECK(refusal("a=\xFF").find("not UTF-8") != std::string::npos);
}

TEST_CASE("a value of --grid is blamed on --grid") {
  const config::Document document = config::Document::parse(R"({"grid": {"train.batch_size": [1]}})", "c.json");
  std::vector<config::Axis> axes = config::read_axes(document);
  config::apply_grid_option(axes, "train.batch_size=4,x");
  CHECK(problems_of(config::at_point(document, config::Grid(axes), 1)) ==
        "--grid train.batch_size: expected a whole number >= 1, got \"x\"");
}

TEST_CASE("--set sets the value and removes the axis of that key and those below") {
  config::Document document = config::Document::parse(R"({"grid": {"norm.type": ["a", "b"], "seed": [1, 2], "normal": [1]}})", "c.json");
  std::vector<config::Axis> axes = config::read_axes(document);
  config::apply_set_option(document, axes, "seed=3");
  CHECK(document.text_at("seed") == "3");
  REQUIRE(axes.size() == 2);
  config::apply_set_option(document, axes, R"(norm={"type": "c"})");
  REQUIRE(axes.size() == 1);
  CHECK(axes[0].key == "normal");
  CHECK(document.where("/norm") == "--set norm");
  CHECK(config::at_point(document, config::Grid(axes), 0).text_at("norm") == R"({"type":"c"})");
}

TEST_CASE("--set grid replaces all axes, --set grid.KEY one of them") {
  config::Document document = config::Document::parse(R"({"grid": {"norm.type": ["a", "b"], "seed": [1, 2]}})", "c.json");
  std::vector<config::Axis> axes = config::read_axes(document);
  config::apply_set_option(document, axes, "grid.seed=[7, 8]");
  REQUIRE(axes.size() == 2);
  CHECK(axes[1].values == Texts{"7", "8"});
  CHECK(axes[1].origin == "--set grid.seed");
  config::apply_set_option(document, axes, "grid.train.batch_size=4");
  REQUIRE(axes.size() == 3);
  CHECK(axes[2].key == "train.batch_size");
  CHECK(axes[2].values == Texts{"4"});
  config::apply_set_option(document, axes, "grid.seed=0..2");
  CHECK(axes[1].values == Texts{"0", "1", "2"});
  config::apply_set_option(document, axes, R"(grid={"train.batch_size": [2, "x"]})");
  REQUIRE(axes.size() == 1);
  CHECK(problems_of(config::at_point(document, config::Grid(axes), 1)) ==
        "--set grid/train.batch_size/1: expected a whole number >= 1, got \"x\"");
  config::apply_set_option(document, axes, "grid={}");
  CHECK(axes.empty());
}

TEST_CASE("--set refuses a grid that is none") {
  config::Document document = config::Document::parse("{}", "c.json");
  std::vector<config::Axis> axes;
  const auto refusal = [&](const std::string& expression) {
    return refusal_of([&] { config::apply_set_option(document, axes, expression); });
  };
  CHECK(refusal("grid=7") == "--set grid: expected an object { \"key\": [values], … }, got 7");
  CHECK(refusal("grid.seed=[]") == "--set grid.seed: no values to sweep over; give at least one value, or remove the key");
  CHECK(refusal("grid.seed=[1, 1]") == "--set grid.seed/1: the value 1 is given twice; remove one of them");
  CHECK(refusal("grid.grid.seed=[1]") ==
        "--set grid.grid.seed: an axis cannot sweep \"grid\" or a key below it; name a key of another option, such as train.batch_size");
}

TEST_CASE("--set refuses what has no effect or no form") {
  config::Document document = config::Document::parse(R"({"a": 1, "grid": {"norm": [{"type": "a"}]}})", "c.json");
  std::vector<config::Axis> axes = config::read_axes(document);
  const auto refusal = [&](const std::string& expression) {
    return refusal_of([&] { config::apply_set_option(document, axes, expression); });
  };
  CHECK(
      refusal("norm.momentum=1") ==
      "--set norm.momentum: the grid sweeps all of \"norm\", which would overwrite this value; change it in c.json:1:27 /grid/norm, or set "
      "\"norm\" first");
  CHECK(refusal("x") == "--set: expected key=value, got \"x\"; write --set train.batch_size=32");
  CHECK(refusal("a.b=1") == "--set a.b: \"/a\" is 1, which has no options; give the whole object");
  CHECK(axes.size() == 1);
}

TEST_CASE("--seeds: a range, one, a list, or all of them") {
  CHECK(seed_values("0..4") == Texts{"0", "1", "2", "3", "4"});
  CHECK(seed_values("3") == Texts{"3"});
  CHECK(seed_values("1,5,9") == Texts{"1", "5", "9"});
  CHECK(seed_values("7..7, 0..1") == Texts{"7", "0", "1"});
  CHECK(seed_values("9223372036854775806..9223372036854775807").size() == 2);
}

TEST_CASE("--seeds replaces the axis seed where it stands") {
  std::vector<config::Axis> axes = config::read_axes(config::Document::parse(R"({"grid": {"seed": [1, 2], "b": [2]}})", "c.json"));
  config::apply_seeds_option(axes, "5..6");
  REQUIRE(axes.size() == 2);
  CHECK(axes[0].values == Texts{"5", "6"});
  CHECK(axes[0].labels == Texts{"5", "6"});
  CHECK(axes[0].origin == "--seeds");
}

TEST_CASE("--seeds refuses what is no range of seeds") {
  const auto refusal = [](const std::string& expression) { return refusal_of([&] { seed_values(expression); }); };
  const std::string form = "; write --seeds 0..4, --seeds 3 or --seeds 1,5,9";
  for (const std::string text : {"", "x", "-1", "-1..3", "1..", "..2", "1.5", "1...3", "1,", "99999999999999999999", "+1"}) {
    CAPTURE(text);
    CHECK(refusal(text) == "--seeds: expected whole numbers >= 0, got \"" + text + "\"" + form);
  }
  CHECK(refusal("4..0") == "--seeds: the range \"4..0\" runs backwards; write the smaller seed first");
  CHECK(refusal("1,1") == "--seeds: the value 1 is given twice; remove one of them");
  CHECK(refusal("0..10000000") == "--seeds: more than 10000000 seeds; split the experiment");
  const std::string listed = "--seeds: more than 100000 seeds in a list; give them as one range, such as 0..999999";
  CHECK(refusal("0..99999,100000") == listed);
  CHECK(refusal("100000,0..99999") == listed);
  CHECK(seed_values("0..99998,100000").size() == 100'000);
  CHECK(refusal("0..9223372036854775807").find("more than 10000000 seeds") != std::string::npos);
}

TEST_CASE("a million seeds are no trouble") { CHECK(seed_values("0..999999").size() == 1'000'000); }
