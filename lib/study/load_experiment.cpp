#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>

#include "files/checksum.hpp"
#include "files/input_file.hpp"
#include "study/claim_check.hpp"
#include "study/experiment.hpp"
#include "study/plan.hpp"
#include "study/weights_check.hpp"

namespace normrun::study {
namespace {

/// If an axis has more values than this, as the seeds of a very large sweep, only the first values and the last one are checked.
constexpr std::size_t kCheckedValues = 1000;
/// A range of more seeds than this is written as a range, not as a list.
constexpr std::size_t kListedValues = 1000;
/// Keys that do not change the numbers of a run.
constexpr const char* kOtherKeys[] = {"$schema", "name", "source", "description", "grid", "claims", "train.checkpoint_every"};

/// Stands in for a value's place in its axis: the value is the one that the config itself gives to the swept key.
constexpr std::size_t kOwnValue = static_cast<std::size_t>(-1);

/// Returns the key of the object around a key: "norm" for "norm.type", "" for "seed".
std::string object_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('.') + 1); }

/// Returns the document with one axis at the given value and every other axis at its first one.
config::Document point_document(const config::Document& document, const std::vector<config::Axis>& axes, std::size_t axis,
                                std::size_t value) {
  std::vector<config::Axis> chosen;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::size_t kept = a == axis ? value : 0;
    if (kept == kOwnValue) continue;
    chosen.push_back(axes[a]);
    chosen.back().values = {axes[a].values[kept]};
    chosen.back().labels = {axes[a].labels[kept]};
  }
  config::Document point = config::at_point(document, config::Grid(chosen), 0);
  // No run uses the value that the config itself gives to a swept key.  Its type may therefore lack options that only swept types have.
  if (value == kOwnValue) point.allow_other_types(last_part(axes[axis].key) == "type" ? object_of(axes[axis].key) : axes[axis].key);
  return point;
}

/// Returns points (axis, value) at which every value of every axis occurs once, while the other axes have their first value.
std::vector<std::pair<std::size_t, std::size_t>> checked_points(const std::vector<config::Axis>& axes) {
  std::vector<std::pair<std::size_t, std::size_t>> points = {{0, 0}};
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const std::size_t count = axes[axis].values.size();
    for (std::size_t value = 1; value < std::min(count, kCheckedValues); ++value) points.emplace_back(axis, value);
    if (count > kCheckedValues) points.emplace_back(axis, count - 1);
  }
  return points;
}

bool is_whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

void check_long_axes(const std::vector<config::Axis>& axes, std::vector<Problem>& problems) {
  for (const config::Axis& axis : axes) {
    if (axis.values.size() <= kCheckedValues) continue;
    for (std::size_t i = 0; i < axis.values.size() && !axis.values.is_range(); ++i) {
      if (is_whole_number(axis.values[i])) continue;
      problems.push_back({axis.origin, "an axis of more than 1000 values takes whole numbers only, not " + axis.values[i], ""});
      break;
    }
  }
}

void add_new(std::vector<Problem>& problems, const std::vector<Problem>& found) {
  for (const Problem& problem : found) {
    const bool known = std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return to_line(p) == to_line(problem); });
    if (!known) problems.push_back(problem);
  }
}

/// Returns line and column of a problem in this file ("name:3:14 …").  Problems without a place come last.
std::pair<long, long> place_in(const std::string& name, const Problem& problem) {
  constexpr std::pair<long, long> kNowhere{std::numeric_limits<long>::max(), 0};
  if (problem.where.compare(0, name.size() + 1, name + ":") != 0) return kNowhere;
  std::pair<long, long> place = kNowhere;
  const char* end = problem.where.data() + problem.where.size();
  const auto line = std::from_chars(problem.where.data() + name.size() + 1, end, place.first);
  if (line.ec != std::errc() || line.ptr == end || *line.ptr != ':') return kNowhere;
  std::from_chars(line.ptr + 1, end, place.second);
  return place;
}

/// Explains why a data file may be missing if the config lies in a results folder.
constexpr const char* kMovedConfig =
    "a config.json in a results folder still has the paths of the original config: copy it into the original config's folder, or give the "
    "paths by --set";

