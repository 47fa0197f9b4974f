#pragma once

#include "config/options/options.hpp"

/// One function for each layer type.  The registry lists what they return.
namespace normrun::nn::layers {

config::FamilyMember dense();
config::FamilyMember flatten();
config::FamilyMember relu();
config::FamilyMember tanh();
config::FamilyMember sigmoid();
config::FamilyMember softmax();
config::FamilyMember dropout();
config::FamilyMember conv2d();
config::FamilyMember max_pooling2d();
config::FamilyMember average_pooling2d();
config::FamilyMember global_average_pooling2d();
config::FamilyMember simple_rnn();
config::FamilyMember lstm();
config::FamilyMember gru();
config::FamilyMember residual();
config::FamilyMember add();
config::FamilyMember concatenate();
config::FamilyMember multiply();
config::FamilyMember batch();
config::FamilyMember batch_renorm();
config::FamilyMember layer();
config::FamilyMember group();
config::FamilyMember instance();
config::FamilyMember rms();
config::FamilyMember moving_layer();
config::FamilyMember none();
config::FamilyMember norm();

}  // namespace normrun::nn::layers
