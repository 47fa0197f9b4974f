#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn {

/// The initializers, by Keras's and PyTorch's names, with their options.
const config::Family& initializer_family();

/// The options of the initializer `type` with their defaults, which a layer's spec holds before the config is read.
std::shared_ptr<config::Described> default_initializer(std::string_view type);
/// Describes the option that holds an initializer.  null in a config stands for `fallback`, as in Keras.
void describe_initializer(config::OptionVisitor& visitor, config::Option option, std::shared_ptr<config::Described>& options,
                          std::string_view fallback);
/// The initializer that `options`, of a member of initializer_family(), describe.
Initializer initializer_from(const std::shared_ptr<config::Described>& options);

/// Fills a parameter (entry.id.size numbers) from RandomStream(seed, kInitialization, entry.place).  The numbers are drawn in double and
/// rounded, so that both precisions start alike.
template <class T>
void fill_parameter(const ParamEntry& entry, std::uint64_t seed, T* values);

}  // namespace normrun::nn
