#include "nn/registry.hpp"

#include "nn/layers/layers.hpp"

namespace normrun::nn {

const config::Family& layer_family() {
  static const config::Family kFamily{"layer",
                                      {
                                          layers::dense(),
                                          layers::flatten(),
                                          layers::relu(),
                                          layers::tanh(),
                                          layers::sigmoid(),
                                          layers::softmax(),
                                          layers::leaky_relu(),
                                          layers::prelu(),
                                          layers::elu(),
                                          layers::relu6(),
                                          layers::hard_sigmoid(),
                                          layers::hard_swish(),
                                          layers::softplus(),
                                          layers::silu(),
                                          layers::gelu(),
                                          layers::dropout(),
                                          layers::conv1d(),
                                          layers::conv2d(),
                                          layers::depthwise_conv2d(),
                                          layers::conv1d_transpose(),
                                          layers::conv2d_transpose(),
                                          layers::max_pooling1d(),
                                          layers::max_pooling2d(),
                                          layers::average_pooling1d(),
                                          layers::average_pooling2d(),
                                          layers::global_average_pooling1d(),
                                          layers::global_average_pooling2d(),
                                          layers::global_max_pooling1d(),
                                          layers::global_max_pooling2d(),
                                          layers::upsampling1d(),
                                          layers::upsampling2d(),
                                          layers::reshape(),
                                          layers::permute(),
                                          layers::slice(),
                                          layers::broadcast(),
                                          layers::padding(),
                                          layers::rescaling(),
                                          layers::affine(),
                                          layers::clip(),
                                          layers::math(),
                                          layers::multi_head_attention(),
                                          layers::learned_positions(),
                                          layers::sinusoidal_positions(),
                                          layers::embedding(),
                                          layers::reverse(),
                                          layers::bidirectional(),
                                          layers::simple_rnn(),
                                          layers::lstm(),
                                          layers::gru(),
                                          layers::residual(),
                                          layers::add(),
                                          layers::concatenate(),
                                          layers::multiply(),
                                          layers::matmul(),
                                          layers::resnet20(),
                                          layers::mobilenet(),
                                          layers::cnn1d(),
                                          layers::transformer_encoder(),
                                          layers::batch(),
                                          layers::batch_renorm(),
                                          layers::layer(),
                                          layers::group(),
                                          layers::instance(),
                                          layers::rms(),
                                          layers::dyt(),
                                          layers::moving_layer(),
                                          layers::power(),
                                          layers::none(),
                                          layers::norm(),
                                      }};
  return kFamily;
}

const config::Family& norm_family() {
  static const config::Family kFamily{"norm",
                                      {layers::batch(), layers::batch_renorm(), layers::layer(), layers::group(), layers::instance(),
                                       layers::rms(), layers::dyt(), layers::moving_layer(), layers::power(), layers::none()}};
  return kFamily;
}

}  // namespace normrun::nn
