#pragma once

#include "config/options/options.hpp"

/// Each optimizer's file defines one of these functions.  optimizer_family() lists what they return.
namespace normrun::train::optimizers {

config::FamilyMember sgd();
config::FamilyMember adam();
config::FamilyMember adamw();
config::FamilyMember rmsprop();

}  // namespace normrun::train::optimizers
