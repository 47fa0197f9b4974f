#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn {

/// The initializers by Keras's and PyTorch's names, with their options.
const config::Family& initializer_family();

/// The options of the initializer `type`, with its defaults: what a layer's member holds before the config is read.
std::shared_ptr<config::Described> default_initializer(std::string_view type);
/// Describes the option that holds an initializer; null in a config is `fallback`, as in Keras.
void describe_initializer(config::OptionVisitor& visitor, config::Option option, std::shared_ptr<config::Described>& options,
                          std::string_view fallback);
/// What the options say.  `options` is a member of initializer_family().
Initializer initializer_from(const std::shared_ptr<config::Described>& options);

/// Fills a parameter (entry.id.size numbers) from RandomStream(seed, kInitialization, entry.place).  Drawn in double and
/// rounded, so that both precisions start alike.
template <class T>
void fill_parameter(const ParamEntry& entry, std::uint64_t seed, T* values);

}  // namespace normrun::nn
