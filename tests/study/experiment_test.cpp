#include "study/experiment.hpp"

#include <doctest/doctest.h>

#include "study/plan.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

std::vector<Problem> problems_of(const std::string& text, const Overrides& overrides = {}) {
  const TemporaryFolder folder;
  try {
    load_experiment(folder.write("c.json", text), overrides, Check::kWithData);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.problems();
  }
  return {};
}

}  // namespace

TEST_CASE("a config with its grid becomes an experiment") {
  const TemporaryFolder folder;
  const Experiment experiment = load_experiment(folder.write("c.json", small_config()), {}, Check::kWithData);
  CHECK(experiment.grid.size() == 8);
  const RunConfig last = experiment.at(7);
  CHECK(last.norm->type == "layer");
  CHECK(last.train.batch_size == 8);
  CHECK(last.seed == 1);
  CHECK(run_key(experiment, 7, last).run_id == "layer-b8-s1");
}

TEST_CASE("overrides set keys, replace axes and drop them") {
  const TemporaryFolder folder;
  const Overrides overrides{{"norm.type=none"}, {"train.batch_size=2,16,32"}, "3..5", 7};
  const Experiment experiment = load_experiment(folder.write("c.json", small_config()), overrides, Check::kWithData);
  CHECK(experiment.grid.size() == 9);
  const RunConfig run = experiment.at(5);
  CHECK(run.norm->type == "none");
  CHECK(run.train.batch_size == 16);
  CHECK(run.seed == 5);
  CHECK(run.train.epochs == 7);
}

TEST_CASE("wrong values anywhere in the grid are found before any training") {
  const std::vector<Problem> problems = problems_of(R"({"data": {"type": "gaussian", "samples": 10, "features": 3, "target": "zeros"},
                      "network": [{"type": "dense", "units": 2}, {"type": "norm"}], "norm": {"type": "batch"},
                      "grid": {"train.batch_size": [2, 0, "four"], "norm.momentun": [0.9]}})");
  CHECK(problems.size() == 3);
}

TEST_CASE("a network whose outputs fit no class count is refused before any training") {
  const std::vector<Problem> problems =
      problems_of(R"({"data": {"type": "gaussian", "samples": 10, "features": 3, "target": "clusters", "classes": 4},
                      "network": [{"type": "dense", "units": 3}], "grid": {"seed": [0, 1]}})");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].what.find("4 classes") != std::string::npos);
}

TEST_CASE("population statistics of more rows than there are, or of a split without any, are refused before any training") {
  for (const std::string population : {R"({"samples": 9})", R"({"split": "validation"})"}) {
    const std::string config = R"({"data": {"type": "gaussian", "samples": 10, "features": 3, "target": "clusters", "classes": 4},
                                   "network": [{"type": "batch"}, {"type": "dense", "units": 4}], "population": )";
    const std::vector<Problem> problems = problems_of(config + population + "}");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].what.find("asks for") != std::string::npos);
    CHECK(problems_of(config + R"({"samples": 8}})").empty());  // two rows are for testing
  }
}

TEST_CASE("shapes that fit for some values of the grid are left to their runs") {
  CHECK(problems_of(R"({"data": {"type": "gaussian", "samples": 10, "features": 3, "target": "clusters", "classes": 4},
                        "network": [{"type": "dense", "units": 4}], "grid": {"network.0.units": [4, 3]}})")
            .empty());
}

TEST_CASE("the digest covers the numbers, not the grid or the texts") {
  const TemporaryFolder folder;
  const auto digest = [&](const std::string& text) {
    return load_experiment(folder.write("c.json", text), {}, Check::kConfigOnly).digest();
  };
  const std::string base = digest(small_config());
  CHECK(digest(small_config(R"(, "description": "other words")")) == base);
  CHECK(digest(small_config(R"(, "precision": "float64")")) != base);
  std::string more_seeds = small_config();
  more_seeds.replace(more_seeds.find("[0, 1]"), 6, "[0, 1, 2, 3]");
  CHECK(digest(more_seeds) == base);
}

TEST_CASE("the resolved config reads as itself") {
  const TemporaryFolder folder;
  const Experiment first = load_experiment(folder.write("c.json", small_config()), {}, Check::kConfigOnly);
  const Experiment second = load_experiment(folder.write("r.json", first.resolved()), {}, Check::kConfigOnly);
  CHECK(second.resolved() == first.resolved());
  CHECK(second.digest() == first.digest());
  CHECK(second.grid.size() == first.grid.size());
}
