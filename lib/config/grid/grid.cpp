#include "config/grid/grid.hpp"

#include <algorithm>

#include "config/json/json.hpp"
#include "config/json/words.hpp"

namespace normrun::config {
namespace {

std::size_t depth_of(const std::string& key) { return static_cast<std::size_t>(std::count(key.begin(), key.end(), '.')); }

bool is_place(std::string_view part) { return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos; }

/// The value as it is put into the document: an object's "name" labels the column, and stays only where the object becomes
/// an entry of a list (a layer has a name of its own).
std::string placed_value(const std::string& key, const std::string& value) {
  if (value.empty() || value[0] != '{' || is_place(std::string_view(key).substr(key.rfind('.') + 1))) return value;
  JsonValue object = parse_trusted(value);
  if (object.erase("name") == 0) return value;
  return compact_text(object);
}

/// "config.json:12:20 /grid/seed/3" for an axis of the document, the option for one of the command line.
std::string origin_of(const Document& document, const Axis& axis, std::size_t place) {
  const std::string pointer = child_pointer("/grid", axis.key);
  if (axis.origin != document.where(pointer)) return axis.origin;
  const JsonValue& root = document.json().value;
  const JsonValue::json_pointer list_place(pointer);
  if (!root.contains(list_place) || !root.at(list_place).is_array()) return axis.origin;
  const JsonValue& list = root.at(list_place);
  const auto is_value = [&](std::size_t i) { return i < list.size() && compact_text(list[i]) == axis.values[place]; };
  // Some callers keep but one value of an axis: then it stands elsewhere in the list.
  for (std::size_t i = 0; !is_value(place) && i < list.size(); ++i) {
    if (is_value(i)) return document.where(pointer + '/' + std::to_string(i));
  }
  return document.where(pointer + '/' + std::to_string(place));
}

}  // namespace

Grid::Grid(std::vector<Axis> axes) : axes_(std::move(axes)) {
  for (const Axis& axis : axes_) {
    if (axis.values.empty()) refuse_usage(axis.origin, "no values to sweep over", "give at least one or take the key away");
    const auto count = static_cast<std::int64_t>(axis.values.size());
    if (count > kMaxRuns / size_) {
      refuse_usage(axis.origin, "the grid has more than " + std::to_string(kMaxRuns) + " runs", "split the experiment");
    }
    size_ *= count;
  }
}

std::vector<std::size_t> Grid::point(std::int64_t run) const {
  std::vector<std::size_t> places(axes_.size());
  for (std::size_t i = axes_.size(); i-- > 0;) {
    const auto count = static_cast<std::int64_t>(axes_[i].values.size());
    places[i] = static_cast<std::size_t>(run % count);
    run /= count;
  }
  return places;
}

Document at_point(const Document& document, const Grid& grid, std::int64_t run) {
  Document point = document;
  point.erase("grid");
  const std::vector<std::size_t> places = grid.point(run);
  std::vector<std::size_t> order(places.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::vector<Axis>& axes = grid.axes();
  // A whole object goes in before its own options, whichever of the two axes is the slower one.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return depth_of(axes[a].key) < depth_of(axes[b].key); });
  for (const std::size_t i : order) {
    const Axis& axis = axes[i];
    point.set(axis.key, placed_value(axis.key, axis.values[places[i]]), origin_of(document, axis, places[i]));
  }
  return point;
}

}  // namespace normrun::config
