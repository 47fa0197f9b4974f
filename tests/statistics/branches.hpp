#pragma once

#include <vector>

#include "train_rig.hpp"

namespace normrun::test {

/// Normalizations of the body, the shortcut, and a block inside the body, whose inputs lie in no ascending order.
inline const std::vector<LayerText> kBranches = {
    {"dense", R"("units": 6)"},
    {"residual", R"("body": ["batch", {"type": "residual", "body": ["relu", "batch"]}, {"type": "dense", "units": 5}],
                    "shortcut": ["relu", "batch", {"type": "dense", "units": 5}])"},
    {"batch"},
    {"concatenate", R"("branches": [[], ["relu", "batch"]])"},
    {"dense", R"("units": 3)"}};

}  // namespace normrun::test
