#include "commands.hpp"
#include "core/atomic_file.hpp"
#include "report/html/page.hpp"

namespace normrun {

int report_command(const ReportRequest& request) {
  const ResultsFolder results = open_results(request.folder);
  const std::string path = request.out.empty() ? request.folder + "/report.html" : request.out;
  const std::vector<Advice> advice = advise(results);
  write_file(path, report_html(results, advice));
  print_result(request.json ? advice_json(advice) : advice_text(advice));
  log_info("report in " + path);
  return 0;
}

}  // namespace normrun
