#include "study/plan.hpp"

#include <doctest/doctest.h>

#include <set>

#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

study::Experiment load(const TemporaryFolder& folder, const study::Overrides& overrides) {
  return study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kConfigOnly);
}

}  // namespace

TEST_CASE("other swept keys give columns and eight digits of the run's id") {
  const TemporaryFolder folder;
  const study::Experiment experiment = load(folder, {{}, {"norm.momentum=0.9,0.99", "train.optimizer.learning_rate=0.1,0.01"}, "", {}});
  CHECK(study::other_axes(experiment.grid) == std::vector<std::string>{"norm.momentum", "train.optimizer.learning_rate"});
  std::set<std::string> ids;
  for (std::int64_t run = 0; run < experiment.grid.size(); ++run) {
    const study::RunKey key = study::run_key(experiment, run, experiment.at(run));
    CHECK(key.run_id.size() == key.run_id.rfind('-') + 9);
    CHECK(key.others.size() == 2);
    ids.insert(key.run_id);
  }
  CHECK(static_cast<std::int64_t>(ids.size()) == experiment.grid.size());
}

TEST_CASE("lists of batch sizes are told apart by a column of their own") {
  const TemporaryFolder folder;
  const study::Experiment numbers = load(folder, {{}, {"train.batch_size=4,8"}, "", {}});
  CHECK(study::other_axes(numbers.grid).empty());
  const study::Experiment lists = load(folder, {{}, {"train.batch_size=8,[4,8],[8,4]"}, "0", {}});
  CHECK(study::other_axes(lists.grid) == std::vector<std::string>{"train.batch_size"});
  std::set<std::string> ids;
  std::set<std::string> labels;
  for (std::int64_t run = 0; run < lists.grid.size(); ++run) {
    const study::RunKey key = study::run_key(lists, run, lists.at(run));
    CHECK(key.batch_size == 8);
    ids.insert(key.run_id);
    labels.insert(key.others.at(0));
  }
  CHECK(static_cast<std::int64_t>(ids.size()) == lists.grid.size());
  CHECK(labels == std::set<std::string>{"8", "[4,8]", "[8,4]"});
}

TEST_CASE("whole norm objects are told apart by their names") {
  const TemporaryFolder folder;
  const study::Experiment experiment = load(
      folder, {{},
               {R"(norm={"name":"slow","type":"batch","momentum":0.999},{"name":"fast","type":"batch","momentum":0.5},{"type":"layer"})"},
               "",
               {}});
  std::set<std::string> norms;
  for (std::int64_t run = 0; run < experiment.grid.size(); ++run) norms.insert(study::run_key(experiment, run, experiment.at(run)).norm);
  CHECK(norms.contains("slow"));
  CHECK(norms.contains("fast"));
}

TEST_CASE("a larger batch count costs more") {
  const TemporaryFolder folder;
  const study::Experiment experiment = load(folder, {});
  const data::DataSpec::Outline outline = experiment.base.data_spec().outline(experiment.folder);
  CHECK(outline.train_samples == 60);
  CHECK(study::predicted_cost(experiment.at(0), outline) > predicted_cost(experiment.at(2), outline));  // batch 4 against 8: more steps
}

TEST_CASE("a layer costs as much as it has positions, and comparing costs, too") {
  const TemporaryFolder folder;
  const auto cost = [&](const std::vector<std::string>& set) {
    const study::Experiment experiment = load(folder, {set, {}, "", {}});
    return study::predicted_cost(experiment.at(0), experiment.base.data_spec().outline(experiment.folder));
  };
  const std::string no_pairs = "compare.pairs=[]";
  const std::string digits = R"(data={"type": "stroke-digits", "samples": 60, "test_samples": 30})";
  const std::string few_weights =
      R"(network=[{"type": "conv2d", "filters": 8}, {"type": "global_average_pooling2d"}, {"type": "dense", "units": 10}])";
  const std::string many_weights = R"(network=[{"type": "flatten"}, {"type": "dense", "units": 10}])";  // 7850, against 170
  CHECK(cost({digits, no_pairs, few_weights}) > cost({digits, no_pairs, many_weights}));
  CHECK(cost({}) > cost({"compare.budget=[]"}));
  CHECK(cost({"compare.budget=[]"}) > cost({no_pairs}));
}
