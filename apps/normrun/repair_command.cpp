#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "core/team.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/models/model_words.hpp"
#include "report/results/words.hpp"
#include "study/repair_model.hpp"
#include "study/repaired_file.hpp"
#include "sweep/runner.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

using nlohmann::ordered_json;

void refuse_input(const std::string& out, const std::string& model) {
  std::error_code none;
  if (std::filesystem::exists(out) && std::filesystem::equivalent(out, model, none))
    refuse_usage("-o", out + " is the model itself, which stays as it is", "name another file");
}

std::string repair_text(const study::ModelRepair& repair, const RepairRequest& request) {
  std::string text = fmt::format("The statistics of {} layers recomputed on {} training rows ({}).\n", repair.layers.size(), repair.rows,
                                 request.estimator);
  if (!repair.is_measured) return text + "The gain is unmeasured, because no rows have labels.\n";
  const std::string rows = report::role_words(repair.judged);
  text += fmt::format("Loss on the {} {}: {} before, {} after; ", repair.judged_rows, rows, report::shown(repair.before.loss),
                      report::shown(repair.after.loss));
  if (std::isfinite(repair.gain)) {
    text += fmt::format("the gain is {} [{}, {}].\n", report::shown(repair.gain), report::shown(repair.low), report::shown(repair.high));
  } else {
    text += "the gain is no number, because not every row has a finite loss.\n";
  }
  if (!std::isnan(repair.before.accuracy))
    text += fmt::format("Accuracy: {} before, {} after.\n", report::score(repair.before.accuracy), report::score(repair.after.accuracy));
  if (repair.gain >= 0.0 && repair.low < 0.0)
    text += "These rows do not show that the gain is real: the stored statistics may be as good.\n";
  if (repair.judged == data::SplitName::kTrain)
    text += "The weights were trained on these rows: give --held-out or --test rows to be sure.\n";
  text += "Rows used and loss:";
  for (const study::CurvePoint& point : repair.curve) text += fmt::format(" {}: {};", point.rows, report::shown(point.loss));
  text.back() = '.';
  return text + "\n";
}

std::string repair_json(const study::ModelRepair& repair, const RepairRequest& request, const std::string& written) {
  ordered_json json = {{"model", request.model.model}, {"estimator", request.estimator}, {"rows", repair.rows}, {"layers", repair.layers}};
  json["written"] = written.empty() ? ordered_json(nullptr) : ordered_json(written);
  json["judged"] = nullptr;
  if (repair.is_measured) {
    const auto pair = [](const study::WayScores& scores) {
      return ordered_json{{"loss", scores.loss}, {"accuracy", scores.accuracy}};  // a NaN is written as null
    };
    json["judged"] = study::role_text(repair.judged);
    json["judged_rows"] = repair.judged_rows;
    json["before"] = pair(repair.before);
    json["after"] = pair(repair.after);
    json["gain"] = repair.gain;
    json["interval"] = {repair.low, repair.high};
    json["curve"] = ordered_json::array();
    for (const study::CurvePoint& point : repair.curve) json["curve"].push_back({{"rows", point.rows}, {"loss", point.loss}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

/// Tells whether the recomputed statistics are worse than the stored ones.  Damaged statistics may give a loss that is no number; every
/// finite loss is better than that.
bool is_worse(const study::ModelRepair& repair) {
  if (!repair.is_measured) return false;
  if (!std::isfinite(repair.before.loss)) return !std::isfinite(repair.after.loss);
  return !(repair.gain >= 0.0);
}

}  // namespace

int repair_command(const RepairRequest& request) {
  refuse_input(request.out, request.model.model);
  const std::string folder = std::filesystem::path(request.out).parent_path().string();
  const study::ModelCase model = study::open_model(request.model, folder);
  for (const std::string& note : model.notes) log_info(note);
  const study::Experiment experiment = study::experiment_of(model, folder);
  const Team team(request.jobs > 0 ? request.jobs : sweep::usable_cores());
  const study::ModelRepair repair = study::repair_model(experiment, model, request.model, request.options);
  if (is_worse(repair)) {
    print_result(request.json ? repair_json(repair, request, "") : repair_text(repair, request));
    log_error(Problem{
        request.model.model,
        fmt::format("the recomputed statistics make the loss of the {} worse, so nothing was written", report::role_words(repair.judged)),
        "the stored statistics are better; `normrun diagnose` tells what is wrong, if anything is"});
    return static_cast<int>(ExitCode::kClaimDiffers);
  }
  const std::string provenance = fmt::format("statistics recomputed by normrun {}: estimator {}, {} rows, data digest {}",
                                             program_info().version, request.estimator, repair.rows, repair.data_digest);
  if (model.foreign) {
    for (const study::RepairedFile& file : study::repaired_files(*model.foreign, repair, provenance, request.out))
      files::write_file(file.path, file.bytes);
  } else {
    files::write_file(request.out, study::repaired_tensors(request.model.model, repair, provenance));
  }
  print_result(request.json ? repair_json(repair, request, request.out) : repair_text(repair, request) + "Written: " + request.out + "\n");
  return 0;
}

}  // namespace normrun::app
