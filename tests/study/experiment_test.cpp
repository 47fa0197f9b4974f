#include "study/experiment.hpp"

#include <doctest/doctest.h>

#include "study/plan.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

std::vector<Problem> problems_of(const std::string& text, const study::Overrides& overrides = {}) {
  const TemporaryFolder folder;
  try {
    study::load_experiment(folder.write("c.json", text), overrides, study::Check::kWithData);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.problems();
  }
  return {};
}

/// A small network's config with these members, and default train options unless they give some.
std::string config_with(const std::string& members) {
  return R"({"data": {"type": "gaussian", "samples": 20, "features": 3, "target": "linear"},
             "network": [{"type": "dense", "units": 2}, {"type": "norm"}, {"type": "dense", "units": 1}],)" +
         members + "}";
}

/// Each run of the experiment that the resolved config makes must be the same run.
void check_resolved(const std::string& text, const study::Overrides& overrides = {}) {
  CAPTURE(text);
  const TemporaryFolder folder;
  const study::Experiment first = study::load_experiment(folder.write("c.json", text), overrides, study::Check::kWithData);
  const study::Experiment second = study::load_experiment(folder.write("r.json", first.resolved()), {}, study::Check::kWithData);
  CHECK(second.resolved() == first.resolved());
  CHECK(second.digest() == first.digest());
  REQUIRE(second.grid.size() == first.grid.size());
  for (std::int64_t run = 0; run < first.grid.size(); ++run) {
    CHECK(study::run_text(second.at(run)) == study::run_text(first.at(run)));
    CHECK(study::run_key(second, run, second.at(run)).csv() == study::run_key(first, run, first.at(run)).csv());
  }
}

/// What two options of one command line are told, on the small config.
std::string refusal_of(const study::Overrides& overrides) {
  const std::vector<Problem> problems = problems_of(small_config(), overrides);
  return problems.size() == 1 ? to_line(problems[0]) : std::to_string(problems.size()) + " problems";
}

}  // namespace

TEST_CASE("a config with its grid becomes an experiment") {
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kWithData);
  CHECK(experiment.grid.size() == 8);
  const study::RunConfig last = experiment.at(7);
  CHECK(last.norm->type == "layer");
  CHECK(last.train.batch_size == 8);
  CHECK(last.seed == 1);
  CHECK(study::run_key(experiment, 7, last).run_id == "layer-b8-s1");
}

TEST_CASE("overrides set keys, replace axes and drop them") {
  const TemporaryFolder folder;
  const study::Overrides overrides{{"norm.type=none"}, {"train.batch_size=2,16,32"}, "3..5", 7};
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kWithData);
  CHECK(experiment.grid.size() == 9);
  const study::RunConfig run = experiment.at(5);
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
    return study::load_experiment(folder.write("c.json", text), {}, study::Check::kConfigOnly).digest();
  };
  const std::string base = digest(small_config());
  CHECK(digest(small_config(R"(, "description": "other words")")) == base);
  CHECK(digest(small_config(R"(, "precision": "float64")")) != base);
  std::string more_seeds = small_config();
  more_seeds.replace(more_seeds.find("[0, 1]"), 6, "[0, 1, 2, 3]");
  CHECK(digest(more_seeds) == base);
}

TEST_CASE("the digest covers what only later runs of a sweep over types read") {
  const TemporaryFolder folder;
  const auto digest = [&](const std::string& momentum) {
    const study::Overrides layer_first{{}, {R"(norm.type="layer","batch")"}, "", {}};
    std::string text = small_config();
    text.replace(text.find("0.9}"), 3, momentum);
    return study::load_experiment(folder.write("c.json", text), layer_first, study::Check::kConfigOnly).digest();
  };
  CHECK(digest("0.50") == digest("0.5"));
  CHECK(digest("0.6") != digest("0.5"));
}

TEST_CASE("the resolved config reads as itself") {
  const TemporaryFolder folder;
  const study::Experiment first = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kConfigOnly);
  const study::Experiment second = study::load_experiment(folder.write("r.json", first.resolved()), {}, study::Check::kConfigOnly);
  CHECK(second.resolved() == first.resolved());
  CHECK(second.digest() == first.digest());
  CHECK(second.grid.size() == first.grid.size());
}

