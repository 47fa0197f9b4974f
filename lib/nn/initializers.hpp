#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn {

/// The initializers with their options, under the names that Keras and PyTorch give them.
const config::Family& initializer_family();

/// Returns the options of the initializer `type` with their default values.  A layer's spec holds them until the config is read.
std::shared_ptr<config::Described> default_initializer(std::string_view type);
/// Describes the option that holds an initializer.  As in Keras, null in a config stands for the initializer `fallback`.
void describe_initializer(config::OptionVisitor& visitor, config::Option option, std::shared_ptr<config::Described>& options,
                          std::string_view fallback);
/// Returns the initializer that `options` describe; they are a member of initializer_family().
Initializer initializer_from(const std::shared_ptr<config::Described>& options);

/// Fills a parameter (entry.id.size numbers) from RandomStream(seed, kInitialization, entry.place).  The numbers are drawn in double and
/// then rounded to T, so that both precisions start alike.
template <class T>
void fill_parameter(const ParamEntry& entry, std::uint64_t seed, T* values);

}  // namespace normrun::nn