/// What the readers of the data files say at one point of the grid.
struct DataFacts {
  std::vector<std::string> notes;
  std::optional<Shape> example;
};

/// Returns what is wrong with the shapes or the data files of one point.
std::vector<Problem> shape_problems(const RunConfig& config, const std::string& folder, const config::Document& document,
                                    const config::Grid& grid, ExitCode& code, DataFacts& facts) {
  try {
    const data::DataSpec::Outline outline = config.data_spec().outline(folder);
    facts = {outline.notes, outline.shape};
    const nn::Network<float> network(config.layers(), outline.shape);
    check_fit(network, config, outline, folder, swept_norms(document, grid, config, outline.shape));
  } catch (const Error& error) {
    code = error.code();
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      if (problem.what == files::kNoSuchFile && std::filesystem::exists(std::filesystem::path(folder) / kJournalFile))
        problem.hint = kMovedConfig;
      problem.where = document.name() + (problem.where.empty() ? "" : ": " + problem.where);
    }
    return problems;
  }
  return {};
}

RunConfig point_config(const config::Document& document, const std::vector<config::Axis>& axes, std::size_t axis, std::size_t value) {
  RunConfig config;
  std::vector<Problem> ignored;
  point_document(document, axes, axis, value).read("", config, ignored);
  return config;
}

/// A weights file that does not fit one swept normalization or one seed is a fault of the config, even if it fits the other values.
void check_swept_weights(const config::Document& document, const std::vector<config::Axis>& axes, const std::string& folder) {
  const config::Grid grid(axes);
  std::vector<Problem> problems;
  ExitCode code = ExitCode::kDamaged;
  for (const auto& [axis, value] : checked_points(axes)) {
    if (axes.empty() || (axes[axis].key != "seed" && !config::is_at_or_below(axes[axis].key, "norm"))) continue;
    const RunConfig config = point_config(document, axes, axis, value);
    if (config.train.init_from.empty()) continue;
    if (axes[axis].key == "seed" && config.train.init_from.find("{seed}") == std::string::npos) continue;
    ExitCode found_code = ExitCode::kUsage;
    DataFacts ignored;  // check_shapes tells them
    const std::vector<Problem> found = shape_problems(config, folder, document, grid, found_code, ignored);
    const bool is_missing = !found.empty() && found.front().what == files::kNoSuchFile;
    if (found.empty() || (found_code != ExitCode::kDamaged && !is_missing)) continue;
    code = found_code;
    add_new(problems, found);
  }
  if (!problems.empty()) throw Error(code, problems);
}

/// Shapes that fit at no checked point, or a data file that is missing at every point, are a fault of the config.  If some point fits, the
/// runs of the other points fail by themselves.  Returns the facts of the point that fits.
DataFacts check_shapes(const config::Document& document, const std::vector<config::Axis>& axes, const std::string& folder) {
  const config::Grid grid(axes);
  std::vector<Problem> problems;
  DataFacts facts;
  ExitCode code = ExitCode::kUsage;
  for (const auto& [axis, value] : checked_points(axes)) {
    const std::vector<Problem> found = shape_problems(point_config(document, axes, axis, value), folder, document, grid, code, facts);
    if (found.empty()) {
      check_swept_weights(document, axes, folder);
      return facts;
    }
    add_new(problems, found);
  }
  throw Error(code, problems);
}

/// A config with nothing but "data", so that data_text, which every run calls, writes no other option.
struct DataAlone : config::Described {
  std::shared_ptr<config::Described> data;
  void describe(config::OptionVisitor& visitor) override { visitor.tagged({"data", ""}, data, data::data_family()); }
};

config::Document numbers_of(RunConfig config) {
  config::Document document = config::Document::parse(config::write_resolved(config), "numbers");
  for (const char* key : kOtherKeys) document.erase(key);
  return document;
}

