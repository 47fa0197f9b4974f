#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/csv_number.hpp"
#include "data/csv_options.hpp"
#include "data/csv_scanner.hpp"

namespace normrun::data {

/// The beginning of a table, and how it is to be read.
struct CsvSample {
  CsvDialect dialect;
  std::vector<std::vector<std::string>> records;  // the first ones, at most a thousand
  Index columns = 0;                              // cells of most records
  bool has_short_header = false;                  // the first record lacks the name of the first column, as R's write.table leaves it
  Index odd_first_records = 0;                    // records before the first one with `columns` cells
  Index odd_first_lines = 0;                      // lines there
};

/// What the options leave open is decided from the text: the delimiter under which the records agree and most cells are numbers, a
/// decimal comma where cells are numbers with it and none with a point, comment lines at the top, line ends.
/// Throws Error(kUsage) for a `delimiter` or `decimal` that is none.
CsvSample sniff_csv(const std::string& path, const std::string& text, CsvExtent extent, const CsvOptions& options);

/// Whether the first record names the columns.  A column of numbers under a word says
/// so; a number in the first record says it does not, unless the numbers there count 0, 1, 2, … and another column says so.  Among
/// columns of words alone, the first record is one of data where its words occur again below.
bool first_record_names(const CsvSample& sample, const CellReader& reader);
/// Whether it is neither names nor data: numbers beside two or more words over columns of numbers ("150,4,setosa,versicolor,virginica").
bool first_record_is_alien(const CsvSample& sample, const CellReader& reader);

}  // namespace normrun::data
