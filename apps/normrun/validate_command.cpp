#include "commands.hpp"
#include "fmt/format.h"
#include "study/training_warnings.hpp"

namespace normrun::app {

int validate_command(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    try {
      const study::Experiment experiment = study::load_experiment(file, {}, study::Check::kWithData);
      for (const std::string& note : experiment.notes) log_info(note);
      print_result(fmt::format("{}: ok, {} runs\n", file, experiment.grid.size()));
      const data::DataSpec::Outline outline = experiment.base.data_spec().outline(experiment.folder);
      for (const std::string& warning : study::training_warnings(experiment, outline)) log_warning(fmt::format("{}: {}", file, warning));
    } catch (const Error& error) {
      log_error(error);
      if (code == 0) code = static_cast<int>(error.code());
    }
  }
  return code;
}

}  // namespace normrun::app
