#include "data/csv_sample.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/error.hpp"

namespace normrun::data {
namespace {

constexpr std::size_t kMostRecords = 1000;

char delimiter_of(const std::string& path, const std::string& word) {
  if (word == "tab" || word == "\\t") return '\t';
  if (word == "space" || word == "spaces" || word == "\\s+") return ' ';
  if (word.size() == 1 && word[0] != '"' && word[0] != '\n' && word[0] != '\r' && word[0] != '\0') return word[0];
  throw Error(ExitCode::kUsage, {path, "\"delimiter\": \"" + word + "\" is no delimiter",
                                 "give one character, \"tab\", \"space\" (runs of blanks) or \"auto\""});
}

/// Returns whether the text is a number with a decimal comma, such as 1,5 or 1.234,5.
bool is_comma_number(std::string_view text) {
  text = trimmed_cell(text);
  const std::size_t comma = text.find(',');
  const char thousands = text.find('.') == std::string_view::npos ? '\0' : '.';
  return comma != std::string_view::npos && comma > 0 && CellReader(',', thousands, {}).read_plain(text).reading == CellReading::kNumber;
}

/// Returns whether the text could also be a whole number with groups of three digits, such as 1,234 or 12,345,678.
bool may_have_thousands(std::string_view text) { return CellReader('.', ',', {}).read_plain(text).reading == CellReading::kNumber; }

/// Returns whether the text could also be a whole number with groups of three digits, such as 1.234 or 12.345.678.
bool may_have_point_thousands(std::string_view text) { return CellReader(',', '.', {}).read_plain(text).reading == CellReading::kNumber; }

/// One way to read the text, and how well it fits.
struct Trial {
  CsvSample sample;
  double quality = 0.0;
  double numbers = 0.0;   // the share of the cells that are numbers
  bool fits_all = false;  // whether all records have the same number of cells, and more than one
};

std::vector<std::vector<std::string>> first_records(const std::string& path, const std::string& text, CsvExtent extent,
                                                    const CsvDialect& dialect, std::vector<Index>& lines) {
  std::vector<std::vector<std::string>> records;
  std::vector<CsvCell> cells;
  try {
    CsvScanner scanner(path, text, extent, dialect);
    while (records.size() < kMostRecords && scanner.next(cells)) {
      std::vector<std::string>& record = records.emplace_back();
      for (const CsvCell& cell : cells) record.emplace_back(cell.text);
      lines.push_back(cells.front().place.line);
    }
  } catch (const Error&) {  // an error only ends the sample; reading the whole table later reports its place
  }
  return records;
}

Index most_frequent_count(const std::vector<std::vector<std::string>>& records) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& record : records) ++counts[record.size()];
  std::size_t best = 0;
  std::size_t most = 0;
  for (const auto& [count, times] : counts) {
    if (times >= most) {
      most = times;
      best = count;
    }
  }
  return static_cast<Index>(best);
}

/// Returns whether every record ends in an empty cell.  The first record may lack that cell.
bool all_end_empty(const std::vector<std::vector<std::string>>& records, Index columns) {
  if (columns < 2 || records.size() < 2) return false;
  for (std::size_t r = 0; r < records.size(); ++r) {
    const auto& record = records[r];
    const bool is_short_first = r == 0 && static_cast<Index>(record.size()) == columns - 1;
    if (is_short_first) continue;
    if (static_cast<Index>(record.size()) != columns || !record.back().empty()) return false;
  }
  return true;
}

void take_trailing_cells_away(Trial& trial) {
  CsvSample& sample = trial.sample;
  if (!all_end_empty(sample.records, sample.columns)) return;
  for (auto& record : sample.records) {
    if (static_cast<Index>(record.size()) == sample.columns) record.pop_back();
  }
  --sample.columns;
  sample.dialect.has_trailing_delimiters = true;
}

/// How many cells of a column are numbers with either decimal mark.
struct DecimalCounts {
  Index cells = 0;
  Index with_point = 0;     // cells that are numbers if the mark is a point
  Index with_comma = 0;     // cells that are numbers if the mark is a comma
  Index surely_points = 0;  // numbers whose point cannot separate thousands
  Index commas = 0;         // numbers that have a comma
  Index surely_commas = 0;  // numbers whose comma cannot separate thousands, as no three digits follow it
  Index other_commas = 0;   // words that have a comma
  void add(const std::string& cell) {
    const CellReading reading = CellReader().read(cell).reading;
    if (reading == CellReading::kMissing) return;
    ++cells;
    const bool is_number = reading != CellReading::kText;
    const bool has_point = is_number && cell.find('.') != std::string::npos;
    with_point += is_number ? 1 : 0;
    const bool is_surely_point = has_point && !may_have_point_thousands(cell);
    surely_points += is_surely_point ? 1 : 0;
    with_comma += is_number && !is_surely_point ? 1 : 0;
    if (is_number || cell.find(',') == std::string::npos) return;
    if (!is_comma_number(cell)) {
      ++other_commas;
      return;
    }
    ++commas;
    ++with_comma;
    surely_commas += may_have_thousands(cell) ? 0 : 1;
  }
};

