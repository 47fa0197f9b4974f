#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "commands.hpp"
#include "outline.hpp"

namespace normrun::app {

/// The command tree as CLI11 reads it.  Its functions define every name, argument, meaning and example that users see, and nothing else
/// does.  The name of an argument says how to complete it: FILE, DIR, CONFIG, KEY=…, MODE:MODE, or words in lower case.
class CommandLine {
 public:
  CommandLine();

  /// Executes the command in the arguments, and returns the exit code.
  int run(int argc, char** argv);

 private:
  int guarded();
  CLI::App* add(const char* name, const char* doc, const char* examples, std::function<int()> action);
  void add_global_options();
  void add_train();
  void add_merge();
  void add_describe();
  void add_init();
  void add_inspect();
  void add_validate();
  void add_compare();
  void add_diagnose();
  void add_repair();
  void add_claims();
  void add_report();
  void add_predict();
  void add_schema();
  void add_list();
  void add_completion();
  void add_man();

  CLI::App app_;
  ConsoleOptions console_;
  TrainRequest train_;
  MergeRequest merge_;
  CompareRequest compare_;
  DiagnoseRequest diagnose_;
  RepairRequest repair_;
  ClaimsRequest claims_;
  ReportRequest report_;
  std::vector<std::string> validate_;
  DescribeRequest describe_;
  InitRequest init_;
  InspectRequest inspect_;
  PredictRequest predict_;
  ListRequest list_;
  std::string shell_;
  std::function<int()> action_;
};

}  // namespace normrun::app
