#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// "batch norm, momentum = 0.9, batch 4".
std::string spoken_setting(const tables::Setting& setting);

/// "15.8 [13.2, 18.4] percentage points of test accuracy": an effect in its metric.
std::string effect_words(const ToldFinding& finding, const AdviceContext& context);
/// "0.158", "0.02 nats": its amount alone.
std::string amount_words(const ToldFinding& finding, const AdviceContext& context);
/// What a cause is, with this setting's numbers: a clause that ends a sentence.
std::string cause_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// What needs no training, as a sentence's start: "recompute the statistics on the training rows, layer by layer".
std::string remedy_words(const std::string& remedy, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// What to change before the next training; "" where there is nothing.
std::string training_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context);
/// "test accuracy 93.9 % instead of eval mode's 72.5 %": what a remedy scores.
std::string score_words(const ToldRemedy& remedy, const AdviceContext& context);
/// A momentum in the config's own convention.
double own_momentum(double old_weight, const AdviceContext& context);

}  // namespace normrun::report
