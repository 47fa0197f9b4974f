#pragma once

#include "config/options/options.hpp"

/// One function for every optimizer's file: what the family lists.
namespace normrun::train::optimizers {

config::FamilyMember sgd();
config::FamilyMember adam();
config::FamilyMember rmsprop();

}  // namespace normrun::train::optimizers
