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
                                          layers::dropout(),
                                          layers::conv2d(),
                                          layers::max_pooling2d(),
                                          layers::average_pooling2d(),
                                          layers::global_average_pooling2d(),
                                          layers::simple_rnn(),
                                          layers::lstm(),
                                          layers::gru(),
                                          layers::residual(),
                                          layers::add(),
                                          layers::concatenate(),
                                          layers::multiply(),
                                          layers::batch(),
                                          layers::batch_renorm(),
                                          layers::layer(),
                                          layers::group(),
                                          layers::instance(),
                                          layers::rms(),
                                          layers::moving_layer(),
                                          layers::none(),
                                          layers::norm(),
                                      }};
  return kFamily;
}

const config::Family& norm_family() {
  static const config::Family kFamily{"norm",
                                      {layers::batch(), layers::batch_renorm(), layers::layer(), layers::group(), layers::instance(),
                                       layers::rms(), layers::moving_layer(), layers::none()}};
  return kFamily;
}

}  // namespace normrun::nn
