#pragma once

#include "config/options/options.hpp"

/// One function for each type of layer.  The registry lists the members that they return.
namespace normrun::nn::layers {

config::FamilyMember dense();
config::FamilyMember flatten();
config::FamilyMember relu();
config::FamilyMember tanh();
config::FamilyMember sigmoid();
config::FamilyMember softmax();
config::FamilyMember leaky_relu();
config::FamilyMember prelu();
config::FamilyMember elu();
config::FamilyMember relu6();
config::FamilyMember hard_sigmoid();
config::FamilyMember hard_swish();
config::FamilyMember softplus();
config::FamilyMember silu();
config::FamilyMember gelu();
config::FamilyMember dropout();
config::FamilyMember conv1d();
config::FamilyMember conv2d();
config::FamilyMember depthwise_conv2d();
config::FamilyMember conv1d_transpose();
config::FamilyMember conv2d_transpose();
config::FamilyMember max_pooling1d();
config::FamilyMember max_pooling2d();
config::FamilyMember average_pooling1d();
config::FamilyMember average_pooling2d();
config::FamilyMember global_average_pooling1d();
config::FamilyMember global_average_pooling2d();
config::FamilyMember global_max_pooling1d();
config::FamilyMember global_max_pooling2d();
config::FamilyMember upsampling1d();
config::FamilyMember upsampling2d();
config::FamilyMember reshape();
config::FamilyMember permute();
config::FamilyMember slice();
config::FamilyMember broadcast();
config::FamilyMember padding();
config::FamilyMember rescaling();
config::FamilyMember affine();
config::FamilyMember clip();
config::FamilyMember math();
config::FamilyMember embedding();
config::FamilyMember bidirectional();
config::FamilyMember reverse();
config::FamilyMember multi_head_attention();
config::FamilyMember learned_positions();
config::FamilyMember sinusoidal_positions();
config::FamilyMember simple_rnn();
config::FamilyMember lstm();
config::FamilyMember gru();
config::FamilyMember residual();
config::FamilyMember add();
config::FamilyMember concatenate();
config::FamilyMember multiply();
config::FamilyMember matmul();
config::FamilyMember resnet20();
config::FamilyMember mobilenet();
config::FamilyMember cnn1d();
config::FamilyMember transformer_encoder();
config::FamilyMember batch();
config::FamilyMember batch_renorm();
config::FamilyMember layer();
config::FamilyMember group();
config::FamilyMember instance();
config::FamilyMember rms();
config::FamilyMember dyt();
config::FamilyMember moving_layer();
config::FamilyMember power();
config::FamilyMember none();
config::FamilyMember norm();

}  // namespace normrun::nn::layers
