#pragma once

#include "config/options/options.hpp"

/// One function for each optimizer's file.  optimizer_family() lists what they return.
namespace normrun::train::optimizers {

config::FamilyMember sgd();
config::FamilyMember adam();
config::FamilyMember rmsprop();

}  // namespace normrun::train::optimizers
