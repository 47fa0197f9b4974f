#include "report/claims/claims.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "report/claims/power.hpp"

using namespace normrun;

namespace {

/// Two norms, two batch sizes, four seeds; earlier steps that do not count.
const tables::ResultTable kTable(
    "run_id,norm,batch_size,seed,step,eval_batch_size,gap,loss\n"
    "a,batch,2,0,5,2,9,9\na,batch,2,0,10,2,0.80,1.0\nb,batch,2,1,10,2,0.84,1.1\nc,batch,2,2,10,2,0.82,1.2\nd,batch,2,3,10,2,0.78,1.3\n"
    "e,batch,8,0,10,8,0.41,0.9\nf,batch,8,1,10,8,0.40,0.8\ng,batch,8,2,10,8,0.39,1.1\nh,batch,8,3,10,8,0.42,1.0\n"
    "i,layer,2,0,10,2,0,1.0\nj,layer,2,1,10,2,0,1.1\nk,layer,2,2,10,2,0,0.9\nl,layer,2,3,10,2,0,1.0\n"
    "i,layer,2,0,10,4,7,1.0\n");

report::DecidedClaim decide(const std::string& json, const tables::ResultTable& table = kTable) {
  study::Claim claim;
  std::vector<Problem> problems;
  config::Document::parse(json, "claim").read("", claim, problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  return report::decide_claim(claim, [&](const std::string&) -> const tables::ResultTable& { return table; });
}

study::Verdict verdict(const std::string& rest) { return decide(R"({"id": "x", "metric": "compare.gap", )" + rest + "}").verdict; }

/// Why a claim about the gap of these rows ("norm,batch_size,seed,gap", a blank between them) is not decided; "" where it is.
std::string refusal(const std::string& rows, const std::string& rest) {
  std::string text = "run_id,norm,batch_size,seed,gap\n";
  std::istringstream words(rows);
  std::string row;
  for (int run = 0; words >> row; ++run) text += "r" + std::to_string(run) + ',' + row + '\n';
  const tables::ResultTable table(text);
  try {
    decide(R"({"id": "x", "metric": "compare.gap", )" + rest + "}", table);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  return "";
}

const std::string kSmall = R"("where": {"norm": "batch", "batch_size": 2}, )";

}  // namespace

TEST_CASE("an interval on the claimed side confirms, on the other side refutes, across it decides nothing") {
  CHECK(verdict(kSmall + R"("test": "greater", "than": 0.75)") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "greater", "than": 0.9)") == study::Verdict::kRefuted);
  CHECK(verdict(kSmall + R"("test": "greater", "than": 0.8)") == study::Verdict::kUndecided);
  CHECK(verdict(kSmall + R"("test": "less", "than": 0.9)") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "within", "within": [0.7, 0.9])") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "within", "within": [0.9, 1.0])") == study::Verdict::kRefuted);
}

TEST_CASE("comparisons are paired by seed") {
  const report::DecidedClaim decided =
      decide(R"({"id": "x", "metric": "compare.gap", )" + kSmall + R"("versus": {"batch_size": 8}, "test": "greater", "by_factor": 1.8})");
  CHECK(decided.verdict == study::Verdict::kConfirmed);
  CHECK(decided.n == 4);
  const double expected = std::exp((std::log(0.80 / 0.41) + std::log(0.84 / 0.40) + std::log(0.82 / 0.39) + std::log(0.78 / 0.42)) / 4);
  CHECK(decided.observed == doctest::Approx(expected));
  CHECK(decided.threshold == "> 1.8");
  CHECK(verdict(kSmall + R"("versus": {"batch_size": 8}, "test": "greater", "by": 0.5)") == study::Verdict::kRefuted);
  CHECK(verdict(kSmall + R"("versus": {"batch_size": 8}, "test": "less", "by": 0.1)") == study::Verdict::kRefuted);
}

