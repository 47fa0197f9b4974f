#include "study/model_labels.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/error.hpp"

namespace normrun::study {
namespace {

/// Returns the labels as whole numbers, ascending; nothing if one of them is a word.
std::optional<std::vector<Index>> whole_labels(const data::DataSpec::Outline& outline) {
  if (outline.class_words.empty()) return std::vector<Index>{0, outline.classes - 1};  // they begin with 0
  std::vector<Index> labels;
  for (const std::string& word : outline.class_words) {
    Index label = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), label);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    labels.push_back(label);
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

/// "cat is output 0, dog is output 1 and so on to zebra, output 9"
std::string in_order(const std::vector<std::string>& words) {
  constexpr std::size_t kMostListed = 4;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kMostListed; ++i)
    text += (i > 0 ? ", " : "") + words[i] + " is output " + std::to_string(i);
  if (words.size() > kMostListed) text += ", and so on to " + words.back() + ", output " + std::to_string(words.size() - 1);
  return text;
}

void take_numbers(Index first, Index outputs, RowsReading& reading) {
  reading.classes = outputs;
  for (Index i = 0; i < outputs; ++i) reading.class_words.push_back(std::to_string(first + i));
}

}  // namespace

std::string read_labels(const std::string& file, const data::DataSpec::Outline& outline, Index outputs, RowsReading& reading) {
  const Index classes = std::max<Index>(outputs, 2);  // a single output tells two classes apart
  const std::optional<std::vector<Index>> labels = whole_labels(outline);
  const auto range = [&] { return std::to_string(labels->front()) + " to " + std::to_string(labels->back()); };
  const std::string of_model = std::to_string(outputs) + (outputs == 1 ? " output" : " outputs");
  if (labels && labels->front() >= 0 && labels->back() < classes) {
    take_numbers(0, classes, reading);
    if (labels->front() == 0) return "";
    return file + ": the labels are " + range() + ", and the model has " + of_model +
           ": label n is taken for output n, so no row has label 0";
  }
  if (labels && labels->front() >= 1 && labels->back() == classes) {
    take_numbers(1, classes, reading);
    return file + ": the labels are " + range() + ", and the model has " + of_model + ": label n is taken for output n - 1";
  }
  if (outline.classes == classes && !outline.class_words.empty())
    return file + ": the labels are taken for the outputs in ascending order: " + in_order(outline.class_words);
  const std::string what = labels ? "the labels are " + range() : "there are " + std::to_string(outline.classes) + " classes";
  refuse_usage(file, what + ", but the model has " + of_model + ", so they do not tell which output they mean",
               "give whole numbers from 0 to " + std::to_string(classes - 1) + ", each the place of its output");
}

}  // namespace normrun::study
