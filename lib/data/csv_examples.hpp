#pragma once

#include <string>
#include <vector>

#include "data/csv_table.hpp"
#include "data/dataset.hpp"

namespace normrun::data {

/// The examples of a table: its rows, or its sequences.  The sequence column says which rows make up a sequence, and the time column orders
/// them.  The sequences come in the order in which the file first names them.
class CsvExamples {
 public:
  /// `kept` holds the rows that are used, in order.  Throws Error(kDamaged) with file, line, byte and row if the label or the weight
  /// changes within a sequence that has one label, or if a time occurs twice in a sequence.
  CsvExamples(InputTable table, std::vector<Index> kept, LabelOf label_of);

  const InputTable& table() const { return table_; }
  InputTable& table() { return table_; }
  Index count() const { return static_cast<Index>(are_sequences() ? rows_.size() : kept_.size()); }
  bool are_sequences() const { return !table_.sequences.empty(); }
  Index length(Index example) const { return are_sequences() ? static_cast<Index>(rows_of(example).size()) : 1; }
  Index longest() const;
  /// Returns the row of the table that holds the given step of an example.
  Index row(Index example, Index step) const {
    return are_sequences() ? rows_of(example)[static_cast<std::size_t>(step)] : kept_[static_cast<std::size_t>(example)];
  }

 private:
  const std::vector<Index>& rows_of(Index example) const { return rows_[static_cast<std::size_t>(example)]; }
  void check_label(const std::vector<Index>& rows) const;
  void check_weight(const std::vector<Index>& rows) const;
  void order(std::vector<Index>& rows) const;
  [[noreturn]] void damaged(Index row, Index earlier, const std::string& what, const std::string& hint) const;

  InputTable table_;
  std::vector<Index> kept_;
  std::vector<std::vector<Index>> rows_;  // the rows of each sequence
};

}  // namespace normrun::data
