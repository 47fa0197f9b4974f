#include "config/grid/axes.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "config/json/words.hpp"
#include "core/text.hpp"

namespace normrun::config {
namespace {

/// Returns what a swept key's column holds for a value.  For a plain value it is the value itself.  For an object it is the object's name
/// or else its type, or "" if the object has neither.
std::string label_of(const JsonValue& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return compact_text(value);
  for (const char* const key : {"name", "type"}) {
    const auto member = value.find(key);
    if (member != value.end() && member->is_string()) return member->get<std::string>();
  }
  return "";
}

}  // namespace

Axis make_axis(std::string key, const JsonValue& list, std::string origin, const std::function<std::string(std::size_t)>& where,
               std::vector<Problem>& problems) {
  Axis axis{.key = std::move(key), .values = {}, .labels = {}, .origin = std::move(origin)};
  std::unordered_set<std::string> values;
  std::unordered_set<std::string> labels;
  for (std::size_t i = 0; i < list.size(); ++i) {
    axis.values.push_back(compact_text(list[i]));
    axis.labels.push_back(label_of(list[i]));
    const bool is_nameless = list[i].is_object() && axis.labels.back().empty();
    const bool is_new_value = values.insert(axis.values.back()).second;
    const bool is_new_label = labels.insert(axis.labels.back()).second;
    if (is_nameless) {
      problems.push_back({where(i), "an object without \"name\" or \"type\"", "give it a \"name\", which the tables show in its column"});
    } else if (!is_new_value) {
      problems.push_back({where(i), "the value " + shown(list[i]) + " is given twice", "remove one of them"});
    } else if (!is_new_label) {
      problems.push_back({where(i), "two values are called " + shown_text(axis.labels.back()), "give each object a \"name\" of its own"});
    } else if (has_control_characters(axis.labels.back())) {
      problems.push_back({where(i), "this value would put control characters into the tables' column", "take them out"});
    }
  }
  if (list.empty()) problems.push_back({axis.origin, "no values to sweep over", "give at least one value, or remove the key"});
  if (is_at_or_below(axis.key, "grid"))
    problems.push_back(
        {axis.origin, "an axis cannot sweep \"grid\" or a key below it", "name a key of another option, such as train.batch_size"});
  return axis;
}

Axis seed_range(Index first, Index last, std::string origin) {
  return {.key = "seed", .values = AxisTexts::range(first, last), .labels = AxisTexts::range(first, last), .origin = std::move(origin)};
}

std::optional<std::pair<Index, Index>> parse_seed_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) {
    Index value = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : Index{-1};
  };
  const Index first = number(text.substr(0, dots));
  const Index last = number(text.substr(dots + 2));
  if (first < 0 || last < first || last - first >= Grid::kMaxRuns) return std::nullopt;
  return std::pair(first, last);
}

Axis read_axis(const std::string& key, const JsonValue& values, const std::string& origin,
               const std::function<std::string(std::size_t)>& where, std::vector<Problem>& problems) {
  const auto range = key == "seed" && values.is_string() ? parse_seed_range(values.get<std::string>()) : std::nullopt;
  if (range) return seed_range(range->first, range->second, origin);
  if (values.is_array()) return make_axis(key, values, origin, where, problems);
  return make_axis(
      key, JsonValue::array({values}), origin, [&](std::size_t) { return origin; }, problems);
}

std::vector<Axis> read_axes(const Document& document) {
  std::vector<Axis> axes;
  std::vector<Problem> problems;
  const auto grid = document.json().value.find("grid");
  if (grid == document.json().value.end()) return axes;
  if (!grid->is_object()) {
    problems.push_back({document.where("/grid"), "expected an object { \"key\": [values], … }, got " + shown(*grid), ""});
    throw Error(ExitCode::kUsage, std::move(problems));
  }
  for (const auto& [key, values] : grid->items()) {
    const std::string pointer = child_pointer("/grid", key);
    const auto where = [&](std::size_t i) { return document.where(pointer + '/' + std::to_string(i)); };
    axes.push_back(read_axis(key, values, document.where(pointer), where, problems));
  }
  if (!problems.empty()) throw Error(ExitCode::kUsage, std::move(problems));
  return axes;
}

}  // namespace normrun::config
