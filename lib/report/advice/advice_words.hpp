#pragma once

#include <string>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// "batch norm, momentum = 0.9, batch 4".
std::string spoken_setting(const tables::Setting& setting);

/// What a cause is, with this setting's numbers; a sentence that follows "… % of it is".
std::string cause_words(const std::string& cause, const SettingFacts& facts, const AdviceContext& context);
/// Which setting to change.
std::string remedy_words(const std::string& cause, const SettingFacts& facts);
/// The modes of a comparison that repair a cause by other statistics.
std::vector<std::string> remedy_modes(const std::string& cause, const AdviceContext& context);
/// "accuracy 0.939 instead of 0.725 in eval mode"
std::string score_words(const ModeScore& score, const ModeScore& eval, const std::string& split);

}  // namespace normrun::report