/// Decides the decimal mark, and returns the share of the cells that are numbers with this mark.
double judge_decimals(const CsvOptions& options, CsvSample& sample) {
  std::vector<DecimalCounts> columns(static_cast<std::size_t>(sample.columns));
  for (std::size_t r = sample.records.size() > 1 ? 1 : 0; r < sample.records.size(); ++r) {
    for (std::size_t c = 0; c < std::min(columns.size(), sample.records[r].size()); ++c) columns[c].add(sample.records[r][c]);
  }
  DecimalCounts all;
  bool is_consistent = true;  // whether a comma means the same in all cells of a column
  for (const DecimalCounts& column : columns) {
    all.cells += column.cells;
    all.with_point += column.with_point;
    all.with_comma += column.with_comma;
    all.surely_points += column.surely_points;
    all.surely_commas += column.surely_commas;
    is_consistent = is_consistent && (column.commas == 0 || column.other_commas == 0);
  }
  char& decimal = sample.dialect.decimal;
  const bool may_be_comma = options.decimal == "auto" && options.thousands != ",";
  if (may_be_comma && all.surely_commas > 0 && all.surely_points == 0 && is_consistent) decimal = ',';
  return all.cells == 0 ? 0.0 : static_cast<double>(decimal == ',' ? all.with_comma : all.with_point) / static_cast<double>(all.cells);
}

/// Finds lines at the top that begin with "#" or "%" and are not records of the table.
void find_leading_comments(const std::string& path, const std::string& text, CsvExtent extent, Trial& trial, std::vector<Index>& lines) {
  for (const char* const mark : {"#", "%"}) {
    const auto& records = trial.sample.records;
    if (records.empty() || records[0].empty() || !records[0][0].starts_with(mark)) continue;
    std::size_t comments = 0;
    while (comments < records.size() && !records[comments].empty() && records[comments][0].starts_with(mark)) ++comments;
    if (comments == records.size()) continue;
    const bool is_header = comments == 1 && records[0].size() == records[1].size() && records[0].size() > 1;
    if (is_header) continue;
    trial.sample.dialect.comment = mark;
    trial.sample.dialect.has_leading_comments = true;
    lines.clear();
    trial.sample.records = first_records(path, text, extent, trial.sample.dialect, lines);
    return;
  }
}

Trial try_dialect(const std::string& path, const std::string& text, CsvExtent extent, const CsvOptions& options,
                  const CsvDialect& dialect) {
  Trial trial;
  CsvSample& sample = trial.sample;
  sample.dialect = dialect;
  std::vector<Index> lines;
  sample.records = first_records(path, text, extent, dialect, lines);
  if (options.comment == "auto") find_leading_comments(path, text, extent, trial, lines);
  sample.columns = most_frequent_count(sample.records);
  const auto has_count = [&](const auto& record) { return static_cast<Index>(record.size()) == sample.columns; };
  const auto agreeing = std::count_if(sample.records.begin(), sample.records.end(), has_count);
  take_trailing_cells_away(trial);
  const auto first = std::find_if(sample.records.begin(), sample.records.end(), has_count);
  sample.odd_first_records = first - sample.records.begin();
  if (first != sample.records.end()) sample.odd_first_lines = lines[static_cast<std::size_t>(sample.odd_first_records)] - 1;
  sample.has_short_header = sample.columns > 1 && sample.records.size() > 1 && !sample.dialect.has_trailing_delimiters &&
                            sample.odd_first_records == 1 && static_cast<Index>(sample.records[0].size()) == sample.columns - 1;
  trial.numbers = judge_decimals(options, sample);
  if (sample.columns < 2 || sample.records.empty()) return trial;
  const double agreement = static_cast<double>(agreeing) / static_cast<double>(sample.records.size());
  trial.quality = agreement * agreement * (0.25 + trial.numbers);
  trial.fits_all = agreeing == static_cast<std::ptrdiff_t>(sample.records.size());
  return trial;
}

