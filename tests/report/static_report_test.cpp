// A build without npm: its own, empty assets stand in for those of the library.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

#include "files/atomic_file.hpp"
#include "report/draw/assets.hpp"
#include "report/page/page.hpp"

using namespace normrun;

TEST_CASE("a report of a build without npm is whole: no script but its own, no licences") {
  std::string folder = (std::filesystem::temp_directory_path() / "normrun_static_XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  files::write_file(folder + "/config.json",
                    R"({"name": "static", "data": {"type": "gaussian", "samples": 8, "features": 2, "target": "zeros"},
      "network": [{"type": "dense", "units": 2}, {"type": "norm"}], "norm": {"type": "batch"},
      "train": {"batch_size": 4, "epochs": 1, "loss": "mse"}})");
  files::write_file(folder + "/runs.csv", "run_id,norm,batch_size,seed,status\nbatch-b4-s0,batch,4,0,ok\n");
  files::write_file(folder + "/compare.csv",
                    "run_id,norm,batch_size,seed,epoch,step,split,eval_batch_size,mode_a,mode_b,relative_gap,loss_a,loss_b\n"
                    "batch-b4-s0,batch,4,0,1,2,test,4,train,eval,0.5,1,2\n");
  const report::ResultsFolder results = report::open_results(folder);
  const std::string page = report::report_page(results, report::advise(results)).html;
  std::filesystem::remove_all(folder);
  CHECK(report::kInteractiveScript.empty());
  CHECK(page.find("<script>") == page.rfind("<script"));
  CHECK(page.find("Licences") == std::string::npos);
  CHECK(page.find("<svg role=\"img\"") != std::string::npos);
  CHECK(page.find("download=\"gap.vl.json\"") != std::string::npos);
  CHECK(page.ends_with("</html>\n"));
}
