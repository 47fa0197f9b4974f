#include "study/claim.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "study/experiment.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

/// The problems of a claim's own options, a line each.
std::string problems_of(const std::string& rest) {
  study::Claim claim;
  std::vector<Problem> problems;
  config::Document::parse(R"({"id": "x", "metric": "compare.rms", )" + rest + "}", "c").read("", claim, problems);
  std::string lines;
  for (const Problem& problem : problems) lines += (lines.empty() ? "" : "\n") + to_line(problem);
  return lines;
}

struct Case {
  std::string rest;
  std::string message;
};

const std::vector<Case> kContradictions = {
    {R"("test": "greater", "than": 1, "by": 1000)",
     R"(c:1:74 /by: expected no "by" without "versus": it is the least difference from those rows; leave it out, or name them)"},
    {R"("test": "greater", "than": 1, "by_factor": 2)",
     R"(c:1:81 /by_factor: expected no "by_factor" without "versus": it is the least ratio to those rows; leave it out, or name them)"},
    {R"("test": "greater", "versus": {}, "by": 1, "by_factor": 2)",
     R"(c:1:77 /by: expected either "by" or "by_factor", not both; leave one of them out)"},
    {R"("test": "slope", "axis": "seed", "within": [0, 1], "by_factor": 2)",
     R"(c:1:102 /by_factor: expected no "by_factor" for the test slope, which would ignore it; leave it out, or ask for a test that reads it: greater, less)"},
    {R"("test": "slope", "axis": "seed", "within": [0, 1], "versus": {})",
     R"(c:1:99 /versus: expected no "versus" for the test slope, which would ignore it; leave it out, or ask for a test that reads it: greater, less, within, equal, not_less, not_greater)"},
    {R"("test": "less", "than": 100, "within": [50, 60])",
     R"(c:1:77 /within: expected no "within" for the test less, which would ignore it; leave it out, or ask for a test that reads it: within, slope, range)"},
    {R"("test": "greater", "than": 1, "tolerance": 0.1)",
     R"(c:1:81 /tolerance: expected no "tolerance" for the test greater, which would ignore it; leave it out, or ask for a test that reads it: equal)"},
    {R"("test": "greater", "than": 1, "axis": "batch_size")",
     R"(c:1:76 /axis: expected no "axis" for the test greater, which would ignore it; leave it out, or ask for a test that reads it: slope, range)"},
    {R"("test": "within", "within": [0, 1], "than": 1)",
     R"(c:1:82 /than: expected no "than" for the test within, which would ignore it; leave it out, or ask for a test that reads it: greater, less, equal, range)"},
    {R"("test": "equal", "than": 1, "versus": {})", R"(c:1:63 /than: expected either "than" or "versus", not both; leave one of them out)"},
    {R"("test": "range", "axis": "seed", "than": 1, "within": [0, 1])",
     R"(c:1:79 /than: expected either "than" or "within", not both; leave one of them out)"},
    {R"("test": "not_less", "versus": {})", R"(c:1:1: expected the keys "versus" and "margin" for the tests not_less and not_greater)"},
    {R"("test": "within", "within": [0, 1], "beside": {})",
     R"(c:1:84 /beside: expected no "beside" without "versus": it changes the rows of both; leave it out, or name them)"},
    {R"("test": "greater", "versus": {}, "by_factor": 2, "margin": 1)",
     R"(c:1:97 /margin: expected either "margin" or "by_factor", not both; leave one of them out)"},
    {R"("test": "greater", "than": 1, "margin": 1, "every_seed": true)",
     R"(c:1:78 /margin: expected either "margin" or "every_seed", not both; leave one of them out)"},
    {R"("test": "greater", "versus": 5)", R"(c:1:67 /versus: expected an object { … })"},
};

}  // namespace

TEST_CASE("keys that a claim's test would ignore, or that contradict each other, are refused where they stand") {
  for (const Case& broken : kContradictions) CHECK(problems_of(broken.rest) == broken.message);
}

TEST_CASE("a test that is unknown is the only problem: nobody knows which keys it would read") {
  CHECK(problems_of(R"("test": "slop", "axis": "seed", "within": [0, 1])").find("/axis") == std::string::npos);
}

TEST_CASE("the keys that belong together are taken, and so are their defaults in a resolved config") {
  CHECK(problems_of(R"("test": "less", "versus": {}, "by": 0.5)").empty());
  CHECK(problems_of(R"("test": "within", "within": [0, 1], "versus": {})").empty());
  CHECK(problems_of(R"("test": "range", "axis": "seed", "within": [0, 1], "by": 0)").empty());
  const std::string claims = R"(, "claims": [{"id": "x", "metric": "compare.rms", "test": "less", "than": 1}])";
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config(claims)), {}, study::Check::kConfigOnly);
  CHECK_NOTHROW(study::load_experiment(folder.write("resolved.json", experiment.resolved()), {}, study::Check::kConfigOnly));
}