TEST_CASE("equality is exact, or an equivalence within a margin") {
  const std::string layer = R"("where": {"norm": "layer", "eval_batch_size": "train"}, )";
  CHECK(verdict(layer + R"("test": "equal", "than": 0)") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "equal", "than": 0)") == study::Verdict::kRefuted);
  CHECK(verdict(kSmall + R"("test": "equal", "than": 0.81, "tolerance": 0.1)") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "equal", "than": 0.81, "tolerance": 0.001)") == study::Verdict::kUndecided);
}

TEST_CASE("slopes and ranges go along an axis") {
  const std::string batch = R"("where": {"norm": "batch"}, "axis": "batch_size", )";
  CHECK(verdict(batch + R"("test": "slope", "within": [-0.6, -0.4])") == study::Verdict::kConfirmed);
  CHECK(verdict(batch + R"("test": "slope", "within": [-0.3, 0.0])") == study::Verdict::kRefuted);
  CHECK(verdict(batch + R"("test": "range", "than": 0.5)") == study::Verdict::kConfirmed);
  CHECK(verdict(batch + R"("test": "range", "than": 0.3, "every_seed": true)") == study::Verdict::kRefuted);
  CHECK(verdict(batch + R"("test": "range", "than": 0.42, "every_seed": true)") == study::Verdict::kUndecided);
}

TEST_CASE("every seed is asked by itself") {
  CHECK(verdict(kSmall + R"("test": "greater", "than": 0.7, "every_seed": true)") == study::Verdict::kConfirmed);
  CHECK(verdict(kSmall + R"("test": "greater", "than": 0.8, "every_seed": true)") == study::Verdict::kUndecided);
}

TEST_CASE("one seed decides nothing but exact questions") {
  const std::string one = R"("where": {"norm": "batch", "batch_size": 2, "seed": 0}, )";
  CHECK(verdict(one + R"("test": "greater", "than": 0.1)") == study::Verdict::kUndecided);
}

TEST_CASE("differences of two metrics") {
  const report::DecidedClaim decided =
      decide(R"({"id": "x", "metric": "compare.loss", "minus": "compare.gap", )" + kSmall + R"("test": "greater", "than": 0})");
  CHECK(decided.observed == doctest::Approx((0.2 + 0.26 + 0.38 + 0.52) / 4));
}

TEST_CASE("rows that are missing, several or unknown are errors") {
  CHECK_THROWS_AS(verdict(R"("where": {"norm": "group"}, "test": "greater", "than": 0)"), Error);
  CHECK_THROWS_AS(verdict(R"("where": {"norm": "batch"}, "test": "greater", "than": 0)"), Error);
  CHECK_THROWS_AS(verdict(R"("where": {"nrom": "batch"}, "test": "greater", "than": 0)"), Error);
  CHECK(verdict(R"("where": {"norm": "batch"}, "reduce": "max", "test": "greater", "than": 0.7)") == study::Verdict::kConfirmed);
}

TEST_CASE("a ratio needs positive numbers") {
  const std::string twice = R"("where": {"norm": "batch"}, "versus": {"norm": "layer"}, "test": "greater", "by_factor": 2)";
  for (const char* const rows : {"batch,2,0,4 batch,2,1,5 layer,2,0,1 layer,2,1,-1", "batch,2,0,-4 layer,2,0,-1", "batch,2,0,0 layer,2,0,0",
                                 "batch,2,0,1 layer,2,0,0"}) {
    for (const char* const of_seeds : {"", R"(, "every_seed": true)"}) {
      const std::string message = refusal(rows, twice + of_seeds);
      CHECK(message.find("claim x: \"by_factor\" needs positive numbers, seed ") == 0);
      CHECK(message.find("; use \"by\"") != std::string::npos);
    }
  }
  CHECK(refusal("batch,2,0,4 layer,2,0,1", twice) == "");
}

