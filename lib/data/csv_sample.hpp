#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_number.hpp"
#include "data/csv_options.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// The first records of a table, and how the table must be read.
struct CsvSample {
  CsvDialect dialect;
  std::vector<std::vector<std::string>> records;  // the first records, at most a thousand
  Index columns = 0;                              // the number of cells that most records have
  bool has_short_header = false;                  // the first record lacks the first column's name, as in files of R's write.table
  Index odd_first_records = 0;                    // how many records stand before the first one with `columns` cells
  Index odd_first_lines = 0;                      // how many lines those records take
};

/// Decides from the text what the options leave open.  The delimiter is the one that gives the records the same number of cells and makes
/// most cells numbers.  The decimal mark is a comma if some cells are numbers with a comma and none is one with a point.  The function also
/// finds comment lines at the top and the kind of line ends.  Throws Error(kUsage) if the option `delimiter` or `decimal` is invalid.
CsvSample sniff_csv(const std::string& path, const std::string& text, CsvExtent extent, const CsvOptions& options);

/// Returns whether the first record names the columns.  It does if a word stands above a column of numbers.  A number in the first record
/// means that it does not, unless its numbers count 0, 1, 2, … and a word stands above another column of numbers.  If all columns hold
/// words, the first record is data if its words occur again below.
bool first_record_names(const CsvSample& sample, const CellReader& reader);
/// Returns whether the first record is neither names nor data: it holds numbers, but also two or more words that stand above columns of
/// numbers ("150,4,setosa,versicolor,virginica").
bool first_record_is_alien(const CsvSample& sample, const CellReader& reader);

}  // namespace normrun::data