TEST_CASE("the resolved config keeps what only some of the swept types know") {
  check_resolved(config_with(R"("norm": {"type": "batch"}, "grid": {"norm.type": ["layer", "batch"], "norm.momentum": [0.5, 0.9]})"));
  check_resolved(config_with(R"("norm": {"type": "batch"}, "grid": {"norm.type": ["batch", "layer"], "norm.momentum": [0.5, 0.9]})"));
  check_resolved(config_with(R"("norm": {"type": "batch", "momentum": 0.7}, "grid": {"norm.type": ["layer", "batch"]})"));
  check_resolved(config_with(R"("norm": {"type": "none"}, "train": {"optimizer": {"type": "adam"}},
                                "grid": {"train.optimizer.type": ["sgd", "adam"], "train.optimizer.beta_1": [0.5, 0.9]})"));
}

TEST_CASE("the resolved config keeps the defaults of what is swept") {
  const std::string norm = R"("norm": {"type": "batch"})";
  check_resolved(config_with(norm + R"(, "train": {"optimizer": {"type": "adam"}}, "grid": {"train.optimizer.type": ["adam", "sgd"]})"));
  check_resolved(config_with(norm + R"(, "grid": {"train.optimizer.type": ["sgd", "adam"], "seed": [1, 2]})"));
  check_resolved(config_with(norm + R"(, "grid": {"norm.convention": ["keras", "torch"]})"));
  check_resolved(config_with(norm + R"(, "grid": {"data.target": ["linear", "teacher"]})"));
  check_resolved(config_with(norm + R"(, "grid": {"data.binarize": [0.5, null]})"));
  check_resolved(
      config_with(norm + R"(, "grid": {"network.0.kernel_initializer.type": ["zeros", "he_normal"], "network.0.units": [2, 3]})"));
}

TEST_CASE("the resolved config keeps swept objects, with axes inside of them") {
  check_resolved(config_with(R"("grid": {"norm": [{"name": "a", "type": "batch"}, {"name": "b", "type": "batch", "epsilon": 0.1}],
                                         "norm.momentum": [0.5, 0.9]})"));
  check_resolved(config_with(R"("norm": {"type": "layer"}, "grid": {"norm.momentum": [0.5], "norm": [{"type": "batch"}]})"));
  check_resolved(config_with(R"("grid": {"norm.type": ["layer", "batch"], "norm.momentum": [0.5, 0.9]})"));
}

TEST_CASE("the resolved config keeps what --set made of it") {
  const std::string text = config_with(R"("norm": {"type": "batch", "momentum": 0.7})");
  check_resolved(text, {{"norm.type=layer"}, {"norm.epsilon=0.1,0.2"}, "", {}});
  check_resolved(text, {{"train.optimizer.learning_rate=0.1"}, {"train.optimizer.type=sgd,adam"}, "0..1", 2});
}

TEST_CASE("the type that a sweep replaces need not know what the swept ones do") {
  CHECK(
      problems_of(config_with(R"("norm": {"type": "layer"}, "grid": {"norm.type": ["layer", "batch"], "norm.momentum": [0.5]})")).empty());
  const std::vector<Problem> problems =
      problems_of(config_with(R"("norm": {"type": "layre", "epsilon": -1}, "grid": {"norm.type": ["layer", "batch"]})"));
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].what.find("unknown") != std::string::npos);
  CHECK(problems[1].what.find("-1") != std::string::npos);
}

