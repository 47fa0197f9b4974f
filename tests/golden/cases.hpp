#pragma once

#include <optional>

#include "golden/report.hpp"
#include "golden/values.hpp"

namespace normrun::golden {

/// Runs a case through the library's layers and losses; nothing for an operation that it does not have.
std::optional<Computed> run_case(const Case& c);

Computed softmax_cross_entropy(const Case& c);
Computed binary_cross_entropy(const Case& c);
Computed mean_squared_error(const Case& c);

/// The file's "optimizers": each setting of each form is one case.
void run_optimizers(const Json& optimizers, Report& report);
/// The file's "trajectory": each run is one case.
void run_trajectory(const Json& trajectory, Report& report);

}  // namespace normrun::golden
