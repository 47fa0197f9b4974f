#include "report/page/first_screen.hpp"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/draw/elements.hpp"
#include "report/draw/text.hpp"
#include "report/figures/figures.hpp"
#include "report/results/summary.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostCards = 4;
constexpr std::size_t kMostSentences = 4;

std::string sentence(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i > 0 ? "; " : "") + names[i];
  return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

/// Returns "batch norm, layer norm and no normalization layer".
std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

/// Tells a reader who knows nothing of the experiment what was done, and what a gap is.
std::string lead_element(const ResultsFolder& results, const PageSettings& settings) {
  constexpr std::size_t kMostNorms = 4;
  std::vector<std::string> norms;
  std::vector<long> sizes;
  for (const PageSetting& one : settings.all) {
    append_new(norms, spoken_norm(one.facts.setting.norm));
    sizes.push_back(one.facts.setting.batch_size);
  }
  if (settings.finished == 0 || sizes.empty()) return "";
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
  const train::TrainOptions& train = results.experiment.base.train;
  if (train.steps == Index{0} && !train.init_from.empty() && settings.finished == 1) {
    return fmt::format(
        "<p class=\"soft\">One trained network was read from a file, with {}. It predicted the same rows twice: in train mode, where batch "
        "norm uses the statistics of each batch of {}, and in eval mode, where it uses those that the file holds. The gap is how far the "
        "two predictions are apart.</p>\n",
        escaped(joined(norms)), sizes.front());
  }
  return fmt::format(
      "<p class=\"soft\">{} trained, with {}, at batch size{}{}. {} then predicted the same rows twice: in train mode, where batch norm "
      "uses the statistics of each batch, and in eval mode, where it uses those gathered while training. The gap is how far the two "
      "predictions are apart.</p>\n",
      settings.finished == 1 ? "One network was" : fmt::format("{} networks were", settings.finished),
      escaped(norms.size() > kMostNorms ? fmt::format("{} normalizations", norms.size()) : joined(norms)), *least == *most ? " " : "s ",
      (*least == *most ? std::to_string(*least) : fmt::format("{} to {}", *least, *most)) +
          (settings.seeds > 1 ? fmt::format(", with {} seeds", settings.seeds) : ""),
      settings.finished == 1 ? "It" : "Each");
}

/// Whether the advice only informs, and asks for no change.
bool is_quiet(const Advice& one) {
  return one.cause == Cause::kNone || one.cause == Cause::kNothingFound || one.cause == Cause::kUnmeasured ||
         (one.cause == Cause::kBatchNoise && one.remedy.empty());
}

/// Returns a bar whose parts are the causes of the gap, the largest first, and a sentence with the same shares in words.
std::string causes_element(const PageSetting& setting) {
  std::vector<std::pair<Cause, double>> shares = setting.facts.shares;
  std::erase_if(shares, [](const auto& share) { return !(share.second >= 0.01); });
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  double sum = 0.0;
  for (const auto& [cause, share] : shares) sum += share;
  if (shares.empty()) return "";
  std::string bar;
  std::string words;
  std::string key;  // the same words, each behind the colour of its part
  for (const auto& [cause, share] : shares) {
    bar += fmt::format("<span class=\"c{}\" style=\"width:{:.1f}%\"></span>", cause_colour(cause), 100.0 * share / sum);
    const std::string part = fmt::format("{} {}", percent(share), spoken_word(diagnosis::cause_text(cause)));
    key += fmt::format("{}<span class=\"key c{}\"></span>{}", key.empty() ? "" : ", ", cause_colour(cause), escaped(part));
    words += (words.empty() ? "" : ", ") + part;
  }
  return fmt::format("<div class=\"causes\" role=\"img\" aria-label=\"{0}\">{1}</div><p class=\"soft\">Made of {2}.</p>", escaped(words),
                     bar, key);
}

