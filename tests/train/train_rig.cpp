#include "train_rig.hpp"

#include <stdexcept>

#include "config/options/document.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"

namespace normrun::test {

void read_object(const std::string& json, config::Described& value) {
  std::vector<Problem> problems;
  config::Document::parse(json, "test").read("", value, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
}

std::shared_ptr<train::OptimizerSpec> make_optimizer(const std::string& type, const std::string& options) {
  const auto spec = std::dynamic_pointer_cast<train::OptimizerSpec>(train::optimizer_family().make(type));
  if (spec == nullptr) throw std::out_of_range("no optimizer " + type);
  read_object("{" + options + "}", *spec);
  return spec;
}

template <class T>
nn::Network<T> make_network(const std::vector<LayerText>& layers, const Shape& input) {
  std::vector<nn::LayerDescription> descriptions;
  for (const LayerText& layer : layers) {
    const auto spec = std::dynamic_pointer_cast<nn::LayerSpec>(nn::layer_family().make(layer.type));
    if (spec == nullptr) throw std::out_of_range("no layer " + layer.type);
    read_object("{" + layer.options + "}", *spec);
    descriptions.push_back(nn::describe_layers({spec}, nullptr).front());
  }
  return nn::Network<T>(descriptions, input);
}

template <class T>
data::Dataset<T> clusters(Index samples, std::uint64_t seed) {
  constexpr Index kFeatures = 10;
  constexpr Index kClasses = 3;
  RandomStream random(seed, Purpose::kData);
  data::Dataset<T> data;
  data.shape = Shape{kFeatures};
  data.classes = kClasses;
  const auto fill = [&random](data::Split<T>& split, Index rows) {
    split.features = Matrix<T>(rows, kFeatures);
    for (Index r = 0; r < rows; ++r) {
      const auto label = static_cast<std::int32_t>(random.below(kClasses));
      split.labels.push_back(label);
      for (Index c = 0; c < kFeatures; ++c)
        split.features(r, c) = static_cast<T>(random.normal() + (c % kClasses == label ? 1.5 : 0.5) * static_cast<double>(c));
    }
  };
  fill(data.train, samples - samples / 3);
  fill(data.test, samples / 3);
  return data;
}

template nn::Network<float> make_network<float>(const std::vector<LayerText>&, const Shape&);
template nn::Network<double> make_network<double>(const std::vector<LayerText>&, const Shape&);
template data::Dataset<float> clusters<float>(Index, std::uint64_t);
template data::Dataset<double> clusters<double>(Index, std::uint64_t);

}  // namespace normrun::test
