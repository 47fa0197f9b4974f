#include <exception>
#include <filesystem>
#include <new>

#include "commands.hpp"
#include "files/atomic_file.hpp"
#include "report/page/page.hpp"
#include "signals.hpp"
#include "study/plan.hpp"
#include "sweep/journal.hpp"

namespace normrun::app {
namespace {

void write_report(const report::ResultsFolder& results, const std::vector<report::Advice>& advice, const std::string& path) {
  const report::ReportPage page = report::report_page(results, advice);
  files::write_file(path, page.html);
  std::string all;
  for (const std::string& missing : page.missing) all += (all.empty() ? ": " : "; ") + missing;
  if (!all.empty()) log_warning(path + all);
}

void warn_of_no_report(const std::string& folder, const std::string& reason) {
  log_warning(folder + "/report.html could not be drawn: " + reason + "; the tables are complete: draw the report with `normrun report " +
              folder + "`");
}

}  // namespace

int report_command(const ReportRequest& request) {
  const report::ResultsFolder results = report::open_results(request.folder);
  const std::string path = request.out.empty() ? request.folder + "/report.html" : request.out;
  const std::vector<report::Advice> advice = report::advise(results);
  write_report(results, advice, path);
  print_result(request.json ? report::advice_json(advice) : report::advice_text(advice));
  log_info("report in " + path);
  return 0;
}

void draw_last(const sweep::RecordIndex& records, const std::string& folder, int sweep_code) {
  constexpr std::int64_t kMostReported = 100'000;  // drawing more runs takes minutes; users who want the report call `normrun report`
  if (records.planned() > kMostReported) return;
  end_with(sweep_code);
  try {
    try {
      if (std::filesystem::file_size(folder + "/" + study::kJournalFile) > kQuicklyWritten) log_info("writing report.html");
      const report::ResultsFolder results = report::open_results(folder);
      write_report(results, report::advise(results), folder + "/report.html");
    } catch (const std::bad_alloc&) {
      warn_of_no_report(folder, "not enough memory");
    } catch (const std::exception& error) {
      warn_of_no_report(folder, error.what());
    }
  } catch (const std::exception&) {
    tell_of_no_report();  // there is no memory for the warning either
  }
}

}  // namespace normrun::app
