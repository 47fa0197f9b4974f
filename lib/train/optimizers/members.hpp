#pragma once

#include "config/options.hpp"

/// One function for every optimizer's file: what the family lists.
namespace normrun::optimizers {

FamilyMember sgd();
FamilyMember adam();
FamilyMember rmsprop();

}  // namespace normrun::optimizers
