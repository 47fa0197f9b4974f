#pragma once

#include <string>

#include "study/diagnose_model.hpp"

namespace normrun::report {

/// The answer to `normrun diagnose`: what is wrong with a trained model, and what to do.
struct ModelAnswer {
  std::string text;  // one screen for a terminal
  std::string json;  // one object
  bool has_findings = false;
};

/// Says what a diagnosis found.  `page` is the path of the report, "" if there is none.
ModelAnswer answer_of(const study::ModelRequest& request, const study::ModelDiagnosis& diagnosis, const std::string& page);

}  // namespace normrun::report
