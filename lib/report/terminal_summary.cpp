#include <algorithm>
#include <cmath>
#include <optional>

#include "fmt/format.h"
#include "report/summary.hpp"
#include "report/words.hpp"

namespace normrun {
namespace {

/// One setting's figures as the terminal shows them.
struct Line {
  std::string norm;
  Index batch_size = 0;
  std::string others;
  std::optional<double> accuracy_eval;
  std::optional<double> accuracy_train;
  std::optional<double> loss_eval;
  std::optional<double> loss_train;
  std::optional<double> gap;
};

bool starts_with(const std::string& text, std::string_view start) { return text.compare(0, start.size(), start) == 0; }

std::vector<Line> collect(const std::vector<SummaryRow>& rows) {
  std::vector<Line> lines;
  for (const SummaryRow& row : rows) {
    std::string others;
    for (const std::string& other : row.others) others += (others.empty() ? "" : " ") + other;
    const auto same = [&](const Line& line) { return line.norm == row.norm && line.batch_size == row.batch_size && line.others == others; };
    auto line = std::find_if(lines.begin(), lines.end(), same);
    if (line == lines.end()) line = lines.insert(lines.end(), {row.norm, row.batch_size, others, {}, {}, {}, {}, {}});
    const double mean = row.summary.mean;
    if (row.metric == "runs.test_accuracy_eval") line->accuracy_eval = mean;
    if (row.metric == "runs.test_accuracy_train") line->accuracy_train = mean;
    if (row.metric == "runs.test_loss_eval") line->loss_eval = mean;
    if (row.metric == "runs.test_loss_train") line->loss_train = mean;
    const bool is_gap = starts_with(row.metric, "compare.relative_gap[") && row.metric.find(" train:eval ") != std::string::npos;
    if (is_gap && !line->gap) line->gap = mean;
  }
  return lines;
}

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.4f}", *value) : "-"; }

std::string difference(double gap) {
  if (gap == 0.0) return "not at all";
  if (gap < 1e-3) return fmt::format("by {:.1g} % of their spread", 100.0 * gap);
  return fmt::format("by {:.{}f} % of their spread", 100.0 * gap, gap < 0.0995 ? 1 : 0);
}

/// "batch norm: train and eval outputs differ by 95 % of their spread at batch 2, by 12 % at batch 128"
std::string sentences(const std::vector<Line>& lines) {
  std::vector<std::string> norms;
  for (const Line& line : lines) {
    if (std::find(norms.begin(), norms.end(), line.norm) == norms.end()) norms.push_back(line.norm);
  }
  std::string text;
  for (const std::string& norm : norms) {
    std::vector<Line> own;
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(own), [&](const Line& line) { return line.norm == norm && line.gap; });
    if (own.empty()) continue;
    const auto by_size = [](const Line& a, const Line& b) { return a.batch_size < b.batch_size; };
    const Line& small = *std::min_element(own.begin(), own.end(), by_size);
    const Line& large = *std::max_element(own.begin(), own.end(), by_size);
    const bool never = std::all_of(own.begin(), own.end(), [](const Line& line) { return *line.gap == 0.0; });
    if (never) {
      text += fmt::format("{}: train and eval outputs do not differ at all\n", spoken_norm(norm));
    } else if (small.batch_size == large.batch_size) {
      text +=
          fmt::format("{} at batch {}: train and eval outputs differ\n  {}\n", spoken_norm(norm), small.batch_size, difference(*small.gap));
    } else {
      text += fmt::format("{}: train and eval outputs differ {} at batch {},\n  {} at batch {}\n", spoken_norm(norm),
                          difference(*small.gap), small.batch_size, difference(*large.gap), large.batch_size);
    }
  }
  return text;
}

}  // namespace

std::string terminal_summary(const std::vector<SummaryRow>& rows) {
  const std::vector<Line> lines = collect(rows);
  const bool has_accuracy = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.accuracy_eval.has_value(); });
  const char* what = has_accuracy ? "accuracy" : "loss";
  const bool has_others = std::any_of(lines.begin(), lines.end(), [](const Line& line) { return !line.others.empty(); });
  std::string text = fmt::format("{:<16} {:>6}  {:>13}  {:>14}  {:>16}{}\n", "norm", "batch", fmt::format("{} eval", what),
                                 fmt::format("{} train", what), "train-eval gap", has_others ? "  setting" : "");
  for (const Line& line : lines) {
    const std::string gap = line.gap ? (*line.gap == 0.0 ? "0" : fmt::format("{:.3g} %", 100.0 * *line.gap)) : "-";
    text += fmt::format("{:<16.16} {:>6}  {:>13}  {:>14}  {:>16}", line.norm, line.batch_size,
                        number(has_accuracy ? line.accuracy_eval : line.loss_eval),
                        number(has_accuracy ? line.accuracy_train : line.loss_train), gap);
    text += has_others ? "  " + line.others + "\n" : "\n";
  }
  return text + "\n" + sentences(lines);
}

}  // namespace normrun
