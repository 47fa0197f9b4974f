#include "support/layer_rig.hpp"

#include <algorithm>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"

namespace normrun::test {

nn::LayerDescription describe_layer(const std::string& type, const std::string& options) {
  const auto spec = std::dynamic_pointer_cast<nn::LayerSpec>(nn::layer_family().make(type));
  if (spec == nullptr) throw std::out_of_range("no layer " + type);
  std::vector<Problem> problems;
  config::Document::parse(options, "test").read("", *spec, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return nn::describe_layers({spec}, type == "norm" ? nullptr : nn::norm_family().make("layer")).front();
}

template <class T>
LayerRig<T>::LayerRig(const std::vector<nn::LayerDescription>& layers, const Shape& input, Index examples)
    : model(), x(examples, input.size()), dx(examples, input.size()), network_(layers, input), record_(network_, examples) {
  model = nn::fresh_model(network_, 0);
  next_state = model.state;
  grads = model.params;
  dy = Matrix<T>(examples, network_.output().size());
  dy_copy_ = dy;
}

template <class T>
ConstView<T> LayerRig<T>::forward(typename nn::Network<T>::Pass pass) {
  if (!lengths.empty()) pass.lengths = lengths.data();
  return network_.forward(pass, model.params, model.state, next_state.data(), record_, x.view());
}

template <class T>
void LayerRig<T>::backward() {
  std::copy(dy.view().begin(), dy.view().end(), dy_copy_.view().begin());
  network_.backward(model.params, record_, network_.output_boundary(), dy_copy_.view(), grads, dx.view());
}

template class LayerRig<float>;
template class LayerRig<double>;

}  // namespace normrun::test
