#include "data/csv_options.hpp"

namespace normrun::data {

void CsvOptions::describe(config::OptionVisitor& visitor) {
  visitor.choice<CsvHeader>(
      {"header",
       "whether the first line names the columns; auto: yes if a word stands above a column of numbers, and no if the "
       "first line holds a number"},
      header, {{"auto", CsvHeader::kAuto}, {"true", CsvHeader::kYes}, {"false", CsvHeader::kNo}});
  visitor.counts(
      {"label",
       "the name or index of the column to predict, or a list of columns of numbers; indices count from 0, negative ones from the end"},
      label, {}, {});
  visitor.require(!label.empty(), "label", "at least one column");
  visitor.choice<CsvTarget>({"target",
                             "class: the label column holds classes (words or whole numbers), which are numbered in their order; number: "
                             "it holds numbers to predict"},
                            target, {{"class", CsvTarget::kClass}, {"number", CsvTarget::kNumber}});
  visitor.texts({"classes",
                 "the words of all classes, in the order in which they are numbered; needed if a file lacks rows of some class.  An empty "
                 "list: the classes that the training file has"},
                classes);
  visitor.require(classes.empty() || target == CsvTarget::kClass, "classes", "\"target\": \"class\" beside it");
  visitor.require(label.size() < 2 || target == CsvTarget::kNumber, "label", "one column, or \"target\": \"number\" beside a list of them");
  visitor.count({"sequence", "the name or index of the column that says to which sequence a row belongs; none: each row is an example"},
                sequence, {}, {});
  visitor.count(
      {"time", "the name or index of the column (numbers or dates) that orders the steps of a sequence; none: they keep the file's order"},
      time, {}, {});
  visitor.count({"weights",
                 "the name or index of the column of sample weights; none: every row weighs 1. In training, a row's loss is multiplied by "
                 "its weight, and the sum is divided by the number of rows in the batch. Scores count every row once"},
                weights, {}, {});
  visitor.counts(
      {"ignore", "columns that are not read, for instance identifiers; each is a name, a pattern (\"pixel*\") or an index from 0"}, ignore,
      {}, {});
  visitor.choice<CsvIndex>(
      {"index",
       "a first column that only counts the rows (0, 1, 2, … or 1, 2, 3, …) or has no name; auto: it is left out; keep: it is an input"},
      index, {{"auto", CsvIndex::kAuto}, {"keep", CsvIndex::kKeep}});

  visitor.text({"delimiter",
                "what stands between the cells: one character, tab, or space (runs of blanks); auto: the one of comma, semicolon, tab, "
                "bar and blanks that suits the lines best"},
               delimiter);
  visitor.text({"decimal",
                "the decimal mark, \".\" or \",\"; auto: a comma if numbers are written with a comma and none with "
                "a point, but for points that group thousands"},
               decimal);
  visitor.require(decimal == "auto" || decimal == "." || decimal == ",", "decimal", "\".\", \",\" or \"auto\"");
  visitor.text({"thousands", "what stands between groups of three digits, such as \",\"; empty: nothing"}, thousands);
  visitor.require(thousands.size() < 2, "thousands", "one character");
  visitor.require(thousands.empty() || thousands != decimal, "thousands", "another character than \"decimal\"");
  visitor.text(
      {"comment", "lines that begin with this text are left out; auto: lines at the top that begin with \"#\" or \"%\"; empty: no lines"},
      comment);
  visitor.integer({"skip_rows", "how many lines at the top are left out, such as a title"}, skip_rows, {.low = 0});
  visitor.choice<CsvEncoding>(
      {"encoding",
       "auto: UTF-16 if the file begins with its mark or has its zero bytes, otherwise UTF-8, and Latin-1 for cells that are no UTF-8"},
      encoding,
      {{"auto", CsvEncoding::kAuto}, {"utf-8", CsvEncoding::kUtf8}, {"utf-16", CsvEncoding::kUtf16}, {"latin-1", CsvEncoding::kLatin1}},
      {{"utf8", "utf-8"}, {"utf16", "utf-16"}, {"latin1", "latin-1"}, {"iso-8859-1", "latin-1"}});

  visitor.choice<CsvCategories>({"categories",
                                 "what becomes of columns of words; auto: one-hot, but a column with more words than category_limit is "
                                 "left out; one-hot: such a column is an error; ignore: all are left out; error: there must be none"},
                                categories,
                                {{"auto", CsvCategories::kAuto},
                                 {"one-hot", CsvCategories::kOneHot},
                                 {"ignore", CsvCategories::kIgnore},
                                 {"error", CsvCategories::kError}});
  visitor.counts(
      {"category_columns", "columns whose cells are words even if they look like numbers; each is a name, a pattern or an index"},
      category_columns, {}, {});
  visitor.integer({"category_limit", "how many different words a one-hot column may hold"}, category_limit, {.low = 1, .high = 1000});
  visitor.choice<CsvUnknownWords>(
      {"unknown_words",
       "what becomes of a word in another file that the training file lacks; zeros: it belongs to no category; error: it is refused"},
      unknown_words, {{"zeros", CsvUnknownWords::kZeros}, {"error", CsvUnknownWords::kError}});
  visitor.choice<CsvDates>({"dates",
                            "what becomes of dates and times; ignore: the column is left out with a note; parts: they become year, month, "
                            "day and weekday (Monday is 1), and hour and minute"},
                           dates, {{"ignore", CsvDates::kIgnore}, {"parts", CsvDates::kParts}});
  visitor.texts({"missing", "words or numbers that mean a missing value, in addition to empty cells, NA, N/A, NaN, null, None and ?"},
                missing);
  visitor.choice<Impute>(
      {"impute",
       "what replaces a missing input: the mean or the median of the column's training rows, or zero; drop-row: the whole row is left "
       "out. A missing word of a one-hot column belongs to no category"},
      impute,
      {{"mean", Impute::kMean},
       {"median", Impute::kMedian},
       {"zero", Impute::kZero},
       {"drop-row", Impute::kDropRow},
       {"error", Impute::kError}});
  visitor.choice<CsvUnlabelled>({"unlabelled",
                                 "what becomes of rows whose label is missing; error: they are refused; drop: they are left out "
                                 "(\"impute\": \"drop-row\" does this too)"},
                                unlabelled, {{"error", CsvUnlabelled::kError}, {"drop", CsvUnlabelled::kDrop}});
}

}  // namespace normrun::data
