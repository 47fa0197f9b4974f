#include "data/csv_examples.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"

namespace normrun::data {

CsvExamples::CsvExamples(InputTable table, std::vector<Index> kept, LabelOf label_of) : table_(std::move(table)), kept_(std::move(kept)) {
  if (!are_sequences()) return;
  std::unordered_map<std::string, std::size_t> ids;  // for look-ups only, because iterating has no fixed order
  for (const Index row : kept_) {
    const auto [entry, is_new] = ids.try_emplace(table_.sequences[static_cast<std::size_t>(row)], rows_.size());
    if (is_new) rows_.emplace_back();
    rows_[entry->second].push_back(row);
  }
  for (std::vector<Index>& rows : rows_) {
    if (label_of == LabelOf::kSequence) {
      check_label(rows);
      check_weight(rows);
    }
    if (!table_.times.empty()) order(rows);
  }
}

Index CsvExamples::longest() const {
  Index steps = 1;
  for (Index example = 0; example < count(); ++example) steps = std::max(steps, length(example));
  return steps;
}

void CsvExamples::check_weight(const std::vector<Index>& rows) const {
  if (table_.weights.empty()) return;
  const auto weight = [this](Index row) { return table_.weights[static_cast<std::size_t>(row)]; };
  for (const Index row : rows) {
    if (weight(row) != weight(rows[0]))
      damaged(row, rows[0], "has another weight than", "a sequence has one weight, the same in all of its rows");
  }
}

void CsvExamples::check_label(const std::vector<Index>& rows) const {
  const auto has_label_of = [this](Index a, Index b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    if (table_.numbers.empty()) return table_.label_ids[i] == table_.label_ids[j];
    const auto width = static_cast<std::size_t>(table_.label_count);
    const double* const first = table_.numbers.data() + i * width;
    return std::equal(first, first + width, table_.numbers.data() + j * width);
  };
  for (const Index row : rows) {
    if (!has_label_of(row, rows[0]))
      damaged(row, rows[0], "has another label than",
              "a sequence has one label, the same in all of its rows; if each step has its own, set \"label_of\": \"step\"");
  }
}

void CsvExamples::order(std::vector<Index>& rows) const {
  const auto time = [this](Index row) { return table_.times[static_cast<std::size_t>(row)]; };
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return time(a) < time(b); });
  const auto twice = std::adjacent_find(rows.begin(), rows.end(), [&](Index a, Index b) { return time(a) == time(b); });
  if (twice != rows.end()) damaged(twice[1], twice[0], "has the same time as", "give each step of a sequence a time of its own");
}

void CsvExamples::damaged(Index row, Index earlier, const std::string& what, const std::string& hint) const {
  const CsvPlace place = table_.places[static_cast<std::size_t>(row)];
  throw Error(ExitCode::kDamaged, {table_.where({place, row + 1}),
                                   "this row of sequence \"" + table_.sequences[static_cast<std::size_t>(row)] + "\" " + what +
                                       " the one on line " + std::to_string(table_.places[static_cast<std::size_t>(earlier)].line),
                                   hint});
}

}  // namespace normrun::data
