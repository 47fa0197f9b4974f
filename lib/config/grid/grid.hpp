#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/grid/axis_texts.hpp"
#include "config/options/document.hpp"
#include "core/matrix.hpp"

namespace normrun::config {

/// One swept key and its values, as JSON text in the order of the config.
struct Axis {
  std::string key;     // dotted: "norm.type", "train.batch_size", "seed"
  AxisTexts values;    // compact JSON
  AxisTexts labels;    // what the table's column holds: the value, or an object's name, else its type
  std::string origin;  // "config.json:12:3 /grid/seed", "--grid seed"
};

/// The product of the axes, the first slowest.  Points are computed, never stored.
class Grid {
 public:
  /// More runs than this are refused.
  static constexpr std::int64_t kMaxRuns = 10'000'000;

  Grid() = default;
  explicit Grid(std::vector<Axis> axes);  // throws Error(kUsage) past kMaxRuns (checked without overflow) or for an empty axis

  const std::vector<Axis>& axes() const { return axes_; }
  std::int64_t size() const { return size_; }
  /// The place of an axis' value in run number `run`.
  std::size_t place(std::size_t axis, std::int64_t run) const;
  /// The same for each axis.
  std::vector<std::size_t> point(std::int64_t run) const;
  /// How many runs lie between one value of an axis and the next: the number of points of the faster axes.
  std::int64_t stride(std::size_t axis) const { return strides_[axis]; }

 private:
  std::vector<Axis> axes_;
  std::vector<std::int64_t> strides_;  // of each axis
  std::int64_t size_ = 1;
};

/// `"seed": "0..999"` in a grid, and `--seeds 0..999`: seeds as a range, inclusive.
Axis seed_range(Index first, Index last, std::string origin);
/// The first and the last of "0..999"; none where the text is no such range, runs backwards or has more than Grid::kMaxRuns values.
std::optional<std::pair<Index, Index>> parse_seed_range(std::string_view text);

/// The axes under /grid of a document.  A value that stands alone counts as a list of one, but for a range of seeds.  A list among the
/// values is labelled by its JSON.  Throws Error(kUsage), all problems at once, where /grid is no object, an axis is empty or repeats a
/// value or a label, or an object has neither "name" nor "type".
std::vector<Axis> read_axes(const Document& document);
/// Whether a dotted key is `above` or names something in it.
bool is_at_or_below(std::string_view key, std::string_view above);
/// The key of an option's "key=value"; throws Error(kUsage) where it has no such form.
std::string set_option_key(const std::string& expression);
std::string grid_option_key(const std::string& expression);

/// `--grid key=v1,v2,…`: adds an axis, the fastest, or replaces one where it stands; removes the axes of keys below it, whose
/// values would overwrite parts of its own.  Commas inside brackets, braces and quotes do not split; a value that is no JSON is
/// a text.  Like the options below it throws Error(kUsage).
void apply_grid_option(std::vector<Axis>& axes, const std::string& expression);
/// `--set key=value`: as set_value.  `--set grid={…}` replaces all axes, and `--set grid.KEY=[…]` one as --grid does.
void apply_set_option(Document& document, std::vector<Axis>& axes, const std::string& expression);
/// Sets the value and removes the axes of that key and of keys below it.  Refused where an axis sweeps an object above the
/// key, which would overwrite the value.  `origin` is the option to blame.
void set_value(Document& document, std::vector<Axis>& axes, const std::string& key, std::string_view value, const std::string& origin);
/// `--seeds 0..4` (inclusive) or `--seeds 3` or `--seeds 1,5,9`: replaces the axis `seed`.  Seeds are >= 0, each once, and no
/// more than Grid::kMaxRuns as one range, 100,000 in a list.
void apply_seeds_option(std::vector<Axis>& axes, const std::string& expression);
/// The document of one point of the grid (without its "grid").  Whole objects go in before their own options.  An object's
/// "name" labels the column and is dropped, but for an object that replaces a list's entry ("network.0"): layers know "name".
Document at_point(const Document& document, const Grid& grid, std::int64_t run);

}  // namespace normrun::config
