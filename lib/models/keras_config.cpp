#include "models/keras_config.hpp"

#include <charconv>

namespace normrun::models {

std::string KerasConfig::text(const std::string& key, const std::string& fallback) const {
  const std::string json_text = json(key);
  if (json_text.size() < 2 || json_text.front() != '"') return fallback;
  return json_text.substr(1, json_text.size() - 2);
}

bool KerasConfig::flag(const std::string& key, bool fallback) const {
  const std::string value = json(key);
  return value == "true" ? true : value == "false" ? false : fallback;
}

std::optional<double> KerasConfig::number(const std::string& key) const {
  const std::string value = json(key);
  double number = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return number;
}

std::vector<Index> KerasConfig::integers(const std::string& key) const {
  const auto one = [](const std::optional<double>& number) {
    constexpr double kMost = 1e15;
    return number && *number > -kMost && *number < kMost ? static_cast<Index>(*number) : Index{-1};
  };
  if (const auto number_alone = number(key)) return {one(number_alone)};
  std::vector<Index> values;
  const std::size_t count = entries(key);
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) values.push_back(one(number(key + "." + std::to_string(i))));
  return values;
}

std::size_t KerasConfig::entries(const std::string& key) const {
  const std::string list = json(key);
  if (list.empty() || list.front() != '[') return 0;
  std::size_t count = 0;
  while (has(key + "." + std::to_string(count))) ++count;
  return count;
}

}  // namespace normrun::models