/// Adds the given options of an object that its type in `numbers` does not know.  Other types in the sweep read these options.
void add_options_of_other_types(const std::string& object, const config::Document& given, config::Document& numbers) {
  std::string pointer = "/" + object;
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  for (const std::string& key : given.keys_at(pointer)) {
    const std::string dotted = std::string(object).append(".").append(key);
    if (!numbers.contains(dotted)) numbers.set(dotted, given.text_at(dotted), "numbers");
  }
}

std::vector<std::string> keys_of(const std::vector<config::Axis>& axes) {
  std::vector<std::string> keys(axes.size());
  std::transform(axes.begin(), axes.end(), keys.begin(), [](const config::Axis& axis) { return axis.key; });
  return keys;
}

}  // namespace

Experiment load_experiment(const std::string& path, const Overrides& overrides, Check check) {
  config::Document document = config::Document::load(path);
  const std::vector<std::string> file_keys = keys_of(config::read_axes(document));
  const std::vector<config::Axis> axes = apply_overrides(document, overrides);
  const config::Grid grid(axes);
  std::vector<Problem> problems;
  check_long_axes(axes, problems);
  std::vector<std::pair<std::size_t, std::size_t>> points = checked_points(axes);
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (document.contains(axes[axis].key)) points.emplace_back(axis, kOwnValue);
  }
  for (const auto& [axis, value] : points) {
    RunConfig config;
    std::vector<Problem> found;
    point_document(document, axes, axis, value).read("", config, found);
    add_new(problems, found);
  }
  if (check == Check::kWithData) {
    std::vector<Problem> found;
    check_claims(config::at_point(document, grid, 0), grid, file_keys, found);
    add_new(problems, found);
  }
  const auto earlier = [&](const Problem& a, const Problem& b) { return place_in(document.name(), a) < place_in(document.name(), b); };
  std::stable_sort(problems.begin(), problems.end(), earlier);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);

  const std::string folder = std::filesystem::path(path).parent_path().string();
  DataFacts facts;
  if (check == Check::kWithData) facts = check_shapes(document, axes, folder);
  Experiment experiment{std::move(document), path, folder, grid, {}, std::move(facts.notes), std::move(facts.example)};
  experiment.base = experiment.at(0);
  return experiment;
}

RunConfig Experiment::at(std::int64_t run) const {
  RunConfig config;
  std::vector<Problem> problems;
  config::at_point(document, grid, run).read("", config, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return config;
}

std::string grid_text(const config::Grid& grid) {
  std::string text = "{";
  for (const config::Axis& axis : grid.axes()) {
    text += (text.size() > 1 ? ",\"" : "\"") + axis.key + "\":";
    if (axis.values.is_range() && axis.values.size() > kListedValues) {
      text += '"' + axis.values[0] + ".." + axis.values.back() + '"';
      continue;
    }
    text += '[';
    for (std::size_t i = 0; i < axis.values.size(); ++i) text += (i > 0 ? "," : "") + axis.values[i];
    text += "]";
  }
  return text + "}";
}

config::Grid parse_grid(const std::string& text) {
  return config::Grid(config::read_axes(config::Document::parse("{\"grid\":" + text + "}", "grid")));
}

std::string Experiment::resolved() const {
  RunConfig config = base;
  config.grid = grid_text(grid);
  config::Document resolved = config::Document::parse(config::write_resolved(config), "resolved");
  for (const config::Axis& axis : grid.axes()) {
    const std::string object = object_of(axis.key);
    if (!object.empty() && resolved.contains(object + ".type")) resolved.restore(object, document);
  }
  return resolved.pretty();
}

std::string run_text(const RunConfig& config) { return numbers_of(config).dump(); }

std::string data_text(const RunConfig& config) {
  DataAlone alone;
  alone.data = config.data;
  return config::write_resolved(alone);
}

std::string Experiment::numbers() const {
  config::Document text = numbers_of(base);
  for (const config::Axis& axis : grid.axes())
    if (last_part(axis.key) == "type") add_options_of_other_types(object_of(axis.key), document, text);
  text.erase("seed");
  for (const config::Axis& axis : grid.axes()) text.erase(axis.key);
  return text.dump();
}

std::string Experiment::digest() const { return files::digest_of(numbers()); }

}  // namespace normrun::study
