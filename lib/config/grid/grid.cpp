#include "config/grid/grid.hpp"

#include <algorithm>
#include <numeric>

#include "config/json/json.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

std::size_t depth_of(const std::string& key) { return static_cast<std::size_t>(std::count(key.begin(), key.end(), '.')); }

bool is_place(std::string_view component) {
  return !component.empty() && component.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Returns the value in the form in which it enters the document.  An object's "name" only labels the table's column, so it is dropped.  It
/// stays if the object becomes an entry of a list, because layers have names of their own.
std::string placed_value(const std::string& key, const std::string& value) {
  if (value.empty() || value[0] != '{' || is_place(std::string_view(key).substr(key.rfind('.') + 1))) return value;
  JsonValue object = parse_trusted(value);
  if (object.erase("name") == 0) return value;
  return compact_text(object);
}

/// Names an axis's value in messages: "config.json:12:20 /grid/seed/3" if the document holds the axis, or the option if the command line
/// gave the axis.
std::string origin_of(const Document& document, const Axis& axis, std::size_t place) {
  const std::string pointer = child_pointer("/grid", axis.key);
  if (axis.origin != document.where(pointer)) return axis.origin;
  const JsonValue& root = document.json().value;
  const JsonValue::json_pointer list_place(pointer);
  if (!root.contains(list_place) || !root.at(list_place).is_array()) return axis.origin;
  const JsonValue& list = root.at(list_place);
  const auto is_value = [&](std::size_t i) { return i < list.size() && compact_text(list[i]) == axis.values[place]; };
  // Some callers keep only one value of an axis, so the value may have another place in the document's list.
  for (std::size_t i = 0; !is_value(place) && i < list.size(); ++i) {
    if (is_value(i)) return document.where(pointer + '/' + std::to_string(i));
  }
  return document.where(pointer + '/' + std::to_string(place));
}

/// Counts an axis's values.  Throws Error(kUsage) if there are more than `most`, because the grid would then have too many runs.
std::int64_t counted_values(const Axis& axis, std::int64_t most) {
  if (axis.values.empty()) refuse_usage(axis.origin, "no values to sweep over", "give at least one value, or remove the key");
  const auto count = static_cast<std::int64_t>(axis.values.size());
  if (count > most) {
    refuse_usage(axis.origin, "the grid has more than " + std::to_string(Grid::kMaxRuns) + " runs", "split the experiment");
  }
  return count;
}

}  // namespace

Grid::Grid(std::vector<Axis> axes) : axes_(std::move(axes)), strides_(axes_.size()) {
  for (const Axis& axis : axes_) size_ *= counted_values(axis, kMaxRuns / size_);
  std::int64_t stride = size_;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    stride /= static_cast<std::int64_t>(axes_[i].values.size());
    strides_[i] = stride;
  }
}

std::size_t Grid::place(std::size_t axis, std::int64_t run) const {
  return static_cast<std::size_t>(run / strides_[axis]) % axes_[axis].values.size();
}

std::vector<std::size_t> Grid::point(std::int64_t run) const {
  std::vector<std::size_t> places(axes_.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = place(i, run);
  return places;
}

Document at_point(const Document& document, const Grid& grid, std::int64_t run) {
  Document point = document;
  point.erase("grid");
  const std::vector<Axis>& axes = grid.axes();
  std::vector<std::size_t> order(axes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Whole objects go in before their own options, whichever of the two axes varies faster.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return depth_of(axes[a].key) < depth_of(axes[b].key); });
  for (const std::size_t i : order) {
    const Axis& axis = axes[i];
    const std::size_t place = grid.place(i, run);
    point.set(axis.key, placed_value(axis.key, axis.values[place]), origin_of(document, axis, place));
  }
  return point;
}

}  // namespace normrun::config
