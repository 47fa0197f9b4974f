#include "data/csv_classes.hpp"

#include <cmath>
#include <optional>

#include "core/error.hpp"
#include "data/csv_number.hpp"

namespace normrun::data {
namespace {

std::optional<std::int64_t> whole_label(const std::string& text) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: a double holds all whole numbers up to here
  const CellNumber read = CellReader().read_plain(text);
  if (read.reading != CellReading::kNumber || std::abs(read.value) > kExact || read.value != std::floor(read.value)) return std::nullopt;
  return static_cast<std::int64_t>(read.value);
}

}  // namespace

CsvClasses::CsvClasses(const InputTable& table, const std::vector<std::string>& given) : path_(table.path) {
  if (!given.empty() && !table.labels.empty()) {
    take(given);
    return;
  }
  const CellReader reader;
  for (const InputTable::Label& label : table.labels) {
    are_numbers_ = are_numbers_ && reader.read_plain(label.text).reading == CellReading::kNumber;
    are_whole_numbers_ = are_whole_numbers_ && whole_label(label.text).has_value();
  }
  for (const InputTable::Label& label : table.labels) by_key_.emplace(key_of(label.text), 0);
  words_.resize(by_key_.size());
  std::int32_t next = 0;
  for (auto& [key, number] : by_key_) {
    words_[static_cast<std::size_t>(next)] = are_whole_numbers_ ? std::to_string(key.number) : key.text;
    number = next++;
  }
}

void CsvClasses::take(const std::vector<std::string>& given) {
  are_given_ = true;
  words_ = given;
  for (const std::string& word : words_) are_whole_numbers_ = are_whole_numbers_ && whole_label(word).has_value();
  are_numbers_ = are_whole_numbers_;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (!by_key_.emplace(key_of(words_[i]), static_cast<std::int32_t>(i)).second)
      refuse_usage("data.classes", "\"" + words_[i] + "\" stands there twice", "list each class once");
  }
}

CsvClasses::Key CsvClasses::key_of(const std::string& text) const {
  if (!are_whole_numbers_) return {0, text};
  const std::optional<std::int64_t> number = whole_label(text);
  return number ? Key{*number, {}} : Key{0, text};  // the keys are whole numbers, so a text is not found among them
}

std::vector<std::int32_t> CsvClasses::labels_of(const InputTable& table) const {
  std::vector<std::int32_t> classes;
  for (const InputTable::Label& label : table.labels) {
    const auto found = by_key_.find(key_of(label.text));
    if (found == by_key_.end()) {
      throw Error(
          ExitCode::kDamaged,
          {table.where({label.place, label.row}), "label \"" + label.text + "\" does not occur in " + (are_given_ ? "data.classes" : path_),
           are_given_ ? "add it to the list" : "the test rows must belong to the classes of the training file"});
    }
    classes.push_back(found->second);
  }
  std::vector<std::int32_t> labels;
  labels.reserve(table.label_ids.size());
  for (const std::size_t id : table.label_ids) labels.push_back(id == InputTable::kNoLabel ? -1 : classes[id]);
  return labels;
}

}  // namespace normrun::data
