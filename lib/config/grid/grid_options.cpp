#include <algorithm>
#include <charconv>

#include "config/grid/axes.hpp"
#include "config/grid/grid.hpp"
#include "config/json/source.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

constexpr Index kMaxListedSeeds = 100'000;  // because a list is in memory as a whole, whereas a range stores only its ends
constexpr const char* kGridForm = "train.batch_size=2,4,32";
constexpr const char* kSetForm = "train.batch_size=32";
constexpr const char* kSeedsForm = "write --seeds 0..4, --seeds 3 or --seeds 1,5,9";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Assignment {
  std::string key;
  std::string_view value;
};

/// Splits "key=value" at the first '='.
Assignment split_assignment(const std::string& option, const std::string& expression, const std::string& form) {
  if (find_invalid_byte(expression) != std::string::npos) refuse_usage(option + ' ' + shown_text(expression), "the text is not UTF-8");
  const std::size_t equals = expression.find('=');
  const std::string_view key = trimmed(std::string_view(expression).substr(0, equals));
  if (equals == std::string::npos || key.empty()) {
    refuse_usage(option, "expected key=value, got " + shown_text(expression), "write " + option + ' ' + form);
  }
  return {std::string(key), trimmed(std::string_view(expression).substr(equals + 1))};
}

/// Splits at the commas outside of brackets, braces and quotes.
std::vector<std::string_view> split_values(std::string_view text) {
  std::vector<std::string_view> values;
  std::size_t begin = 0;
  std::size_t depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (is_quoted) {
      continue;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ',' && depth == 0) {
      values.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  values.push_back(trimmed(text.substr(begin)));
  return values;
}

/// Replaces the axis of the same key where it stands, or appends it.  Removes the axes of keys below it.
void put_axis(std::vector<Axis>& axes, Axis axis) {
  std::erase_if(axes, [&](const Axis& other) { return other.key != axis.key && is_at_or_below(other.key, axis.key); });
  const auto old = std::find_if(axes.begin(), axes.end(), [&](const Axis& other) { return other.key == axis.key; });
  if (old == axes.end()) {
    axes.push_back(std::move(axis));
  } else {
    *old = std::move(axis);
  }
}

/// Applies `--set grid.KEY=…`: KEY is the axis's key, and the value is what "grid" in a config would hold for this key.
void put_grid_member(std::vector<Axis>& axes, const std::string& key, std::string_view text, const std::string& origin) {
  JsonValue values = parse_value(text);
  if (values.is_discarded()) values = std::string(text);
  std::vector<Problem> problems;
  Axis axis = read_axis(
      key, values, origin, [&](std::size_t i) { return origin + '/' + std::to_string(i); }, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, std::move(problems));
  put_axis(axes, std::move(axis));
}

/// Reads a whole number >= 0.
Index read_seed(std::string_view text, const std::string& expression) {
  Index seed = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && !text.empty() && seed >= 0;
  if (!is_number) refuse_usage("--seeds", "expected whole numbers >= 0, got " + shown_text(expression), kSeedsForm);
  return seed;
}

/// Appends the seed of "3", or all seeds of "0..4".
void append_seeds(std::string_view item, const std::string& expression, JsonValue& seeds) {
  const std::size_t dots = item.find("..");
  const Index first = read_seed(item.substr(0, dots), expression);
  const Index last = dots == std::string_view::npos ? first : read_seed(item.substr(dots + 2), expression);
  if (last < first) refuse_usage("--seeds", "the range " + shown_text(item) + " runs backwards", "write the smaller seed first");
  if (last - first >= Grid::kMaxRuns - static_cast<Index>(seeds.size())) {
    refuse_usage("--seeds", "more than " + std::to_string(Grid::kMaxRuns) + " seeds", "split the experiment");
  }
  if (last - first >= kMaxListedSeeds - static_cast<Index>(seeds.size())) {
    refuse_usage("--seeds", "more than " + std::to_string(kMaxListedSeeds) + " seeds in a list",
                 "give them as one range, such as 0..999999");
  }
  for (Index seed = first; seed < last; ++seed) seeds.push_back(seed);
  seeds.push_back(last);
}

}  // namespace

bool is_at_or_below(std::string_view key, std::string_view above) {
  return key.substr(0, above.size()) == above && (key.size() == above.size() || key[above.size()] == '.');
}

std::string set_option_key(const std::string& expression) { return split_assignment("--set", expression, kSetForm).key; }

std::string grid_option_key(const std::string& expression) { return split_assignment("--grid", expression, kGridForm).key; }

void apply_grid_option(std::vector<Axis>& axes, const std::string& expression) {
  const Assignment assignment = split_assignment("--grid", expression, kGridForm);
  std::string origin = "--grid " + assignment.key;
  JsonValue list = JsonValue::array();
  for (const std::string_view text : split_values(assignment.value)) {
    if (text.empty()) refuse_usage(origin, "an empty value in " + shown_text(assignment.value), "separate the values by single commas");
    JsonValue value = parse_value(text);
    list.push_back(value.is_discarded() ? JsonValue(std::string(text)) : std::move(value));
  }
  std::vector<Problem> problems;
  Axis axis = make_axis(
      assignment.key, list, origin, [&](std::size_t) { return origin; }, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, std::move(problems));
  put_axis(axes, std::move(axis));
}

void apply_set_option(Document& document, std::vector<Axis>& axes, const std::string& expression) {
  constexpr std::string_view kGridKey = "grid";
  const auto [key, value] = split_assignment("--set", expression, kSetForm);
  const std::string origin = "--set " + key;
  if (!is_at_or_below(key, kGridKey)) return set_value(document, axes, key, value, origin);
  if (key != kGridKey) return put_grid_member(axes, key.substr(kGridKey.size() + 1), value, origin);
  document.set(key, value, origin);
  axes = read_axes(document);
}

void set_value(Document& document, std::vector<Axis>& axes, const std::string& key, std::string_view value, const std::string& origin) {
  std::erase_if(axes, [&](const Axis& axis) { return is_at_or_below(axis.key, key); });
  for (const Axis& axis : axes) {
    if (is_at_or_below(key, axis.key)) {
      refuse_usage(origin, "the grid sweeps all of " + shown_text(axis.key) + ", which would overwrite this value",
                   "change it in " + axis.origin + ", or set " + shown_text(axis.key) + " first");
    }
  }
  document.set(key, value, origin);
}

void apply_seeds_option(std::vector<Axis>& axes, const std::string& expression) {
  if (const auto range = parse_seed_range(expression)) {
    put_axis(axes, seed_range(range->first, range->second, "--seeds"));
    return;
  }
  JsonValue seeds = JsonValue::array();
  for (const std::string_view item : split_values(expression)) append_seeds(item, expression, seeds);
  std::vector<Problem> problems;
  Axis axis = make_axis(
      "seed", seeds, "--seeds", [](std::size_t) { return "--seeds"; }, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, std::move(problems));
  put_axis(axes, std::move(axis));
}

}  // namespace normrun::config
