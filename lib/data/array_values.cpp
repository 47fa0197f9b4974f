#include "data/array_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "core/label.hpp"

namespace normrun::data {
namespace {

constexpr Index kMaxClasses = Index{1} << 20;

/// Returns one number as a T; throws if it is not finite or does not fit.
template <class T, class Map>
T checked_number(const files::NumberArray& array, Index place, const Map& map) {
  const double raw = files::decode_number(array.number(place), array.format);
  const T value = static_cast<T>(map(raw));
  if (!std::isfinite(raw)) array.damaged(place, "is not a finite number", "remove or repair the row");
  if (!std::isfinite(value)) array.damaged(place, "does not fit the precision", "set data.scale or \"precision\": \"float64\"");
  return value;
}

template <class T, class Map>
Matrix<T> convert(const files::NumberArray& array, Index rows, const Map& map) {
  Matrix<T> matrix = allocate_rows<T>(rows, array.row_size());
  T* out = matrix.view().data;
  const Index count = matrix.view().size();
  /// There are only 256 different bytes, so the result of each is computed once.
  if (array.format.kind == files::NumberKind::kUnsigned && array.format.bytes == 1) {
    std::array<T, 256> table;
    for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = static_cast<T>(map(static_cast<double>(byte)));
    for (Index i = 0; i < count; ++i) out[i] = table[array.bytes[static_cast<std::size_t>(i)]];
  } else {
    for (Index i = 0; i < count; ++i) out[i] = checked_number<T>(array, i, map);
  }
  return matrix;
}

/// Returns a whole number, even if the file stores it as a floating one; nothing for other numbers.
std::optional<std::int64_t> whole_or_none(const files::NumberArray& array, Index place) {
  if (array.is_integer()) return files::decode_integer(array.number(place), array.format);
  const double number = files::decode_number(array.number(place), array.format);
  if (!(std::abs(number) <= 9007199254740992.0) || number != std::floor(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

/// Returns a label, which is a whole number.
std::int64_t whole_at(const files::NumberArray& array, Index place) {
  const std::optional<std::int64_t> label = whole_or_none(array, place);
  if (!label) array.damaged(place, "is no whole number, but the label of a class is one", "set \"target\": \"number\" to predict numbers");
  return *label;
}

/// The masks of images often mark pixels that count for nothing by 255, far above the classes.
void refuse_void_label(const files::NumberArray& array, const std::set<std::int64_t>& values, const CountedLabels& counted) {
  constexpr std::int64_t kVoid = 255;
  if (counted.empty() || *values.rbegin() != kVoid || values.size() < 2) return;
  const std::int64_t last = *std::next(values.rbegin());
  if (last == kVoid - 1) return;
  throw Error(ExitCode::kDamaged, {array.path, "has labels from 0 to " + std::to_string(last) + ", and 255",
                                   "if 255 marks positions that count for nothing, set \"ignore_label\": 255 in \"data\" (--ignore-label "
                                   "255); else set \"classes\": 256"});
}

}  // namespace

template <class T>
Matrix<T> to_features(const files::NumberArray& array, Index rows, const Preparation& preparation) {
  return convert<T>(array, rows, [&preparation](double raw) { return preparation.prepared(raw); });
}

template <class T>
Matrix<T> to_targets(const files::NumberArray& array, Index rows) {
  return convert<T>(array, rows, [](double raw) { return raw; });
}

std::vector<std::string> LabelNumbers::words() const {
  std::vector<std::string> words;
  for (const std::int64_t value : values) words.push_back(std::to_string(value));
  return words;
}

std::vector<std::int32_t> to_labels(const files::NumberArray& array, const LabelNumbers& numbers, const CountedLabels& counted) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(array.rows() * array.row_size()), kNoLabel);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!counted.empty() && !counted[i]) continue;
    const Index place = static_cast<Index>(i);
    const std::int64_t label = whole_at(array, place);
    std::int64_t number = label;
    if (!numbers.values.empty()) {
      const auto found = std::lower_bound(numbers.values.begin(), numbers.values.end(), label);
      number = found != numbers.values.end() && *found == label ? found - numbers.values.begin() : -1;
    }
    if (number < 0 || number >= numbers.classes) {
      const std::string known = numbers.values.empty() ? "0 to " + std::to_string(numbers.classes - 1) : "those of the training labels";
      array.damaged(place, "has label " + std::to_string(label) + ", but the classes are " + known,
                    "set data.classes if the training labels do not show all classes");
    }
    labels[i] = static_cast<std::int32_t>(number);
  }
  return labels;
}

