#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// Returns, in words, the best remedy that the sweep itself holds: another setting that scores clearly better in eval mode.  It differs
/// from `own` in a single respect, which must change the training, because other data are no remedy.  Returns "" if there is no such
/// setting.
std::string sweep_remedy(const SettingDiagnosis& own, const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);

}  // namespace normrun::report
