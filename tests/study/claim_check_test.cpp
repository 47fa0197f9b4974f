#include <doctest/doctest.h>

#include "study/experiment.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

/// What loading the small experiment with these claims, on a line of their own, reports.
std::string problems_of(const std::string& claims, const study::Overrides& overrides = {}) {
  const TemporaryFolder folder;
  const std::string path = folder.write("c.json", small_config(",\n\"claims\": [" + claims + "]"));
  std::string lines;
  try {
    study::load_experiment(path, overrides, study::Check::kWithData);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    for (const Problem& problem : error.problems()) lines += (lines.empty() ? "" : "\n") + to_line(problem).substr(path.size());
  }
  return lines;
}

std::string about(const std::string& rest) { return problems_of(R"({"id": "x", "test": "less", "than": 1, )" + rest + "}"); }

}  // namespace

TEST_CASE("a metric that no table has is refused before any training, with the nearest one") {
  CHECK(about(R"("metric": "layers.mean_gapp")") ==
        R"(:8:61 /claims/0/metric: unknown metric "layers.mean_gapp"; did you mean "layers.mean_gap"?)");
  CHECK(about(R"("metric": "layer.mean_gap")") ==
        R"(:8:61 /claims/0/metric: unknown metric "layer.mean_gap"; did you mean "layers.mean_gap"?)");
  CHECK(about(R"("metric": "foo.bar")") == R"(:8:61 /claims/0/metric: unknown metric "foo.bar"; see `normrun list metrics`)");
  CHECK(about(R"("metric": "runs.status")") ==
        R"(:8:61 /claims/0/metric: "runs.status" holds texts; name a column of numbers, see `normrun list metrics`)");
  CHECK(about(R"("metric": "compare.loss_a", "minus": "compare.los_b")") ==
        R"(:8:88 /claims/0/minus: unknown metric "compare.los_b"; did you mean "compare.loss_b"?)");
}

TEST_CASE("a column that the metric's table will not have is refused where it stands") {
  CHECK(about(R"("metric": "compare.rms", "where": {"bacth_size": 4})") ==
        R"(:8:86 /claims/0/where/bacth_size: compare.csv has no column "bacth_size"; did you mean "batch_size"?)");
  CHECK(problems_of(R"({"id": "x", "metric": "compare.rms", "versus": {"nrm": "layer"}})") ==
        R"(:8:60 /claims/0/versus/nrm: compare.csv has no column "nrm"; did you mean "norm"?)");
  CHECK(problems_of(R"({"id": "x", "metric": "runs.steps", "test": "range", "than": 1, "axis": "layer"})") ==
        R"(:8:84 /claims/0/axis: runs.csv has no column "layer"; its columns: "run_id", "norm", "batch_size", "seed", "status", "error", )"
        R"("precision", "parameters", "steps", "train_loss", "train_accuracy", "test_loss_eval", "test_accuracy_eval", )"
        R"("test_loss_train", "test_accuracy_train", "relative_gap", "test_samples")");
}

TEST_CASE("swept keys are columns, under another name where the table has one of its own") {
  const std::string momentum = R"({"id": "x", "metric": "compare.rms", "where": {"norm.momentum": 0.9}, "than": 1})";
  CHECK(problems_of(momentum).find(R"(compare.csv has no column "norm.momentum")") != std::string::npos);
  CHECK(problems_of(momentum, {{}, {"norm.momentum=0.9,0.5"}, "", {}}).empty());
  const study::Overrides precisions{{}, {"precision=float32,float64"}, "", {}};
  CHECK(problems_of(R"({"id": "x", "metric": "runs.steps", "where": {"config.precision": "float32"}, "than": 1})", precisions).empty());
  CHECK(problems_of(R"({"id": "x", "metric": "compare.rms", "where": {"precision": "float32"}, "than": 1})", precisions).empty());
}

TEST_CASE("a claim about an axis that an override takes away stops no training") {
  const TemporaryFolder folder;
  std::string text = small_config(R"(, "claims": [{"id": "x", "metric": "compare.rms", "where": {"norm.momentum": 0.9}, "than": 1}])");
  text.insert(text.find("\"seed\""), "\"norm.momentum\": [0.9, 0.5], ");
  const std::string path = folder.write("c.json", text);
  CHECK_NOTHROW(study::load_experiment(path, {{"norm.momentum=0.9"}, {}, "", {}}, study::Check::kWithData));
}

TEST_CASE("an id that an earlier claim has is refused") {
  const std::string claim = R"({"id": "x", "metric": "compare.rms", "than": 1})";
  CHECK(problems_of(claim + ", " + claim) == R"(:8:68 /claims/1/id: "x" is also the id of claim 0; give each claim its own id)");
}

TEST_CASE("all problems of all claims come in one go, the results' own config is left to the claims command") {
  const std::string claims = R"({"id": "x", "metric": "foo.bar", "where": {"nrm": 1}, "than": 1}, {"id": "y", "test": "greatr"},
{"id": "x", "metric": "compare.rsm", "than": 1})";
  const std::string problems = problems_of(claims);
  for (const char* const place : {"/claims/0/metric", "/claims/1/test", "/claims/2/id", "/claims/2/metric"}) {
    CHECK(problems.find(place) != std::string::npos);
  }
  const TemporaryFolder folder;
  const std::string unknown = R"(, "claims": [{"id": "x", "metric": "foo.bar", "than": 1}])";
  CHECK_NOTHROW(study::load_experiment(folder.write("c.json", small_config(unknown)), {}, study::Check::kConfigOnly));
}
