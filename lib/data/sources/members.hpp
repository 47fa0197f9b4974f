#pragma once

#include "config/options.hpp"

/// One function for every source file: what the registry lists.
namespace normrun::sources {

FamilyMember gaussian();
FamilyMember uniform();
FamilyMember imbalanced();
FamilyMember spirals();
FamilyMember stroke_digits();
FamilyMember sequences();
FamilyMember idx();
FamilyMember csv();
FamilyMember npy();

}  // namespace normrun::sources
