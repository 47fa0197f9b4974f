#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/results/results_folder.hpp"
#include "report/results/summary.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kTerminalColumns = 80;

/// The numbers of one setting as the terminal shows them.
struct Line {
  std::string norm;
  Index batch_size = 0;
  std::string others;
  std::optional<double> accuracy_eval = {};
  std::optional<double> accuracy_train = {};
  std::optional<double> loss_eval = {};
  std::optional<double> loss_train = {};
  std::optional<double> gap = {};
  std::string gap_size = {};  // the evaluation batch size at which the gap was measured
};

/// Chooses which gap of a setting is shown, from the rows of the summary.  own_comparisons() chooses by the same rule from compare.csv.
class GapChoice {
 public:
  explicit GapChoice(const compare::CompareOptions& compare)
      : sizes_(compare.eval_batch_sizes), metric_("compare.relative_gap[" + reported_split(compare) + " train:eval ") {}

  void take(const SummaryRow& row, Line& line) const {
    if (row.metric.compare(0, metric_.size(), metric_) != 0) return;
    const std::string size = row.metric.substr(metric_.size(), row.metric.size() - metric_.size() - 1);
    const bool is_own = size == std::to_string(row.batch_size);
    if (!is_own && (line.gap || asks_for(row.batch_size) || !is_first(size))) return;
    line.gap = row.summary.mean;
    line.gap_size = size;
  }

 private:
  /// Whether compare.csv has a line at this batch size.  Even such a line has no gap if the outputs do not vary.
  bool asks_for(Index batch_size) const {
    return std::any_of(sizes_.begin(), sizes_.end(),
                       [&](const config::Count& size) { return size.word == "train" || size.value == batch_size; });
  }
  bool is_first(const std::string& size) const {
    return !sizes_.empty() && (sizes_[0].word == "all" || size == std::to_string(sizes_[0].value));
  }

  const std::vector<config::Count>& sizes_;
  std::string metric_;
};

std::vector<Line> collect(const std::vector<SummaryRow>& rows, const compare::CompareOptions& compare) {
  const GapChoice gaps(compare);
  std::vector<Line> lines;
  for (const SummaryRow& row : rows) {
    std::string others;
    for (const std::string& other : row.others) others += (others.empty() ? "" : " ") + other;
    const auto same = [&](const Line& line) { return line.norm == row.norm && line.batch_size == row.batch_size && line.others == others; };
    auto line = std::find_if(lines.begin(), lines.end(), same);
    if (line == lines.end()) line = lines.insert(lines.end(), Line{.norm = row.norm, .batch_size = row.batch_size, .others = others});
    const double mean = row.summary.mean;
    if (row.metric == "runs.test_accuracy_eval") line->accuracy_eval = mean;
    if (row.metric == "runs.test_accuracy_train") line->accuracy_train = mean;
    if (row.metric == "runs.test_loss_eval") line->loss_eval = mean;
    if (row.metric == "runs.test_loss_train") line->loss_train = mean;
    gaps.take(row, *line);
  }
  return lines;
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "-"; }

std::string gap_cell(double gap) {
  if (gap == 0.0) return "0";
  constexpr double kLarge = 9.995;  // from here on, three digits would be written with an exponent
  return gap >= kLarge ? fmt::format("{:.0f} %", 100.0 * gap) : fmt::format("{:.3g} %", 100.0 * gap);
}

std::string percentage(double gap) {
  if (gap == 0.0) return "0";
  if (gap < 1e-3) return fmt::format("{:.1g}", 100.0 * gap);
  return fmt::format("{:.{}f}", 100.0 * gap, gap < 0.0995 ? 1 : 0);
}

/// Returns "by 95 % of their spread", or for several settings "by 12 to 95 % of their spread".
std::string difference(double low, double high) {
  if (high == 0.0) return "not at all";
  const std::string from = percentage(low);
  const std::string to = percentage(high);
  return fmt::format("by {}{}{} % of their spread", from == to ? "" : from, from == to ? "" : " to ", to);
}

/// The gaps of one normalization's settings.  A batch size has several gaps if other keys are swept, too.
class Gaps {
 public:
  Gaps(const std::vector<MeasuredGap>& gaps, const std::string& norm) {
    for (const MeasuredGap& one : gaps) {
      if (one.norm == norm) by_batch_size_[one.batch_size].push_back(one.gap);
    }
  }

  std::string sentence(const std::string& name) const {
    if (by_batch_size_.empty()) return "";
    if (are_zero()) return fmt::format("{}: train and eval outputs do not differ at all\n", name);
    const Index small = by_batch_size_.begin()->first;
    if (by_batch_size_.size() == 1)
      return fmt::format("{} at batch {}: train and eval outputs differ\n  {}\n", name, small, difference_at(small));
    const Index large = by_batch_size_.rbegin()->first;
    const std::string start = fmt::format("{}: train and eval outputs differ", name);
    const std::string at_small = fmt::format("{} at batch {},", difference_at(small), small);
    const bool fits = characters_of(start) + 1 + characters_of(at_small) <= kTerminalColumns;
    return fmt::format("{}{}{}\n  {} at batch {}\n", start, fits ? " " : "\n  ", at_small, difference_at(large), large);
  }