TEST_CASE("options of one command line that contradict each other are refused") {
  CHECK(refusal_of({{}, {"train.epochs=1,2"}, "", 1}) == "--epochs: contradicts --grid train.epochs; leave one of the two out");
  CHECK(refusal_of({{}, {"train.steps=1,2"}, "", 1}) == "--epochs: contradicts --grid train.steps; leave one of the two out");
  CHECK(refusal_of({{"train.epochs=3"}, {}, "", 1}) == "--epochs: contradicts --set train.epochs; leave one of the two out");
  CHECK(refusal_of({{"train.steps=3"}, {}, "", 2}) == "--epochs: contradicts --set train.steps; leave one of the two out");
  CHECK(refusal_of({{R"(train={"steps": 3})"}, {}, "", 2}) == "--epochs: contradicts the steps of --set train; leave one of the two out");
  CHECK(refusal_of({{}, {R"(train={"name": "x"},{"name": "y"})"}, "", 2}) ==
        "--epochs: would be overwritten by --grid train; leave one of the two out");
  CHECK(refusal_of({{"norm.momentum=0.5"}, {"norm.momentum=0.9"}, "", {}}) ==
        "--grid norm.momentum: contradicts --set norm.momentum; leave one of the two out");
  CHECK(refusal_of({{"seed=3"}, {}, "0..2", {}}) == "--seeds: contradicts --set seed; leave one of the two out");
  CHECK(refusal_of({{}, {"seed=3"}, "0..2", {}}) == "--seeds: contradicts --grid seed; leave one of the two out");
  CHECK(refusal_of({{R"(grid={"seed": [3]})"}, {}, "0..2", {}}) == "--seeds: contradicts --set grid; leave one of the two out");
  CHECK(refusal_of({{"grid.seed=[3]"}, {}, "0..2", {}}) == "--seeds: contradicts --set grid.seed; leave one of the two out");
  CHECK(refusal_of({{"seed=3", "seed=4"}, {}, "", {}}) == "--set seed: given twice; leave one of the two out");
  CHECK(refusal_of({{}, {"seed=3", "seed=4"}, "", {}}) == "--grid seed: given twice; leave one of the two out");
  CHECK(refusal_of({{"norm.momentum=0.5", R"(norm={"type": "batch"})"}, {}, "", {}}) ==
        "--set norm: would overwrite --set norm.momentum; leave one of the two out");
  CHECK(refusal_of({{"norm.momentum=0.5"}, {R"(norm={"type": "batch"})"}, "", {}}) ==
        "--grid norm: would overwrite --set norm.momentum; leave one of the two out");
}

TEST_CASE("a part may be given after the whole") {
  const TemporaryFolder folder;
  const std::string path = folder.write("c.json", small_config());
  const auto text = [&](const study::Overrides& overrides) {
    const study::Experiment experiment = study::load_experiment(path, overrides, study::Check::kConfigOnly);
    return study::grid_text(experiment.grid) + ' ' + experiment.document.text_at("norm");
  };
  CHECK(text({{R"(norm={"type": "batch"})", "norm.momentum=0.5"}, {}, "", {}}) ==
        R"({"train.batch_size":[4,8],"seed":[0,1]} {"type":"batch","momentum":0.5})");
  CHECK(text({{R"(norm={"type": "batch"})", "grid.norm.momentum=[0.5]"}, {}, "7", {}}) ==
        R"({"train.batch_size":[4,8],"seed":[7],"norm.momentum":[0.5]} {"type":"batch"})");
  CHECK(text({{"grid={}", "norm.type=layer"}, {"train.batch_size=2"}, "7", 1}) ==
        R"({"train.batch_size":[2],"seed":[7]} {"type":"layer","momentum":0.9})");
  CHECK(text({{}, {R"(norm={"type": "batch"})", "norm.momentum=0.5,0.9"}, "", {}}) ==
        R"({"train.batch_size":[4,8],"seed":[0,1],"norm":[{"type":"batch"}],"norm.momentum":[0.5,0.9]} {"type":"batch","momentum":0.9})");
  CHECK(text({{R"(train={"batch_size": 4})", "grid={}"}, {}, "", 2}) == R"({} {"type":"batch","momentum":0.9})");
}

TEST_CASE("a name that is no single folder is refused") {
  for (const char* name : {"", ".", "..", "../evil", "a/b", "/tmp"}) {
    CAPTURE(name);
    const std::vector<Problem> problems = problems_of(config_with(R"("norm": "batch", "name": ")" + std::string(name) + "\""));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].where.find("/name") != std::string::npos);
    CHECK(problems[0].what.find("--out DIR") != std::string::npos);
  }
  CHECK(problems_of(config_with(R"("norm": "batch", "name": "..a b")")).empty());
}