TEST_CASE("a slope or a range needs two places of its axis") {
  const std::string rows = "batch,2,0,4 batch,4,0,5 batch,2,1,4";
  for (const char* const rest : {R"("test": "slope", "axis": "batch_size", "within": [-1, 1])",
                                 R"("test": "slope", "axis": "batch_size", "within": [-1, 1], "every_seed": true)",
                                 R"("test": "range", "axis": "batch_size", "than": 5, "every_seed": true)"}) {
    CHECK(
        refusal(rows, rest) ==
        "claim x: the rows of seed 1 have one batch_size only, and a slope or a range takes two; see \"where\", the grid and the runs that "
        "failed");
  }
  CHECK(refusal("batch,2,0,4 batch,2,1,4", R"("test": "range", "axis": "batch_size", "than": 5)") ==
        "claim x: the rows have one batch_size only, and a slope or a range takes two; see \"where\", the grid and the runs that failed");
  CHECK(refusal(rows, R"("test": "range", "axis": "batch_size", "than": 5)") == "");
}

TEST_CASE("numbers that are none are no ground for a verdict") {
  CHECK(refusal("batch,2,0,4 batch,2,1,nan", R"("test": "less", "than": 5, "every_seed": true)") ==
        "claim x: compare.gap of run r1 is not a number; leave its rows out of \"where\"");
  CHECK(refusal("batch,2,0,inf batch,2,1,4", R"("test": "less", "than": 5)").find("claim x: its rows hold infinite numbers") == 0);
  CHECK(refusal("batch,2,0,inf layer,2,0,inf", R"("where": {"norm": "batch"}, "versus": {"norm": "layer"}, "test": "less")")
            .find("claim x: its rows hold infinite numbers") == 0);
  const std::string spread = R"("test": "range", "axis": "batch_size", "than": 5)";
  CHECK(refusal("batch,2,0,4 batch,4,0,inf batch,4,1,-inf", spread).find("claim x: its rows hold infinite numbers") == 0);
  CHECK(refusal("batch,2,0,inf batch,2,1,inf", R"("test": "greater", "than": 5, "every_seed": true)") == "");
  CHECK(refusal("batch,2,0,inf batch,2,1,inf", R"("test": "equal", "than": 5)") == "");
}

TEST_CASE("the median is the middle row of a run, or the mean of the two in the middle") {
  const tables::ResultTable table(
      "run_id,norm,batch_size,seed,gap\na,batch,2,0,1\na,batch,2,0,100\na,batch,2,0,3\nb,batch,2,1,4\nb,batch,2,1,6\n");
  const std::string claim = R"({"id": "x", "metric": "compare.gap", "reduce": "median", "test": "greater", "than": 0})";
  CHECK(decide(claim, table).observed == doctest::Approx((3.0 + 5.0) / 2.0));
}

TEST_CASE("not less by a margin: an interval above -margin confirms, one below refutes") {
  // loss of batch 2 less that of batch 8, by seed: 0.1, 0.3, 0.1, 0.3; mean 0.2, sd 0.11547, interval 0.2 -+ 3.18245 * 0.11547 / 2
  const std::string loss = R"("metric": "compare.loss", )" + kSmall + R"("versus": {"batch_size": 8}, )";
  const auto asked = [&](const std::string& test) { return decide(R"({"id": "x", )" + loss + test + "}"); };
  const report::DecidedClaim decided = asked(R"("test": "not_less", "margin": 0.01)");
  CHECK(decided.verdict == study::Verdict::kConfirmed);
  CHECK(decided.observed == doctest::Approx(0.2));
  CHECK(decided.ci95_low == doctest::Approx(0.2 - 3.182446305 * 0.11547005 / 2));
  CHECK(decided.threshold == "> -0.01");
  CHECK(asked(R"("test": "not_greater", "margin": 0.01)").verdict == study::Verdict::kRefuted);
  CHECK(asked(R"("test": "not_greater", "margin": 0.3)").verdict == study::Verdict::kUndecided);
  CHECK(asked(R"("test": "not_greater", "margin": 0.4)").verdict == study::Verdict::kConfirmed);
  CHECK(asked(R"("test": "not_greater", "margin": 0.4)").threshold == "< 0.4");
}