 private:
  bool are_zero() const {
    const auto is_zero = [](double gap) { return gap == 0.0; };
    return std::all_of(by_batch_size_.begin(), by_batch_size_.end(),
                       [&](const auto& entry) { return std::all_of(entry.second.begin(), entry.second.end(), is_zero); });
  }
  std::string difference_at(Index batch_size) const {
    const std::vector<double>& gaps = by_batch_size_.at(batch_size);
    return difference(*std::min_element(gaps.begin(), gaps.end()), *std::max_element(gaps.begin(), gaps.end()));
  }

  std::map<Index, std::vector<double>> by_batch_size_;
};

/// Returns a sentence for each norm, already broken into lines for the terminal: "batch norm: train and eval outputs differ by 95 % of
/// their spread at batch 2, by 12 % at batch 128".
std::vector<std::string> broken_sentences(const std::vector<MeasuredGap>& gaps) {
  std::vector<std::string> norms;
  for (const MeasuredGap& one : gaps) {
    if (std::find(norms.begin(), norms.end(), one.norm) == norms.end()) norms.push_back(one.norm);
  }
  std::vector<std::string> sentences;
  sentences.reserve(norms.size());
  for (const std::string& norm : norms) sentences.push_back(Gaps(gaps, norm).sentence(spoken_norm(norm)));
  return sentences;
}

std::string sentences(const std::vector<Line>& lines) {
  std::vector<MeasuredGap> gaps;
  for (const Line& line : lines) {
    if (line.gap) gaps.push_back({line.norm, line.batch_size, *line.gap});
  }
  std::string text;
  for (const std::string& one : broken_sentences(gaps)) text += one;
  return text;
}

/// Says on which rows and in which batches the gap was measured.  Returns "" if these are the same as for the scores beside the gap: the
/// test rows, in batches of the size that the run trained with.
std::string remark(const std::vector<Line>& lines, const compare::CompareOptions& compare) {
  const std::string split = reported_split(compare);
  std::string text = split == "test" ? "" : "rows of the " + split + " split";
  const auto is_foreign = [](const Line& line) { return line.gap && line.gap_size != std::to_string(line.batch_size); };
  const auto foreign = std::find_if(lines.begin(), lines.end(), is_foreign);
  if (foreign != lines.end()) text += (text.empty() ? "" : ", ") + ("in batches of " + foreign->gap_size);
  const bool has_gap = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.gap.has_value(); });
  return text.empty() || !has_gap ? "" : "(gap: " + text + ")\n";
}

/// Returns the width of the longest name, limited so that the other columns still fit on the line.
std::size_t name_width(const std::vector<Line>& lines) {
  constexpr std::size_t kLeast = 16;
  constexpr std::size_t kMost = 24;
  std::size_t width = kLeast;
  for (const Line& line : lines) width = std::max(width, characters_of(line.norm));
  return std::min(width, kMost);
}

std::string padded(const std::string& text, std::size_t width) { return text + std::string(width - characters_of(text), ' '); }

}  // namespace

std::vector<std::string> finding_sentences(const std::vector<MeasuredGap>& gaps) {
  std::vector<std::string> sentences = broken_sentences(gaps);
  for (std::string& one : sentences) {
    one.pop_back();
    for (std::size_t at = one.find("\n  "); at != std::string::npos; at = one.find("\n  ")) one.replace(at, 3, " ");
  }
  return sentences;
}

std::string terminal_summary(const std::vector<SummaryRow>& rows, const compare::CompareOptions& compare) {
  const std::vector<Line> lines = collect(rows, compare);
  const std::size_t width = name_width(lines);
  const bool has_accuracy = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.accuracy_eval.has_value(); });
  const char* what = has_accuracy ? "accuracy" : "loss";
  const bool has_others = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return !line.others.empty(); });
  std::string text = fmt::format("{} {:>6}  {:>13}  {:>14}  {:>16}{}\n", padded("norm", width), "batch", fmt::format("{} eval", what),
                                 fmt::format("{} train", what), "train-eval gap", has_others ? "  setting" : "");
  for (const Line& line : lines) {
    const std::string gap = line.gap ? gap_cell(*line.gap) : "-";
    text += fmt::format("{} {:>6}  {:>13}  {:>14}  {:>16}", padded(shortened(line.norm, width), width), line.batch_size,
                        number(has_accuracy ? line.accuracy_eval : line.loss_eval),
                        number(has_accuracy ? line.accuracy_train : line.loss_train), gap);
    text += has_others ? "  " + line.others + "\n" : "\n";
  }
  return text + remark(lines, compare) + "\n" + sentences(lines);
}

}  // namespace normrun::report
