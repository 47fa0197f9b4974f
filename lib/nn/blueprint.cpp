#include "nn/blueprint.hpp"

#include "core/error.hpp"

namespace normrun::nn {
namespace {

Index product_of(const std::vector<Index>& shape, const Blueprint& blueprint) {
  Index size = 1;
  for (const Index dim : shape) {
    if (!checked_product(size, dim, size) || size > Blueprint::kMaxParams)
      blueprint.refuse("has more than 2^31 parameters", "make it, or its input, smaller");
  }
  return size;
}

}  // namespace

ParamId Blueprint::param(std::string name, std::vector<Index> shape, Initializer initializer, Index fan_in, Index fan_out) {
  const ParamId id{layout_.param_count, product_of(shape, *this)};
  if (id.size > kMaxParams - layout_.param_count)
    refuse("the network has more than 2^31 parameters", "make its layers smaller, or leave some out");
  if (declared_ == kParamsPerPlace) refuse("declares more than 64 parameters", "divide this type of layer into two types");
  layout_.params.push_back({.layer = layer_name_,
                            .name = std::move(name),
                            .shape = std::move(shape),
                            .id = id,
                            .initializer = initializer,
                            .fan_in = fan_in,
                            .fan_out = fan_out,
                            .place = place_.position * kParamsPerPlace + declared_++,
                            .branch = place_.branch});
  layout_.param_count += id.size;
  return id;
}

void Blueprint::give_role(ParamRole role, Index first) {
  for (ParamEntry& entry : layout_.params)
    if (entry.id.offset >= first) entry.role = role;
}

StateId Blueprint::state(std::string name, std::vector<Index> shape, double initial) {
  const StateId id{layout_.state_count, product_of(shape, *this)};
  layout_.states.push_back({.layer = layer_name_, .name = std::move(name), .shape = std::move(shape), .id = id, .initial = initial});
  layout_.state_count += id.size;
  return id;
}

CacheId Blueprint::per_example(Index numbers) {
  const CacheId id{.offset = layout_.cache_per_example, .per_example = numbers};
  layout_.cache_per_example += numbers;
  return id;
}

CacheId Blueprint::per_call(Index numbers) {
  const CacheId id{.offset = layout_.cache_fixed, .size = numbers};
  layout_.cache_fixed += numbers;
  return id;
}

void Blueprint::normalization(Normalization info) {
  info.layer = place_.layer;
  info.input = place_.input;
  info.name = info.name.empty() ? layer_name_ : layer_name_ + "/" + info.name;
  layout_.normalizations.push_back(std::move(info));
}

void Blueprint::set_output(std::vector<Index> dims) {
  Index size = 1;
  for (const Index dim : dims) {
    if (dim < 1) refuse("has an empty output", "give it a larger input, or options that leave an output");
    if (!checked_product(size, dim, size) || size > Shape::kMaxSize)
      refuse("its output has more than 2^31 numbers", "make it, or its input, smaller");
  }
  output_ = Shape(std::move(dims));
}

void Blueprint::refuse(const std::string& what, const std::string& hint) const {
  throw Error(ExitCode::kUsage, Problem{"layer " + layer_name_, what, hint});
}

}  // namespace normrun::nn
