#include "data/array_suggestion.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "files/foreign_format.hpp"
#include "files/input_file.hpp"
#include "files/npz_file.hpp"

namespace normrun::data {
namespace {

constexpr std::size_t kMostArrayValues = 20;

std::string type_name(const files::NumberFormat& format) {
  const std::string bits = std::to_string(8 * format.bytes);
  switch (format.kind) {
    case files::NumberKind::kUnsigned:
      return "uint" + bits;
    case files::NumberKind::kSigned:
      return "int" + bits;
    case files::NumberKind::kFloat:
      break;
  }
  return "float" + bits;
}

std::string lower_letters(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Returns the first member that has one of the names.
std::string member_named(const std::vector<std::string>& members, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    for (const std::string& member : members) {
      if (lower_letters(member) == name) return member;
    }
  }
  return "";
}

ArraySuggestion suggest_members(const std::string& file, const std::string& labels) {
  const std::vector<std::string> members = files::npz_members(file);
  const bool has_label_file =
      std::find(members.begin(), members.end(), labels) == members.end() && std::filesystem::is_regular_file(labels);
  const std::string x =
      member_named(members, {"x_train", "train_x", "train_images", "train_features", "x", "data", "features", "images", "inputs", "arr_0"});
  const std::string y =
      labels.empty() ? member_named(members, {"y_train", "train_y", "train_labels", "y", "labels", "label", "target", "targets", "arr_1"})
                     : labels;
  std::string list;
  for (const std::string& member : members) list += (list.empty() ? "" : ", ") + member;
  if (x.empty() || y.empty()) {
    throw Error(ExitCode::kUsage,
                {file, "the names of its arrays (" + list + ") do not tell which are the inputs and which the labels",
                 "write the config's \"train\": {\"features\": \"" + file + ":…\", \"labels\": \"" + file + ":…\"} by hand"});
  }
  ArraySuggestion found;
  found.train = {file + ":" + x, has_label_file ? labels : file + ":" + y};
  const std::string lengths = member_named(members, {"lengths_train", "train_lengths", "lengths"});
  if (!lengths.empty()) found.train.lengths = file + ":" + lengths;
  const std::string test_x = member_named(members, {"x_test", "test_x", "test_images", "test_features"});
  const std::string test_y = member_named(members, {"y_test", "test_y", "test_labels"});
  if (!test_x.empty() && !test_y.empty()) found.test = {file + ":" + test_x, file + ":" + test_y};
  const std::string test_lengths = member_named(members, {"lengths_test", "test_lengths"});
  if (!test_lengths.empty() && !found.test.features.empty()) found.test.lengths = file + ":" + test_lengths;
  return found;
}

/// Returns how many axes of an example the labels have, if they are classes of its steps or pixels; else 0.
Index label_rank_of(const ArrayFacts& x, const ArrayFacts& y) {
  const bool is_single = y.dims.size() == 1 || (y.dims.size() == 2 && y.dims[1] == 1);
  if (is_single || y.type.starts_with("float") || y.dims.size() > 3 || y.dims.size() > x.dims.size()) return 0;
  const auto agree_from = [&](std::size_t axis) {
    return axis + y.dims.size() - 1 <= x.dims.size() &&
           std::equal(y.dims.begin() + 1, y.dims.end(), x.dims.begin() + static_cast<Index>(axis));
  };
  return agree_from(1) || agree_from(2) ? static_cast<Index>(y.dims.size()) - 1 : 0;
}

/// Suggests how to read the classes of steps or pixels.
void take_positions(const ArrayFacts& x, const ArrayFacts& y, ArraySuggestion& found) {
  constexpr double kOfTorch = -100.0;
  constexpr double kVoid = 255.0;
  std::vector<double> classes;
  for (const auto& [value, count] : y.values) classes.push_back(value);
  const bool ends_in_void = classes.size() > 1 && classes.back() == kVoid && classes[classes.size() - 2] < kVoid - 1.0;
  if (ends_in_void) classes.pop_back();
  if (y.low < 0.0 && !classes.empty()) classes.erase(classes.begin());
  if (ends_in_void || (y.low < 0.0 && y.low != kOfTorch))
    found.keys.emplace_back("ignore_label", std::to_string(static_cast<Index>(ends_in_void ? kVoid : y.low)));
  const bool is_from_zero = classes.empty() || classes.front() == 0.0;
  found.outputs = is_from_zero ? static_cast<Index>(classes.empty() ? y.high : classes.back()) + 1 : static_cast<Index>(classes.size());
  if (found.rank == 1) found.tokens = static_cast<Index>(x.high) + 1;
}

}  // namespace

ArrayFacts array_facts(const std::string& path, ArrayFormat format) {
  const files::NumberArray array =
      format == ArrayFormat::kIdx ? files::read_idx(path, files::Read::kAll) : files::read_npy(path, files::Read::kAll);
  ArrayFacts facts;
  facts.path = path;
  facts.type = type_name(array.format);
  facts.dims = array.dims;
  facts.low = std::numeric_limits<double>::infinity();
  facts.high = -facts.low;
  std::map<double, Index> counts;
  for (Index i = 0; i < array.rows() * array.row_size(); ++i) {
    const double number = files::decode_number(array.number(i), array.format);
    if (!std::isfinite(number)) {
      ++facts.not_finite;
      continue;
    }
    facts.low = std::min(facts.low, number);
    facts.high = std::max(facts.high, number);
    facts.are_whole = facts.are_whole && number == std::floor(number);
    if (counts.size() <= kMostArrayValues) ++counts[number];
  }
  if (facts.low > facts.high) facts.low = facts.high = 0.0;
  if (counts.size() <= kMostArrayValues) facts.values.assign(counts.begin(), counts.end());
  return facts;
}

ArraySuggestion suggest_arrays(const std::string& file, const std::string& labels) {
  files::InputFile start(file);
  const std::string first_bytes = start.read_piece(4096);
  const bool is_idx = files::foreign_format(first_bytes).what == "this is an IDX file";
  ArraySuggestion found;
  if (file.ends_with(".npz")) {
    found = suggest_members(file, labels);
  } else {
    if (labels.empty())
      throw Error(ExitCode::kUsage, {file, "is an array of inputs, and its labels are in another file", "name that file: --target LABELS"});
    found.train = {file, labels};
  }
  found.type = is_idx ? "idx" : "npy";
  found.features_key = is_idx ? "images" : "features";
  const ArrayFormat format = is_idx ? ArrayFormat::kIdx : ArrayFormat::kNpy;
  const ArrayFacts x = array_facts(found.train.features, format);
  const ArrayFacts y = array_facts(found.train.labels, format);
  found.rows = x.dims.front();
  found.rank = static_cast<Index>(x.dims.size()) - 1;
  const bool is_float = y.type.starts_with("float");
  const bool is_list = y.dims.size() == 1 || (y.dims.size() == 2 && y.dims[1] == 1);
  const bool are_classes = is_list && y.are_whole && (!y.values.empty() || !is_float);
  found.label_rank = label_rank_of(x, y);
  if (found.label_rank > 0) {
    take_positions(x, y, found);
  } else if (are_classes) {
    if (is_float) found.keys.emplace_back("target", "\"class\"");
    const bool is_from_zero = y.low == 0.0;
    found.outputs = is_from_zero       ? static_cast<Index>(y.high) + 1
                    : y.values.empty() ? static_cast<Index>(y.high - y.low) + 1
                                       : static_cast<Index>(y.values.size());
  } else {
    if (!is_float) found.keys.emplace_back("target", "\"number\"");
    found.keys.emplace_back("standardize_target", "true");
    found.outputs = 1;
    for (std::size_t axis = 1; axis < y.dims.size(); ++axis) found.outputs *= y.dims[axis];
  }
  if (!is_idx && x.dims.size() == 4 && x.dims[1] <= 4 && x.dims[2] > 4 && x.dims[3] > 4) found.keys.emplace_back("layout", "\"nchw\"");
  if (!is_idx && x.type == "uint8") found.keys.emplace_back("scale", "0.00392156862745098");
  if (found.rank <= 1 && found.label_rank == 0) found.keys.emplace_back("standardize", "true");
  return found;
}

}  // namespace normrun::data
