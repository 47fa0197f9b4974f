#pragma once

#include "config/options/options.hpp"

/// Each source file has one function here, which the registry lists.
namespace normrun::data::sources {

config::FamilyMember gaussian();
config::FamilyMember uniform();
config::FamilyMember imbalanced();
config::FamilyMember spirals();
config::FamilyMember stroke_digits();
config::FamilyMember sequences();
config::FamilyMember idx();
config::FamilyMember csv();
config::FamilyMember npy();

}  // namespace normrun::data::sources
