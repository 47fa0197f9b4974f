#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "console.hpp"
#include "output_folder.hpp"
#include "study/experiment.hpp"
#include "study/model_case.hpp"
#include "study/predict.hpp"
#include "study/repair_model.hpp"
#include "sweep/record_index.hpp"

namespace normrun::app {

/// The requests of the command line.  Each command has a struct for its options, and a function that executes the command and returns the
/// exit code.
struct TrainRequest {
  std::string config;
  std::string out;
  study::Overrides overrides;
  int jobs = 0;  // 0: as many as there are usable cores
  Existing existing = Existing::kRefuse;
  std::string shard;  // "2/4" or "auto/4"; "": the run is no shard, but the whole plan
  bool fail_fast = false;
  bool dry_run = false;
  bool json = false;
};
int train_command(const TrainRequest& request, const ConsoleOptions& console);

/// Warns on stderr why runs failed or diverged (run_warnings.cpp).  Each message appears only once, and there are at most a few.  Returns
/// how many runs are complete.
std::size_t warn_of_failures(const std::vector<std::uint32_t>& runs, const sweep::RecordIndex& records, const std::string& folder);
/// Warns on stderr about comparisons that the config asks for but that have no rows.
void warn_of_empty_comparisons(const study::Experiment& experiment, const std::vector<std::uint32_t>& runs,
                               const sweep::RecordIndex& records);

/// Writing results of more bytes than this takes longer than a second, so the log then says that the program is writing them.
inline constexpr std::uintmax_t kQuicklyWritten = std::uintmax_t{1} << 26;

/// Writes the tables.  Prints the effect in words, or summary.csv as JSON if `json` is set.
void publish_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const std::string& folder, bool json);

/// Draws report.html (report_command.cpp), after everything else that a sweep leaves has been written.  A failure here is only a warning:
/// the tables stay, and the program ends with `sweep_code`, even if memory runs out where no code can catch it.
void draw_last(const sweep::RecordIndex& records, const std::string& folder, int sweep_code);

struct MergeRequest {
  std::vector<std::string> parts;
  std::string out;
  Existing existing = Existing::kRefuse;
  bool missing_as_array = false;
  bool json = false;
};
int merge_command(const MergeRequest& request);

struct CompareRequest {
  std::vector<std::string> models;  // two files whose differences the command tells; empty if `checkpoint` is given
  std::string checkpoint;
  std::string out;  // a folder for all tables; "": the command writes no files
  std::string data;
  std::string network;
  std::vector<std::string> pairs;  // such as "train:eval"
  std::vector<std::string> eval_batch_sizes;
  std::vector<std::string> splits;
  bool json = false;
};
int compare_command(const CompareRequest& request);

struct DiagnoseRequest {
  study::ModelRequest model;
  std::string out;  // "": results/diagnosis-NAME, which a later diagnosis replaces
  int jobs = 0;     // threads; 0: as many as the cores that this process may use
  bool json = false;
};
/// Judges a trained model.
int diagnose_command(const DiagnoseRequest& request);

struct RepairRequest {
  study::ModelRequest model;
  study::RepairOptions options;
  std::string estimator = "layer-by-layer";  // the word for options.estimator
  std::string out;
  int jobs = 0;  // threads; 0: as many as the cores that this process may use
  bool json = false;
};
/// Recomputes the statistics of a trained model, and writes the file with them.
int repair_command(const RepairRequest& request);

struct ClaimsRequest {
  std::vector<std::string> folders;
  bool power = false;  // how many seeds the claims need, instead of the verdicts
  bool json = false;
};
int claims_command(const ClaimsRequest& request);

struct ReportRequest {
  std::string folder;
  std::string out;
  bool json = false;
};
int report_command(const ReportRequest& request);

int validate_command(const std::vector<std::string>& files);

struct DescribeRequest {
  std::string config;
  study::Overrides overrides;
  bool json = false;
};
int describe_command(const DescribeRequest& request);

struct InitRequest {
  std::string file;
  std::string target;
  std::string out;
};
/// Prints a working config for a data file.
int init_command(const InitRequest& request);

struct InspectRequest {
  std::string file;
  std::string target;
  bool json = false;
};
/// Shows what a data file or a weights file holds.
int inspect_command(const InspectRequest& request);

struct PredictRequest {
  study::PredictionInput input;
  bool json = false;
};
int predict_command(const PredictRequest& request);

/// Returns the JSON Schema of the configs.
std::string config_schema();
int schema_command();

struct ListRequest {
  std::string what;  // one of list_topics()
  bool json = false;
};
std::vector<std::string> list_topics();
int list_command(const ListRequest& request);

}  // namespace normrun::app
