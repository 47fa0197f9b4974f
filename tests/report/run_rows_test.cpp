#include "tables/run_rows.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
#include "report/advice/budget_shares.hpp"
#include "study/temporary_config.hpp"
#include "tables/seed_samples.hpp"

using namespace normrun;

namespace {

constexpr const char* kTable =
    "run_id,norm,batch_size,seed,data.step,epoch,step,value\n"
    "a-b2-s0,a,2,0,9,1,10,0.5\n"
    "a-b2-s0,a,2,0,9,2,20,\"0.25\"\n"
    "a-b2-s0,a,2,0,9,2,20,\n"
    "a-b2-s1,a,2,1,9,1,10,nan\n";

}  // namespace

TEST_CASE("a table is read run by run, its last step apart, a swept key of a column's name beside it") {
  const TemporaryFolder folder;
  tables::RunRows runs(folder.write("t.csv", kTable), 1);
  REQUIRE(runs.next());
  CHECK(runs.run_id() == "a-b2-s0");
  CHECK(runs.batch_size() == 2);
  CHECK(runs.others() == "step = 9");
  REQUIRE(runs.rows().size() == 3);
  REQUIRE(runs.final_rows().size() == 2);
  CHECK(runs.number(*runs.final_rows()[0], "value") == 0.25);
  CHECK(std::isnan(runs.number(*runs.final_rows()[1], "value")));
  CHECK(runs.text(runs.rows()[0], "no_such_column").empty());
  REQUIRE(runs.next());
  CHECK(runs.run_id() == "a-b2-s1");
  CHECK_FALSE(runs.next());
}

TEST_CASE("a missing table has no runs, a damaged line empty cells") {
  const TemporaryFolder folder;
  CHECK_FALSE(tables::RunRows("/no/such/table.csv", 0).next());
  CHECK_THROWS_AS(tables::RunRows(folder.path() + "/" + std::string(300, 'n'), 0), Error);  // it may be there: the name is too long to look
  tables::RunRows runs(folder.write("t.csv", "run_id,norm,batch_size,seed,step,value\na,b\n"), 0);
  REQUIRE(runs.next());
  CHECK(runs.batch_size() == 0);
  CHECK(std::isnan(runs.number(runs.rows()[0], "value")));
}

TEST_CASE("samples count a run once") {
  tables::SeedSamples<int> samples;
  for (const auto& [run, value] : {std::pair("s0", 1.0), std::pair("s0", 5.0), std::pair("s1", 3.0), std::pair("s2", std::nan(""))})
    samples.add(7, run, value);
  CHECK(samples.summary(7).n == 2);
  CHECK(samples.mean(7) == 2.0);
  CHECK(std::isnan(samples.mean(8)));
}

TEST_CASE("swept keys that end alike have two names each") {
  const TemporaryFolder folder;
  tables::RunRows runs(
      folder.write("t.csv", "run_id,norm,batch_size,seed,network.1.rate,network.4.rate,train.epochs,value\na,b,2,0,0,0.5,3,1\n"), 3);
  REQUIRE(runs.next());
  CHECK(runs.others() == "1.rate = 0, 4.rate = 0.5, epochs = 3");
}

TEST_CASE("shares of the gap are means of parts over the mean whole, squares for the outputs") {
  const TemporaryFolder folder;
  const std::string path = folder.write("budget.csv",
                                        "run_id,norm,batch_size,seed,split,layer,cause,statistic,metric,gap_before,gap_after,share\n"
                                        "r0,batch,2,0,test,batch_1,lag,mean,outputs,9,9,0\n"
                                        "r0,batch,2,0,test,all,lag,both,outputs,0.5,0.3,0.64\n"
                                        "r0,batch,2,0,test,all,batch-noise,both,outputs,0.3,0,0.36\n"
                                        "r0,batch,2,0,test,all,lag,both,loss,-0.4,0.1,1.25\n"
                                        "r0,batch,2,0,test,all,batch-noise,both,loss,0.1,0,-0.25\n"
                                        "r0,batch,2,0,train,all,lag,both,outputs,7,7,0\n"
                                        "r1,batch,2,1,test,all,lag,both,outputs,0.1,0.3,-8\n"
                                        "r1,batch,2,1,test,all,batch-noise,both,outputs,0.3,0,9\n"
                                        "r2,layer,2,0,test,all,unexplained,both,outputs,0,0,\n");
  const report::ResultsFolder results{path.substr(0, path.rfind('/')),
                                      study::load_experiment(folder.write("config.json", small_config()), {}, study::Check::kConfigOnly)};
  const report::BudgetShares budget = report::budget_shares(results);
  REQUIRE(budget.size() == 3);
  CHECK(budget[0].gap == doctest::Approx(0.3));
  REQUIRE(budget[0].shares.size() == 2);
  CHECK(budget[0].shares[0].first == "lag");
  CHECK(budget[0].shares[0].second == doctest::Approx((0.16 - 0.08) / 0.26));
  CHECK(budget[0].shares[1].second == doctest::Approx(0.18 / 0.26));
  CHECK(budget[1].metric == "loss");
  CHECK(budget[1].shares[0].second == doctest::Approx(1.25));
  CHECK(budget[2].setting.norm == "layer");
  CHECK(budget[2].shares.empty());
}
