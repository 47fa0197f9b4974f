#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_number.hpp"
#include "data/csv_options.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// The beginning of a table, and how the table must be read.
struct CsvSample {
  CsvDialect dialect;
  std::vector<std::vector<std::string>> records;  // the first ones, at most a thousand
  Index columns = 0;                              // the number of cells that most records have
  bool has_short_header = false;                  // the first record lacks the first column's name, as R's write.table leaves it
  Index odd_first_records = 0;                    // records before the first one with `columns` cells
  Index odd_first_lines = 0;                      // lines that those records take
};

/// Decides from the text what the options leave open.  The delimiter is the one under which the records agree and most cells are numbers.
/// The decimal mark is a comma where cells are numbers with it and none is with a point.  Comment lines at the top and line ends are found
/// too.  Throws Error(kUsage) where `delimiter` or `decimal` is not a valid one.
CsvSample sniff_csv(const std::string& path, const std::string& text, CsvExtent extent, const CsvOptions& options);

/// Returns whether the first record names the columns.  A word above a column of numbers says that it does.  A number in the first record
/// says that it does not, unless the numbers there count 0, 1, 2, … and another column says that it does.  Where all columns hold words,
/// the first record is data if its words occur again below.
bool first_record_names(const CsvSample& sample, const CellReader& reader);
/// Returns whether the first record is neither names nor data: numbers beside two or more words above columns of numbers
/// ("150,4,setosa,versicolor,virginica").
bool first_record_is_alien(const CsvSample& sample, const CellReader& reader);

}  // namespace normrun::data