/// Returns the character of a first line such as "sep=;", by which spreadsheets tell what separates the cells, or '\0'.
char told_delimiter(const std::string& text) {
  const bool is_line = text.size() > 5 && (text[5] == '\n' || text[5] == '\r');
  if (!is_line || text[4] == '"') return '\0';
  return text.starts_with("sep=") || text.starts_with("SEP=") ? text[4] : '\0';
}

bool has_cr_ends(const std::string& text) {
  return text.find('\n') == std::string::npos && text.find('\r') != std::string::npos && text.find('\r') + 1 < text.size();
}

}  // namespace

CsvSample sniff_csv(const std::string& path, const std::string& text, CsvExtent extent, const CsvOptions& options) {
  CsvDialect dialect;
  dialect.skip_rows = options.skip_rows;
  dialect.has_cr_ends = has_cr_ends(text);
  if (options.comment != "auto") dialect.comment = options.comment;
  if (options.decimal != "auto") dialect.decimal = options.decimal[0];
  if (!options.thousands.empty()) dialect.thousands = options.thousands[0];
  if (dialect.thousands == '.' && options.decimal == "auto") dialect.decimal = ',';
  const char told = told_delimiter(text);
  if (told != '\0') dialect.skip_rows = std::max<Index>(dialect.skip_rows, 1);
  if (options.delimiter != "auto" || told != '\0') {
    dialect.delimiter = options.delimiter != "auto" ? delimiter_of(path, options.delimiter) : told;
    return try_dialect(path, text, extent, options, dialect).sample;
  }
  Trial best;
  for (const char delimiter : {',', ';', '\t', '|', ' '}) {
    dialect.delimiter = delimiter;
    Trial trial = try_dialect(path, text, extent, options, dialect);
    if (delimiter == ' ' && best.fits_all && trial.numbers < 0.5) continue;  // these blanks are those between the words of a text
    const double tie = delimiter == '\t' && trial.fits_all ? -1e-9 : 1e-9;   // texts hold commas more often than tabs
    if (delimiter == ',' || trial.quality > best.quality + tie) best = std::move(trial);
  }
  return std::move(best.sample);
}

namespace {

/// What the first record says about the columns below it.
struct FirstRecord {
  Index numbers = 0;
  Index words = 0;
  Index words_over_numbers = 0;
  Index occur_again = 0;  // columns of words in which the first word occurs again below
  bool counts_up = true;  // whether its numbers are 0, 1, 2, … or 1, 2, 3, …
};

FirstRecord look_at_first(const CsvSample& sample, const CellReader& reader) {
  FirstRecord look;
  const auto& records = sample.records;
  double expected = 0.0;
  for (std::size_t c = 0; c < records[0].size(); ++c) {
    const CellNumber first = reader.read(records[0][c]);
    Index numbers_below = 0;
    Index words_below = 0;
    bool occurs_again = false;
    for (std::size_t r = 1; r < records.size(); ++r) {
      if (c >= records[r].size()) continue;
      const CellReading below = reader.read(records[r][c]).reading;
      numbers_below += below == CellReading::kNumber ? 1 : 0;
      words_below += below == CellReading::kText ? 1 : 0;
      occurs_again = occurs_again || records[r][c] == records[0][c];
    }
    if (first.reading == CellReading::kNumber) {
      if (++look.numbers == 1) expected = first.value;
      look.counts_up = look.counts_up && first.value == expected && (look.numbers > 1 || expected == 0.0 || expected == 1.0);
      expected = first.value + 1.0;
    } else if (first.reading == CellReading::kText) {
      ++look.words;
      look.words_over_numbers += numbers_below > 0 && words_below == 0 ? 1 : 0;
      look.occur_again += words_below > 0 && occurs_again ? 1 : 0;
    }
  }
  return look;
}

bool names_by_counting(const FirstRecord& look) { return look.words_over_numbers > 0 && look.numbers > 2 && look.counts_up; }

}  // namespace

bool first_record_names(const CsvSample& sample, const CellReader& reader) {
  if (sample.records.empty()) return false;
  if (sample.has_short_header) return true;
  const FirstRecord look = look_at_first(sample, reader);
  if (look.numbers > 0) return names_by_counting(look);
  return look.words_over_numbers > 0 || (look.words > 0 && look.occur_again == 0);
}

bool first_record_is_alien(const CsvSample& sample, const CellReader& reader) {
  if (sample.records.size() < 3 || sample.has_short_header) return false;
  const FirstRecord look = look_at_first(sample, reader);
  return look.numbers > 0 && look.words_over_numbers > 1 && !names_by_counting(look);
}

}  // namespace normrun::data
