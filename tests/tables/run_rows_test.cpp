#include "tables/run_rows.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
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
  CHECK(runs.norm() == "a");
  CHECK(runs.batch_size() == 2);
  CHECK(runs.seed() == "0");
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

TEST_CASE("a quoted field may hold line ends, and they are no runs of their own") {
  const TemporaryFolder folder;
  tables::RunRows runs(folder.write("t.csv",
                                    "run_id,norm,batch_size,seed,status,error\n"
                                    "a,a,2,0,failed,\"first, \"\"x\"\"\nsecond\n\"\n"
                                    "b,a,2,1,ok,\n"),
                       0);
  REQUIRE(runs.next());
  REQUIRE(runs.rows().size() == 1);
  CHECK(runs.text(runs.rows()[0], "error") == "first, \"x\"\nsecond\n");
  REQUIRE(runs.next());
  CHECK(runs.run_id() == "b");
  CHECK_FALSE(runs.next());
}

TEST_CASE("a record reads like a file, and its swept keys are beside its own columns") {
  tables::RunRecord record;
  record.keys = "batch-b4-s0,batch,4,0,\"[1,2]\",0.5,";
  for (const Index step : {10, 20}) {
    record.add(tables::TableId::kLayers,
               {{"epoch", step / 10}, {"step", step}, {"layer", std::string_view("norm\"1")}, {"mean_gap", 0.25}});
  }
  const tables::RunRows run(record, tables::TableId::kLayers);
  CHECK(run.norm() == "batch");
  CHECK(run.other_values() == std::vector<std::string>{"[1,2]", "0.5"});
  REQUIRE(run.rows().size() == 2);
  REQUIRE(run.final_rows().size() == 1);
  CHECK(run.text(*run.final_rows()[0], "layer") == "norm\"1");
  CHECK(run.number(*run.final_rows()[0], "mean_gap") == 0.25);
  CHECK(run.text(*run.final_rows()[0], "worst_gap").empty());
  CHECK(tables::RunRows(record, tables::TableId::kCompare).rows().empty());
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
