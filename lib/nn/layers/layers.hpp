#pragma once

#include "config/options.hpp"

/// One function for every layer file: what the registry lists.
namespace normrun::layers {

FamilyMember dense();
FamilyMember flatten();
FamilyMember relu();
FamilyMember tanh();
FamilyMember sigmoid();
FamilyMember softmax();
FamilyMember dropout();
FamilyMember conv2d();
FamilyMember max_pooling2d();
FamilyMember average_pooling2d();
FamilyMember global_average_pooling2d();
FamilyMember simple_rnn();
FamilyMember lstm();
FamilyMember gru();
FamilyMember batch();
FamilyMember batch_renorm();
FamilyMember layer();
FamilyMember group();
FamilyMember instance();
FamilyMember rms();
FamilyMember moving_layer();
FamilyMember none();
FamilyMember norm();

}  // namespace normrun::layers
