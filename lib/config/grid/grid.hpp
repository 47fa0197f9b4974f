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

/// One swept key and its values.  Values are JSON texts in the order of the config.
struct Axis {
  std::string key;     // dotted: "norm.type", "train.batch_size", "seed"
  AxisTexts values;    // compact JSON
  AxisTexts labels;    // what the table's column holds: the value; for an object its name, or else its type
  std::string origin;  // "config.json:12:3 /grid/seed", "--grid seed"
};

/// The product of some axes; the first axis varies slowest.  A point is computed when a caller asks for it, and never stored.
class Grid {
 public:
  /// A grid may have at most this many runs.
  static constexpr std::int64_t kMaxRuns = 10'000'000;

  Grid() = default;
  explicit Grid(std::vector<Axis> axes);  // throws Error(kUsage) for more than kMaxRuns runs or an empty axis

  const std::vector<Axis>& axes() const { return axes_; }
  std::int64_t size() const { return size_; }
  /// Returns the place of an axis's value in run number `run`.
  std::size_t place(std::size_t axis, std::int64_t run) const;
  /// Returns the place of each axis's value in run number `run`.
  std::vector<std::size_t> point(std::int64_t run) const;
  /// Returns how many runs later the axis takes its next value: the product of the sizes of all faster axes.
  std::int64_t stride(std::size_t axis) const { return strides_[axis]; }

 private:
  std::vector<Axis> axes_;
  std::vector<std::int64_t> strides_;  // for each axis
  std::int64_t size_ = 1;
};

/// Makes the axis for `"seed": "0..999"` in a grid or for `--seeds 0..999`.  Both ends belong to the range.
Axis seed_range(Index first, Index last, std::string origin);
/// Returns the first and the last number of a text such as "0..999".  Returns nothing if the text is not such a range, runs backwards,
/// or has more than Grid::kMaxRuns values.
std::optional<std::pair<Index, Index>> parse_seed_range(std::string_view text);

/// Reads the axes under /grid of a document.  A single value counts as a list of one, except for a range of seeds.  If a value is itself a
/// list, its label is its JSON.  Throws Error(kUsage) with all problems at once if /grid is not an object, an axis is empty or repeats a
/// value or a label, or an object has neither "name" nor "type".
std::vector<Axis> read_axes(const Document& document);
/// Whether a dotted key equals `above` or lies inside it, as "norm.type" lies inside "norm".
bool is_at_or_below(std::string_view key, std::string_view above);
/// Return the key in the argument of `--set key=value` and of `--grid key=v1,v2,…`.  Throw Error(kUsage) if it does not have this form.
std::string set_option_key(const std::string& expression);
std::string grid_option_key(const std::string& expression);

/// Applies `--grid key=v1,v2,…`: replaces the key's axis where it stands, or appends a new axis, which varies fastest.  Removes the axes of
/// keys below this key, because their values would overwrite members of this key's values.  Commas inside brackets, braces and quotes do
/// not separate values, and a value that is not JSON is a text.  Throws Error(kUsage), as the functions below do.
void apply_grid_option(std::vector<Axis>& axes, const std::string& expression);
/// Applies `--set key=value` as set_value does.  `--set grid={…}` replaces all axes, and `--set grid.KEY=[…]` replaces one axis as --grid
/// does.
void apply_set_option(Document& document, std::vector<Axis>& axes, const std::string& expression);
/// Sets a value, and removes the axes of its key and of all keys below it.  Throws Error(kUsage) if an axis sweeps an object that contains
/// the key, because the axis would overwrite the value.  `origin` is the option that messages name.
void set_value(Document& document, std::vector<Axis>& axes, const std::string& key, std::string_view value, const std::string& origin);
/// Applies `--seeds 0..4` (both ends included), `--seeds 3` or `--seeds 1,5,9`: replaces the axis `seed`.  Seeds must not be negative, and
/// must differ from each other.  A range may have Grid::kMaxRuns seeds, a list 100,000.
void apply_seeds_option(std::vector<Axis>& axes, const std::string& expression);
/// Returns the document of one point of the grid, without its "grid".  Whole objects go in before their own options.  An object's "name"
/// only labels the column and is dropped.  It stays if the object replaces an entry of a list ("network.0"), because layers have names of
/// their own.
Document at_point(const Document& document, const Grid& grid, std::int64_t run);

}  // namespace normrun::config
