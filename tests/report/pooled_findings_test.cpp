#include "report/advice/pooled_findings.hpp"

#include <doctest/doctest.h>

using namespace normrun;

namespace {

/// A finding with these effects in accuracy, each with its 95 % interval of +-.02 over 500 rows.
report::SeedFindings seeds_of(const std::string& finding, const std::vector<double>& effects) {
  report::SeedFindings result;
  result.told.finding = finding;
  result.told.cause = diagnosis::Cause::kLag;
  for (const double effect : effects) result.runs.push_back({"", "accuracy", effect, effect - 0.02, effect + 0.02, 0.0, 500.0, 0.01});
  return result;
}

std::vector<report::ToldFinding> pooled(std::size_t runs, const std::vector<double>& effects) {
  return report::pooled_findings({{.runs = runs, .findings = {seeds_of("statistics-wrong", effects)}}}).front();
}

}  // namespace

TEST_CASE("a finding of one network is said of it alone, by its rows") {
  const auto told = pooled(1, {0.3});
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].is_of_all);
  CHECK(told[0].effect.mean == 0.3);
  CHECK(told[0].low == doctest::Approx(0.28));
  // A margin, and 2.89 + 0.84 standard errors of .02 / 1.965.
  CHECK(told[0].detectable == doctest::Approx(0.048).epsilon(0.01));
}

TEST_CASE("from five seeds on the seeds' own variance decides, and a run without the finding counts as 0") {
  const auto all = pooled(5, {0.3, 0.31, 0.29, 0.3, 0.3});
  REQUIRE(all.size() == 1);
  CHECK(all[0].is_of_all);
  CHECK(all[0].effect.mean == doctest::Approx(0.3));
  CHECK(all[0].low > 0.28);
  CHECK(all[0].high < 0.32);
  CHECK(pooled(5, {0.3}).empty());
  const auto most = pooled(5, {0.3, 0.01, 0.2});
  REQUIRE(most.size() == 1);
  CHECK_FALSE(most[0].is_of_all);
  CHECK(most[0].effect.n == 3);
  CHECK(most[0].effect.mean == 0.3);  // the worst one's, with its own interval
  CHECK(most[0].low == doctest::Approx(0.28));
}

TEST_CASE("what counts is an effect beyond the margin of the config") {
  report::SeedFindings finding = seeds_of("statistics-wrong", {0.3, 0.31, 0.29, 0.3, 0.3});
  for (report::RunFinding& run : finding.runs) run.margin = 0.4;
  const auto told = report::pooled_findings({{.runs = 5, .findings = {finding}}}).front();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].is_of_all);
  CHECK(told[0].size() == doctest::Approx(0.31 / 0.4));
}

TEST_CASE("below five seeds the variance is that of the seeds of all settings") {
  const report::SettingFindings close{.runs = 2, .findings = {seeds_of("statistics-wrong", {0.30, 0.31})}};
  const report::SettingFindings apart{.runs = 2, .findings = {seeds_of("statistics-wrong", {0.05, 0.65})}};
  const auto alone = report::pooled_findings({close, close, close, close});
  CHECK(alone[0][0].is_of_all);
  const auto beside = report::pooled_findings({close, apart, apart, apart});
  CHECK_FALSE(beside[0][0].is_of_all);
}

TEST_CASE("what is excluded in several networks has the interval of their mean, however few they are") {
  report::SeedFindings nothing = seeds_of("nothing-found", {0.001, 0.003});
  nothing.told.cause = diagnosis::Cause::kNone;
  const auto told = report::pooled_findings({{.runs = 2, .findings = {nothing}}}).front();
  REQUIRE(told.size() == 1);
  CHECK(told[0].effect.mean == doctest::Approx(0.002));
  CHECK(told[0].high < 0.03);
}

TEST_CASE("what recomputed statistics gain in silent runs counts, and five of them may tell what no one is sure of") {
  report::SettingFindings setting{.runs = 5};
  for (int i = 0; i < 5; ++i)
    setting.recomputed.push_back(
        {.run = std::to_string(i), .metric = "accuracy", .effect = 0.04 + 0.002 * i, .margin = 0.01, .is_told = false});
  const auto told = report::pooled_findings({setting}).front();
  REQUIRE(told.size() == 1);
  CHECK(told[0].finding == "statistics-wrong");
  CHECK(told[0].cause == diagnosis::Cause::kUnknown);
  CHECK(told[0].is_of_all);
  CHECK(told[0].effect.mean == doctest::Approx(0.044));
  setting.findings.push_back(
      {.told = {.finding = "statistics-wrong", .cause = diagnosis::Cause::kLag},
       .runs = {{.run = "3", .metric = "accuracy", .effect = 0.046, .low = 0.03, .high = 0.062, .samples = 500.0, .margin = 0.01}}});
  const auto named = report::pooled_findings({setting}).front();
  REQUIRE(named.size() == 1);
  CHECK(named[0].cause == diagnosis::Cause::kLag);
  CHECK(named[0].is_of_all);
  CHECK(named[0].effect.n == 1);
  setting.recomputed.resize(4);
  setting.findings.clear();
  CHECK(report::pooled_findings({setting}).front().empty());
}
