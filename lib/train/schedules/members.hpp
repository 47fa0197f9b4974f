#pragma once

#include "config/options/options.hpp"

/// The kinds of schedules (decays.cpp, plateau.cpp).  schedule_family() lists what these functions return.
namespace normrun::train::schedules {

config::FamilyMember constant();
config::FamilyMember step();
config::FamilyMember exponential();
config::FamilyMember cosine();
config::FamilyMember polynomial();
config::FamilyMember linear();
config::FamilyMember plateau();

}  // namespace normrun::train::schedules