TEST_CASE("beside subtracts a second difference, by seed; with a factor it divides by a second ratio") {
  // (batch 2 - batch 8) of batch norm is 0.1, 0.3, 0.1, 0.3; that of layer norm 0.2, 0.1, -0.1 (seed 3 has no batch 8)
  const tables::ResultTable table(
      "run_id,norm,batch_size,seed,loss\n"
      "a,batch,2,0,1.0\nb,batch,2,1,1.1\nc,batch,2,2,1.2\nd,batch,2,3,1.3\n"
      "e,batch,8,0,0.9\nf,batch,8,1,0.8\ng,batch,8,2,1.1\nh,batch,8,3,1.0\n"
      "i,layer,2,0,1.0\nj,layer,2,1,1.1\nk,layer,2,2,0.9\nl,layer,2,3,1.0\n"
      "m,layer,8,0,0.8\nn,layer,8,1,1.0\no,layer,8,2,1.0\n");
  const std::string rows =
      R"({"id": "x", "metric": "compare.loss", )" + kSmall + R"("versus": {"batch_size": 8}, "beside": {"norm": "layer"}, )";
  const report::DecidedClaim differences = decide(rows + R"("test": "greater", "by": 0.05})", table);
  CHECK(differences.n == 3);
  CHECK(differences.observed == doctest::Approx((-0.1 + 0.2 + 0.2) / 3));
  const report::DecidedClaim ratios = decide(rows + R"("test": "greater", "by_factor": 1.1})", table);
  CHECK(ratios.observed == doctest::Approx(std::cbrt((1.0 / 0.9) / (1.0 / 0.8) * (1.1 / 0.8) / (1.1 / 1.0) * (1.2 / 1.1) / (0.9 / 1.0))));
}

TEST_CASE("the power of a claim rests on its spread and the margin that it names, not on what was observed") {
  const auto power = [](const std::string& rest) {
    return report::power_of(decide(R"({"id": "x", "metric": "compare.loss", )" + kSmall + rest + "}"));
  };
  // sd of the differences to batch 8: 0.11547; a margin of 0.11547 needs 10 seeds (scipy: nct), and 13 where both ends must clear a bound
  const report::ClaimPower margin = power(R"("versus": {"batch_size": 8}, "test": "greater", "by": 0.1154701)");
  CHECK(margin.sd == doctest::Approx(0.11547005));
  CHECK(margin.seeds == 10);
  CHECK(*margin.power == doctest::Approx(0.28854867).epsilon(1e-6));
  CHECK(power(R"("versus": {"batch_size": 8}, "test": "equal", "tolerance": 0.1154701)").seeds == 13);
  CHECK(power(R"("versus": {"batch_size": 8}, "test": "not_less", "margin": 0.1154701)").seeds == 10);
  CHECK(power(R"("versus": {"batch_size": 8}, "test": "greater", "margin": 0.1154701)").seeds == 10);
  CHECK(power(R"("test": "within", "within": [0.0, 0.25819889])").seeds == 13);  // sd of 1.0, 1.1, 1.2, 1.3: 0.12909944
  CHECK(power(R"("test": "greater", "than": 0.5)").note == "the claim names no margin");
  CHECK(power(R"("test": "greater", "than": 0.5, "every_seed": true)").note == "each number is asked by itself");
  CHECK_FALSE(power(R"("test": "greater", "than": 0.5, "every_seed": true)").power.has_value());
  const std::string exact = R"("where": {"norm": "layer", "eval_batch_size": 2}, "test": "less", "than": 1, "margin": 1)";
  CHECK(report::power_of(decide(R"({"id": "x", "metric": "compare.gap", )" + exact + "}")).seeds == 2);  // without spread two are enough
}
