#pragma once

#include <cstddef>
#include <string>

#include "data/csv_table.hpp"

namespace normrun::data {

/// Returns the words of a column as `"low", "high"`.
std::string word_list(const InputColumn& column);

/// Returns what stands before or behind the number in each of a column's words, such as "%" or "$", or "" if some word is no such number.
std::string mark_of_numbers(const InputColumn& column);

/// Returns whether each value of one column goes with one value of another only, and the other way round, and a pair of values occurs in
/// three rows on average.  Rows in which `other` is missing do not count.
bool tells_same(const InputTable& table, std::size_t input, std::size_t other);

/// Throws Error(kDamaged) if the table's first row holds words, such as units, in two or more columns that hold numbers everywhere else.
void refuse_units(const InputTable& table);

}  // namespace normrun::data
