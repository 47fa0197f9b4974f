#include <doctest/doctest.h>

#include <filesystem>

#include "report/page/page.hpp"
#include "study/temporary_config.hpp"

using namespace normrun;

TEST_CASE("a table that cannot be read costs itself and its figure alone, and the page says so") {
  const TemporaryFolder folder;
  folder.write("config.json", small_config());
  folder.write("runs.csv", "run_id,norm,batch_size,seed,status\nbatch-b4-s0,batch,4,0,ok\n");
  folder.write("compare.csv",
               "run_id,norm,batch_size,seed,epoch,step,split,eval_batch_size,mode_a,mode_b,relative_gap,loss_a,loss_b\n"
               "batch-b4-s0,batch,4,0,1,2,test,4,train,eval,0.5,1,2\n");
  const report::ResultsFolder results = report::open_results(folder.path());
  CHECK(report::report_page(results, {}).missing.empty());
  std::filesystem::create_directory(folder.path() + "/history.csv");  // opens, and cannot be read
  const report::ReportPage page = report::report_page(results, {});
  REQUIRE(page.missing.size() == 2);
  CHECK(page.missing[0].starts_with("the figure learning is missing: "));
  CHECK(page.missing[1].starts_with("the table history.csv is missing: "));
  CHECK(page.html.find("<p class=\"note\">On this page the figure learning is missing: ") != std::string::npos);
  CHECK(page.html.find("<figure id=\"gap\"") != std::string::npos);
  CHECK(page.html.find("data-file=\"compare.csv\"") != std::string::npos);
  CHECK(page.html.find("<figure id=\"accuracy\"") != std::string::npos);
  CHECK(page.html.ends_with("</html>\n"));
}