std::vector<Index> to_whole_numbers(const files::NumberArray& array) {
  std::vector<Index> numbers(static_cast<std::size_t>(array.rows() * array.row_size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::optional<std::int64_t> number = whole_or_none(array, static_cast<Index>(i));
    if (!number) array.damaged(static_cast<Index>(i), "is no whole number", "save whole numbers");
    numbers[i] = *number;
  }
  return numbers;
}

CountedLabels counted_labels(const files::NumberArray& array, const std::vector<Index>& lengths, Index ignored) {
  CountedLabels counted(static_cast<std::size_t>(array.rows() * array.row_size()));
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const Index place = static_cast<Index>(i);
    const Index row = place / array.row_size();
    if (!lengths.empty() && place % array.row_size() >= lengths[static_cast<std::size_t>(row)]) continue;
    const std::int64_t label = whole_at(array, place);
    if (label < 0 && label != ignored) {
      const std::string text = std::to_string(label);
      std::string hint = "classes are whole numbers from 0 on; if this one marks positions that count for nothing, set \"ignore_label\": ";
      hint.append(text).append(" in \"data\" (--ignore-label ").append(text).append(")");
      array.damaged(place, "has label " + text, hint);
    }
    counted[i] = label != ignored;
  }
  return counted;
}

LabelNumbers label_numbers(const files::NumberArray& array, const CountedLabels& counted) {
  LabelNumbers numbers;
  std::set<std::int64_t> values;
  for (Index i = 0; i < array.rows() * array.row_size(); ++i) {
    if (!counted.empty() && !counted[static_cast<std::size_t>(i)]) continue;
    const std::int64_t label = whole_at(array, i);
    if (values.insert(label).second && static_cast<Index>(values.size()) > kMaxClasses)
      array.damaged(i, "has label " + std::to_string(label), "at most " + std::to_string(kMaxClasses) + " classes can be told apart");
  }
  if (values.empty()) array.damaged(0, "begins an array of which no label counts", "check \"lengths\" and \"ignore_label\"");
  numbers.classes = static_cast<Index>(values.size());
  if (*values.begin() != 0) {
    numbers.values.assign(values.begin(), values.end());
    return numbers;
  }
  if (*values.rbegin() >= kMaxClasses) {
    Index place = 0;
    while (whole_at(array, place) < kMaxClasses) ++place;
    array.damaged(place, "has label " + std::to_string(whole_at(array, place)),
                  "labels are whole numbers, at most " + std::to_string(kMaxClasses - 1) + " if they begin with 0");
  }
  numbers.classes = *values.rbegin() + 1;
  refuse_void_label(array, values, counted);
  return numbers;
}

bool are_whole(const files::NumberArray& array) {
  if (array.is_integer()) return true;
  for (Index i = 0; i < array.rows() * array.row_size(); ++i) {
    const double number = files::decode_number(array.number(i), array.format);
    if (!(std::abs(number) <= 9007199254740992.0) || number != std::floor(number)) return false;
  }
  return true;
}

void move_channels_last(files::NumberArray& array) {
  if (array.dims.size() < 3) {
    throw Error(ExitCode::kDamaged,
                {array.path,
                 "has rows of shape " + array.row_shape().text() +
                     ", but \"layout\": \"nchw\" is for images of (channels, height, width) and sequences of (channels, steps)",
                 "leave \"layout\" out"});
  }
  const Index channels = array.dims[1];
  const Index positions = array.row_size() / channels;
  std::rotate(array.dims.begin() + 1, array.dims.begin() + 2, array.dims.end());
  if (array.bytes.empty()) return;
  const auto bytes = static_cast<std::size_t>(array.format.bytes);
  std::vector<unsigned char> image(static_cast<std::size_t>(channels * positions) * bytes);
  for (Index row = 0; row < array.rows(); ++row) {
    unsigned char* const begin = array.bytes.data() + static_cast<std::size_t>(row) * image.size();
    for (Index channel = 0; channel < channels; ++channel) {
      for (Index position = 0; position < positions; ++position) {
        const auto from = static_cast<std::size_t>(channel * positions + position) * bytes;
        const auto to = static_cast<std::size_t>(position * channels + channel) * bytes;
        std::copy_n(begin + from, bytes, image.data() + to);
      }
    }
    std::copy(image.begin(), image.end(), begin);
  }
}

std::vector<std::vector<Index>> to_index_rows(const files::NumberArray& array) {
  if (!array.is_integer() || array.dims.size() != 2) {
    throw Error(ExitCode::kDamaged, {array.path, "is no matrix of whole numbers", "save an int64 array of shape (epochs, samples)"});
  }
  std::vector<std::vector<Index>> rows(static_cast<std::size_t>(array.rows()));
  Index place = 0;
  for (std::vector<Index>& row : rows) {
    row.resize(static_cast<std::size_t>(array.row_size()));
    for (Index& value : row) value = files::decode_integer(array.number(place++), array.format);
  }
  return rows;
}

template Matrix<float> to_features(const files::NumberArray&, Index, const Preparation&);
template Matrix<double> to_features(const files::NumberArray&, Index, const Preparation&);
template Matrix<float> to_targets(const files::NumberArray&, Index);
template Matrix<double> to_targets(const files::NumberArray&, Index);

}  // namespace normrun::data
