#include "study/overrides.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace normrun::study {
namespace {

constexpr const char* kGridKey = "grid";
constexpr const char* kEpochsKey = "train.epochs";
constexpr const char* kStepsKey = "train.steps";
constexpr const char* kLeaveOne = "leave one of the two out";

enum class GivenAs { kValue, kAxis };

/// A key that a command-line option sets.
struct GivenKey {
  std::string key;
  std::string option;  // "--set train.epochs", "--epochs"
  GivenAs as;
};

/// The keys that options have set so far, in the order in which they take effect.
class GivenKeys {
 public:
  /// Adds a key.  Refuses a key that would undo an earlier key, or that an earlier key would undo.  After a whole object, --set may still
  /// change its members, and --grid may sweep them.
  void add(const GivenKey& key) {
    for (const GivenKey& earlier : keys_) check(earlier, key);
    keys_.push_back(key);
  }

 private:
  static void check(const GivenKey& earlier, const GivenKey& later) {
    if (earlier.option == later.option) {
      if (earlier.key == later.key) refuse_usage(later.option, "given twice", kLeaveOne);
      return;
    }
    if (earlier.key == later.key) refuse_usage(later.option, "contradicts " + earlier.option, kLeaveOne);
    if (config::is_at_or_below(earlier.key, later.key)) refuse_usage(later.option, "would overwrite " + earlier.option, kLeaveOne);
    const bool is_hidden = earlier.as == GivenAs::kAxis && later.as == GivenAs::kValue && config::is_at_or_below(later.key, earlier.key);
    if (is_hidden) refuse_usage(later.option, "would be overwritten by " + earlier.option, kLeaveOne);
  }

  std::vector<GivenKey> keys_;
};

/// Applies the options one after the other.
class Overriding {
 public:
  Overriding(config::Document& document, std::vector<config::Axis> axes) : document_(document), axes_(std::move(axes)) {}

  void set(const std::string& expression) {
    const std::string key = config::set_option_key(expression);
    given_.add({key, "--set " + key, GivenAs::kValue});
    config::apply_set_option(document_, axes_, expression);
  }

  /// Applies `--set grid={…}`.
  void set_grid(const std::string& expression) {
    given_.add({kGridKey, kSetGrid, GivenAs::kAxis});
    config::apply_set_option(document_, axes_, expression);
    for (const config::Axis& axis : axes_) given_.add({axis.key, kSetGrid, GivenAs::kAxis});
  }

  /// Applies `--set grid.KEY=[…]`.
  void set_axis(const std::string& expression) {
    const std::string key = config::set_option_key(expression);
    given_.add({key.substr(std::string_view(kGridKey).size() + 1), "--set " + key, GivenAs::kAxis});
    config::apply_set_option(document_, axes_, expression);
  }

  void sweep(const std::string& expression) {
    const std::string key = config::grid_option_key(expression);
    given_.add({key, "--grid " + key, GivenAs::kAxis});
    config::apply_grid_option(axes_, expression);
  }

  void seeds(const std::string& expression) {
    given_.add({"seed", "--seeds", GivenAs::kAxis});
    config::apply_seeds_option(axes_, expression);
  }

  void epochs(Index count) {
    constexpr const char* kOption = "--epochs";
    given_.add({kEpochsKey, kOption, GivenAs::kValue});
    given_.add({kStepsKey, kOption, GivenAs::kValue});
    for (const std::string name : {"epochs", "steps"}) {
      // The calls of add() above have compared the keys themselves, so only `--set train={…}` can have set this key.
      const bool is_set = document_.contains("train." + name) && document_.where("/train/" + name) == "--set train/" + name;
      if (is_set) refuse_usage(kOption, "contradicts the " + name + " of --set train", kLeaveOne);
    }
    document_.erase(kStepsKey);
    std::erase_if(axes_, [](const config::Axis& axis) { return axis.key == kStepsKey; });
    config::set_value(document_, axes_, kEpochsKey, std::to_string(count), kOption);
  }

  std::vector<config::Axis> take_axes() { return std::move(axes_); }

 private:
  static constexpr const char* kSetGrid = "--set grid";

  config::Document& document_;
  std::vector<config::Axis> axes_;
  GivenKeys given_;
};

}  // namespace

std::vector<config::Axis> apply_overrides(config::Document& document, const Overrides& overrides) {
  std::vector<std::string> values;
  std::vector<std::string> grids;
  std::vector<std::string> axes;
  for (const std::string& expression : overrides.set) {
    const std::string key = config::set_option_key(expression);
    (key == kGridKey ? grids : config::is_at_or_below(key, kGridKey) ? axes : values).push_back(expression);
  }
  // If another grid replaces the config's axes, these axes must not make --set fail.
  Overriding overriding(document, grids.empty() ? config::read_axes(document) : std::vector<config::Axis>{});
  for (const std::string& expression : values) overriding.set(expression);
  for (const std::string& expression : grids) overriding.set_grid(expression);
  for (const std::string& expression : axes) overriding.set_axis(expression);
  for (const std::string& expression : overrides.grid) overriding.sweep(expression);
  if (!overrides.seeds.empty()) overriding.seeds(overrides.seeds);
  if (overrides.epochs) overriding.epochs(*overrides.epochs);
  return overriding.take_axes();
}

}  // namespace normrun::study
