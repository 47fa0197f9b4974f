#include <doctest/doctest.h>

#include <filesystem>

#include "report/page/page.hpp"
#include "report/results/layer_names.hpp"
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
  REQUIRE(page.missing.size() == 1);
  CHECK(page.missing[0].starts_with("the figure learning is missing: "));
  CHECK(page.html.find("<p class=\"note\">On this page the figure learning is missing: ") != std::string::npos);
  CHECK(page.html.find("<figure id=\"gap\"") != std::string::npos);
  CHECK(page.html.find("<a href=\"compare.csv\">") != std::string::npos);
  CHECK(page.html.find("<figure id=\"accuracy\"") != std::string::npos);
  CHECK(page.html.ends_with("</html>\n"));
}

TEST_CASE("the gap along the depth is drawn where a network has two normalization layers") {
  const std::string header = "run_id,norm,batch_size,seed,epoch,step,layer,type,mean_gap,var_ratio,relative_gap\n";
  const std::string first = "batch-b4-s0,batch,4,0,1,2,norm_1,batch,0.5,1,0.125\n";
  const std::string second = "batch-b4-s0,batch,4,0,1,2,norm_4,batch,0.5,1,0.75\n";
  const auto html_of = [](const std::string& layers) {
    const TemporaryFolder folder;
    folder.write("config.json", small_config());
    folder.write("runs.csv", "run_id,norm,batch_size,seed,status\nbatch-b4-s0,batch,4,0,ok\n");
    folder.write("layers.csv", layers);
    return report::report_page(report::open_results(folder.path()), {}).html;
  };
  const std::string deep = html_of(header + first + second);
  CHECK(deep.find("<figure id=\"depth\"") != std::string::npos);
  CHECK(deep.find("Gap between the modes, batch 4") != std::string::npos);
  CHECK(deep.find("75 %") != std::string::npos);
  CHECK(deep.find("Error of the moving mean, batch 4") == std::string::npos);  // two layers are in the figure of the worst ones
  CHECK(html_of(header + first).find("<figure id=\"depth\"") == std::string::npos);
  const std::string without = "run_id,norm,batch_size,seed,epoch,step,layer,type,mean_gap,var_ratio\n";
  CHECK(html_of(without + "batch-b4-s0,batch,4,0,1,2,a,batch,0.5,1\nbatch-b4-s0,batch,4,0,1,2,b,batch,0.5,1\n")
            .find("<figure id=\"depth\"") == std::string::npos);
}

TEST_CASE("a setting that was not compared is named, and layers are called by their place") {
  const TemporaryFolder folder;
  folder.write("config.json", small_config());
  folder.write("runs.csv",
               "run_id,norm,batch_size,seed,status\nbatch-b4-s0,batch,4,0,ok\nbatch-b8-s0,batch,8,0,ok\nbatch-b9-s0,batch,9,0,diverged\n");
  folder.write("compare.csv",
               "run_id,norm,batch_size,seed,epoch,step,split,eval_batch_size,mode_a,mode_b,relative_gap,loss_a,loss_b\n"
               "batch-b4-s0,batch,4,0,1,2,test,4,train,eval,0.5,1,2\n");
  folder.write("layers.csv",
               "run_id,norm,batch_size,seed,epoch,step,layer,type,mean_gap\n"
               "batch-b4-s0,batch,4,0,1,2,batch_2,batch,0.5\nbatch-b4-s0,batch,4,0,1,2,mine,batch,0.25\n"
               "batch-b4-s0,batch,4,0,1,2,net/stage_1/norm,batch,0.25\n");
  const report::ResultsFolder results = report::open_results(folder.path());
  const std::string html = report::report_page(results, {}).html;
  CHECK(html.find("the outputs do not vary: batch norm, batch 8.") != std::string::npos);
  CHECK(html.find("2 of 3 runs are complete. batch norm, batch 9, seed 0 diverged") != std::string::npos);
  CHECK(html.find("Batch norm at batch 4: train and eval outputs differ by 50 % of their spread.") != std::string::npos);
  CHECK(html.find("<h3 id=\"gap-title\">Outputs in train mode against eval mode</h3>") != std::string::npos);
  CHECK(html.find("95 %") == std::string::npos);  // there is one seed, so there are no intervals
  const report::LayerNames names(results);
  CHECK(names.spoken("batch_2") == "normalization layer 1");
  CHECK(names.spoken("mine") == "the layer \"mine\"");
  CHECK(names.place("mine") == 2);
  CHECK(names.spoken("net/stage_1/norm") == "normalization layer 3");
}