std::string card_element(const PageSettings& settings, const std::string& name, const std::vector<const Advice*>& advice) {
  const PageSetting* setting = settings.find(name);
  std::string text = fmt::format("<li class=\"act\"><h3>{}</h3>", escaped(sentence(name)));
  if (setting != nullptr && !std::isnan(setting->facts.gap)) {
    text += fmt::format("<p><strong>Gap {}</strong> of the outputs' spread.</p>", percent(setting->facts.gap));
    text += causes_element(*setting);
  }
  std::string measured;
  for (const Advice* one : advice) {
    text += "<p>" + escaped(sentence(one->finding)) + "</p>";
    if (!one->remedy.empty()) text += "<p><strong>To change:</strong> " + escaped(one->remedy) + ".</p>";
    if (!one->measured.empty() && one->measured != measured) text += "<p><strong>Measured:</strong> " + escaped(one->measured) + ".</p>";
    measured = one->measured;
  }
  if (setting != nullptr && !setting->id.empty())
    text += fmt::format("<p><a href=\"#{}\">All that was found and tried</a></p>", setting->id);
  return text + "</li>\n";
}

std::string cards_element(const PageSettings& settings, const std::vector<Advice>& advice) {
  std::vector<std::string> names;
  for (const Advice& one : advice) {
    if (!is_quiet(one)) append_new(names, one.setting);
  }
  std::string cards;
  std::string more;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<const Advice*> own;
    for (const Advice& one : advice) {
      if (one.setting == names[i] && !is_quiet(one)) own.push_back(&one);
    }
    (i < kMostCards ? cards : more) += card_element(settings, names[i], own);
  }
  if (!cards.empty()) cards = "<ol class=\"cards\">\n" + cards + "</ol>\n";
  if (!more.empty()) {
    cards += fmt::format("<details><summary>{} more</summary><ol class=\"cards\">\n{}</ol></details>\n", names.size() - kMostCards, more);
  }
  std::string quiet;
  for (const Advice& one : advice) {
    if (is_quiet(one)) quiet += fmt::format("<li>{}: {}</li>\n", escaped(sentence(one.setting)), escaped(one.finding));
  }
  return cards + (quiet.empty() ? "" : "<ul class=\"quiet\">\n" + quiet + "</ul>\n");
}

}  // namespace

std::string finding_element(const ResultsFolder& results, const PageSettings& settings) {
  std::vector<MeasuredGap> gaps;
  for (const PageSetting& one : settings.all) {
    if (!std::isnan(one.facts.gap)) gaps.push_back({one.facts.setting.norm, one.facts.setting.batch_size, one.facts.gap});
  }
  std::vector<std::string> sentences = finding_sentences(gaps);
  std::string text;
  for (std::size_t i = 0; i < std::min(sentences.size(), kMostSentences); ++i)
    text += "<p class=\"finding\">" + escaped(sentence(sentences[i])) + ".</p>\n";
  if (sentences.size() > kMostSentences)
    text += fmt::format("<p class=\"soft\">The figure has {} more norms.</p>\n", sentences.size() - kMostSentences);
  text += lead_element(results, settings);
  const auto warning = [&](const std::string& words) { text += "<p class=\"warn\">" + escaped(words) + "</p>\n"; };
  if (settings.finished < settings.runs) {
    warning(fmt::format("{} of {} runs are complete. {}.", settings.finished, settings.runs, listed(settings.failures, 6)));
  }
  if (settings.runs < static_cast<std::size_t>(results.experiment.grid.size()))
    warning(fmt::format("{} of {} planned runs are in these results.", settings.runs, results.experiment.grid.size()));
  if (!settings.not_compared.empty()) {
    warning(fmt::format("Not compared, as the {} split has no rows or the outputs do not vary: {}.", results.split(),
                        listed(settings.not_compared, 6)));
  }
  return text;
}

std::string first_screen(const ResultsFolder& results, const PageSettings& settings, const std::vector<Advice>& advice, PageParts& parts) {
  const std::string gap = parts.drawn("the figure gap", [&] { return figure_element(gap_figure(results)); });
  const std::string cards = cards_element(settings, advice);
  std::string text = "<div class=\"first\">\n";
  if (!gap.empty()) text += "<div>" + gap + "</div>\n";
  if (!cards.empty()) text += "<section aria-labelledby=\"advice\"><h2 id=\"advice\">What to change</h2>\n" + cards + "</section>\n";
  return text + "</div>\n";
}

}  // namespace normrun::report
