#include "data/csv_options.hpp"

namespace normrun::data {

void CsvOptions::describe(config::OptionVisitor& visitor) {
  visitor.choice<CsvHeader>({"header",
                             "whether the first line names the columns; auto: a word above a column of numbers says that it does, a number "
                             "in the first line that it does not"},
                            header, {{"auto", CsvHeader::kAuto}, {"true", CsvHeader::kYes}, {"false", CsvHeader::kNo}});
  visitor.counts({"label", "the column to predict, or a list of columns of numbers: names or indices from 0, negative ones from the end"},
                 label, {}, {});
  visitor.require(!label.empty(), "label", "at least one column");
  visitor.choice<CsvTarget>(
      {"target", "class: the label column holds classes, words or whole numbers, numbered in their order; number: numbers to predict"},
      target, {{"class", CsvTarget::kClass}, {"number", CsvTarget::kNumber}});
  visitor.require(label.size() < 2 || target == CsvTarget::kNumber, "label", "one column, or \"target\": \"number\" beside a list of them");
  visitor.count({"sequence", "the column that says which sequence a row is a step of, its name or index; none: each row is an example"},
                sequence, {}, {});
  visitor.count({"time", "the column that orders the steps of a sequence, numbers or dates, its name or index; none: the file's order"},
                time, {}, {});
  visitor.count({"weights",
                 "the column of sample weights, its name or index: in training, a row's loss is multiplied by its weight, and the sum is "
                 "divided by the rows of the batch; scores count every row once; none: every row weighs 1"},
                weights, {}, {});
  visitor.counts({"ignore", "columns that are not read, for instance identifiers: names, patterns (\"pixel*\") or indices from 0"}, ignore,
                 {}, {});
  visitor.choice<CsvIndex>(
      {"index",
       "a first column that only counts the rows (0, 1, 2, … or 1, 2, 3, …) or has no name; auto: it is left out; keep: it is an input"},
      index, {{"auto", CsvIndex::kAuto}, {"keep", CsvIndex::kKeep}});

  visitor.text({"delimiter",
                "what stands between the cells: one character, tab, or space (runs of blanks); auto: comma, semicolon, tab, bar or blanks, "
                "as the lines agree"},
               delimiter);
  visitor.text({"decimal", "the decimal mark, \".\" or \",\"; auto: a comma where numbers are written with it and none with a point"},
               decimal);
  visitor.require(decimal == "auto" || decimal == "." || decimal == ",", "decimal", "\".\", \",\" or \"auto\"");
  visitor.text({"thousands", "what stands between groups of three digits, such as \",\"; empty: nothing"}, thousands);
  visitor.require(thousands.size() < 2, "thousands", "one character");
  visitor.require(thousands.empty() || thousands != decimal, "thousands", "another character than \"decimal\"");
  visitor.text({"comment", "lines that begin with it are left out; auto: lines at the top that begin with \"#\" or \"%\"; empty: none"},
               comment);
  visitor.integer({"skip_rows", "lines at the top that are left out: titles, units"}, skip_rows, {.low = 0});
  visitor.choice<CsvEncoding>(
      {"encoding", "auto: UTF-16 by its mark or its zeros, else UTF-8, and Latin-1 for cells that are no UTF-8"}, encoding,
      {{"auto", CsvEncoding::kAuto}, {"utf-8", CsvEncoding::kUtf8}, {"utf-16", CsvEncoding::kUtf16}, {"latin-1", CsvEncoding::kLatin1}},
      {{"utf8", "utf-8"}, {"utf16", "utf-16"}, {"latin1", "latin-1"}, {"iso-8859-1", "latin-1"}});

  visitor.choice<CsvCategories>(
      {"categories",
       "columns of words; auto: one-hot, and a column with more words than category_limit is left out; one-hot: such a column is "
       "an error; ignore: all are left out; error: there must be none"},
      categories,
      {{"auto", CsvCategories::kAuto},
       {"one-hot", CsvCategories::kOneHot},
       {"ignore", CsvCategories::kIgnore},
       {"error", CsvCategories::kError}});
  visitor.counts({"category_columns", "columns whose cells are words even where they look like numbers: names, patterns or indices"},
                 category_columns, {}, {});
  visitor.integer({"category_limit", "different words that a one-hot column may hold"}, category_limit, {.low = 1, .high = 1000});
  visitor.choice<CsvUnknownWords>({"unknown_words", "words of the test file that the training file lacks; zeros: no category; error"},
                                  unknown_words, {{"zeros", CsvUnknownWords::kZeros}, {"error", CsvUnknownWords::kError}});
  visitor.choice<CsvDates>(
      {"dates",
       "columns of dates or times; ignore: left out with a note; parts: year, month, day and weekday (Monday is 1), hour and minute"},
      dates, {{"ignore", CsvDates::kIgnore}, {"parts", CsvDates::kParts}});
  visitor.texts({"missing", "words or numbers that mean a missing value, beside empty cells, NA, N/A, NaN, null, None and ?"}, missing);
  visitor.choice<Impute>(
      {"impute",
       "what stands in for a missing input: mean or median of the column's training rows, zero; drop-row: such rows are left out; of a "
       "one-hot column no category"},
      impute,
      {{"mean", Impute::kMean},
       {"median", Impute::kMedian},
       {"zero", Impute::kZero},
       {"drop-row", Impute::kDropRow},
       {"error", Impute::kError}});
  visitor.choice<CsvUnlabelled>(
      {"unlabelled", "rows whose label is missing; drop: they are left out, and impute: drop-row leaves them out too"}, unlabelled,
      {{"error", CsvUnlabelled::kError}, {"drop", CsvUnlabelled::kDrop}});
}

}  // namespace normrun::data
