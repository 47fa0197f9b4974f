#include "commands.hpp"
#include "files/atomic_file.hpp"
#include "report/page/page.hpp"

namespace normrun::app {

int report_command(const ReportRequest& request) {
  const report::ResultsFolder results = report::open_results(request.folder);
  const std::string path = request.out.empty() ? request.folder + "/report.html" : request.out;
  const std::vector<report::Advice> advice = report::advise(results);
  files::write_file(path, report::report_html(results, advice));
  print_result(request.json ? report::advice_json(advice) : report::advice_text(advice));
  log_info("report in " + path);
  return 0;
}

}  // namespace normrun::app
