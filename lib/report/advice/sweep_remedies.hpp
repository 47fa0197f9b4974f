#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// The sweep's own answer to a cause, in words: the setting that differs in one respect which trains otherwise and scores clearly better in
/// eval mode; "" where there is none.  Axes of data are no remedies.
std::string sweep_remedy(const SettingDiagnosis& own, const std::vector<SettingDiagnosis>& diagnoses, Cause cause,
                         const AdviceContext& context);

}  // namespace normrun::report
