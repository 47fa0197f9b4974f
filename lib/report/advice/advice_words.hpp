#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// Returns a setting as people read it: "batch norm, momentum = 0.9, batch 4".
std::string spoken_setting(const tables::Setting& setting);

/// Returns a finding's effect with its interval and unit: "15.8 [13.2, 18.4] percentage points of test accuracy".
std::string effect_words(const ToldFinding& finding, const AdviceContext& context);
/// Returns a finding's effect without interval and metric: "0.158", "0.02 nats".
std::string amount_words(const ToldFinding& finding, const AdviceContext& context);
/// Returns what a cause is, with the numbers of this setting.  The words continue the sentence "The cause is …".
std::string cause_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// Returns how to apply a remedy that needs no training, as an order that may begin a sentence: "recompute the statistics on the training
/// rows, layer by layer".
std::string remedy_words(const std::string& remedy, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// Returns what to change before the next training; "" if there is nothing to change.
std::string training_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// Returns the score that a remedy gives: "test accuracy 93.9 % instead of eval mode's 72.5 %".
std::string score_words(const ToldRemedy& remedy, const AdviceContext& context);
/// Converts the weight of the old value to the momentum that the config would give for it.
double own_momentum(double old_weight, const AdviceContext& context);

}  // namespace normrun::report
