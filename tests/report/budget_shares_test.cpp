#include "report/advice/budget_shares.hpp"

#include <doctest/doctest.h>

#include "study/temporary_config.hpp"

using namespace normrun;

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
  CHECK(budget[0].shares[0].first == diagnosis::Cause::kLag);
  CHECK(budget[0].shares[0].second == doctest::Approx((0.16 - 0.08) / 0.26));
  CHECK(budget[0].shares[1].second == doctest::Approx(0.18 / 0.26));
  CHECK(budget[1].metric == "loss");
  CHECK(budget[1].shares[0].second == doctest::Approx(1.25));
  CHECK(budget[2].setting.norm == "layer");
  CHECK(budget[2].shares.empty());
}
