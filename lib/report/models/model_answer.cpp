#include "report/models/model_answer.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/models/model_words.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

using nlohmann::ordered_json;
using study::JudgedRole;

constexpr std::size_t kColumns = 80;

std::string paragraph(const std::string& text, const std::string& first = "", const std::string& next = "") {
  return wrapped(text, kColumns, first, next) + "\n";
}

/// Whether a finding says that something is wrong, with the model or with the rows.
bool is_alarm_of(const diagnosis::Finding& finding, const JudgedRole& role) {
  const std::string& word = finding.finding;
  if (word == "rows-shifted-harmless") return !role.has_labels;  // without labels nobody knows whether it is harmless
  return word == "statistics-wrong" || word == "weights-need-batch-statistics" || word == "rows-shifted" || word == "norm-on-output" ||
         word == "training-harmed";
}

/// A finding of something wrong, and the rows that show it.
struct Alarm {
  const diagnosis::Finding* finding = nullptr;
  const JudgedRole* role = nullptr;
};

/// Writes the answer about a model.  The rows to be judged decide it, unless nothing was found there.
class AnswerWriter {
 public:
  AnswerWriter(const study::ModelRequest& request, const study::ModelDiagnosis& diagnosis, std::string page)
      : request_(request), diagnosis_(diagnosis), page_(std::move(page)) {
    for (const JudgedRole& role : diagnosis.roles) {
      if (!alarms_.empty()) break;
      told_ = &role;
      for (const diagnosis::Finding& finding : role.diagnosis.findings)
        if (is_alarm_of(finding, role)) alarms_.push_back({&finding, &role});
    }
    if (alarms_.empty() && !diagnosis.roles.empty()) told_ = &diagnosis.roles.front();
    add_hidden_by_shift();
  }

  bool has_findings() const { return !alarms_.empty() || depends_on_batch() || outputs_differ() || !diagnosis_.divergence.empty(); }

  std::string text() const {
    std::string text = paragraph(request_.model + ": " + summary());
    if (outputs_differ() || told_ == nullptr) return text + footer();
    text += "\n" + (told_->has_labels ? scores_text() : paragraph(gap_text()));
    for (const Alarm& alarm : alarms_) text += "\n" + cause_text_of(alarm);
    text += "\n" + rows_text() + remedies_text() + footer();
    return text;
  }

  std::string json() const {
    ordered_json json = {{"model", request_.model}, {"finding", word()}, {"summary", summary()}};
    json["judged"] = nullptr;
    if (told_ != nullptr) {
      json["judged"] = {{"rows", study::role_text(told_->split)},
                        {"count", told_->rows},
                        {"has_labels", told_->has_labels},
                        {"were_trained_on", told_->split == data::SplitName::kTrain}};
    }
    json["scores"] = scores_json();
    json["gap"] = told_ == nullptr ? ordered_json(nullptr) : ordered_json(told_->gap);
    json["batch_size"] = diagnosis_.batch_size;
    json["causes"] = causes_json();
    json["remedies"] = remedies_json();
    json["rows_shifted"] = shift() == nullptr ? ordered_json(false) : ordered_json(true);
    json["depends_on_batch"] = depends_on_batch();
    json["batches"] = batches_json();
    json["outputs_equal"] = nullptr;
    if (diagnosis_.outputs) {
      json["outputs_equal"] = diagnosis_.outputs->are_equal;
      json["outputs_difference"] = diagnosis_.outputs->largest;
      json["outputs_allowed"] = diagnosis_.outputs->allowed;
    }
    json["report"] = page_.empty() ? ordered_json(nullptr) : ordered_json(page_);
    // Numbers that are not finite are written as null.
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  }

 private:
  /// Shifted rows cannot show wrong statistics, because the right ones suit them no better.  The rows of the training's source can.
  void add_hidden_by_shift() {
    const auto is_shift = [](const Alarm& one) { return one.finding->finding.starts_with("rows-shifted"); };
    if (alarms_.empty() || !std::all_of(alarms_.begin(), alarms_.end(), is_shift)) return;
    for (const JudgedRole& role : diagnosis_.roles) {
      if (&role == told_ || role.diagnosis.findings.empty()) continue;
      for (const diagnosis::Finding& finding : role.diagnosis.findings)
        if (finding.finding == "statistics-wrong") alarms_.push_back({&finding, &role});
      if (alarms_.back().role == &role) return;
    }
  }
  /// The alarm about statistics that is told beside another one; null if there is none.
  const Alarm* second_cause() const {
    const auto found = std::find_if(alarms_.begin(), alarms_.end(), [&](const Alarm& one) { return one.role != told_; });
    return found == alarms_.end() ? nullptr : &*found;
  }

  bool depends_on_batch() const { return study::largest_dependence(diagnosis_.batches) > study::kRoundingDependence; }
  bool outputs_differ() const { return diagnosis_.outputs && !diagnosis_.outputs->are_equal; }
  bool is_on_training_rows() const { return told_ != nullptr && told_->split == data::SplitName::kTrain; }

  std::string word() const {
    if (outputs_differ()) return "outputs-differ";
    if (!diagnosis_.divergence.empty()) return "not-finite";
    if (!diagnosis_.too_few.empty()) return "cannot-tell";
    if (!alarms_.empty()) return alarms_.front().finding->finding;
    return depends_on_batch() ? "depends-on-batch" : "nothing-found";
  }

  std::string summary() const {
    if (outputs_differ()) {
      if (diagnosis_.normalizes_by_batch) {
        return fmt::format(
            "the file normalizes by its batch (training_mode=1, or no statistics are tracked), and its outputs are not those of --outputs: "
            "the largest difference is {}, and {} is allowed. Export the model in eval mode, or give outputs of all judged rows in one "
            "batch.",
            shown(diagnosis_.outputs->largest), shown(diagnosis_.outputs->allowed));
      }
      return fmt::format(
          "its outputs are not those of --outputs: the largest difference is {}, and {} is allowed. The program does not compute what the "
          "framework does, or these are the outputs of other rows or of train mode; so no cause is named.",
          shown(diagnosis_.outputs->largest), shown(diagnosis_.outputs->allowed));
    }
    if (!diagnosis_.divergence.empty()) return "eval mode gives no finite scores: " + diagnosis_.divergence;
    if (!diagnosis_.too_few.empty()) return "nothing can be told from " + diagnosis_.too_few + ".";
    if (alarms_.empty() && depends_on_batch()) return "its answer for a row depends on the other rows of the batch.";
    if (alarms_.empty()) return nothing_words();
    const Alarm* const second = second_cause();
    if (second == nullptr) return first_words();
    std::string text = first_words();
    text.back() = ';';
    return text + " and the statistics are wrong, too, which costs " + cost_words(*second->finding, *second->role) + ".";
  }

  std::string first_words() const {
    const diagnosis::Finding& first = *alarms_.front().finding;
    const std::string cost = cost_words(first, *told_);
    if (first.finding == "statistics-wrong") {
      return told_->has_labels ? fmt::format("the statistics are wrong, which costs {}.", cost)
                               : fmt::format("the statistics are not those of the training rows: {}.", cost);
    }
    if (first.finding == "rows-shifted-harmless") return "the test rows are distributed otherwise than the training rows.";
    if (first.finding == "rows-shifted")
      return fmt::format("the {} are distributed otherwise than the training rows, which costs {}.", role_words(told_->split), cost);
    if (first.finding == "weights-need-batch-statistics") {
      return fmt::format(
          "train mode predicts better than eval mode by {}, and recomputed statistics do not give that back: the weights need the "
          "statistics of their batches.",
          cost);
    }
    return fmt::format("eval mode loses {}.", cost);
  }

  std::string nothing_words() const {
    if (!told_->has_labels) return fmt::format("no fault was found: {}, which chance explains.", cost_words({}, *told_));
    const auto& findings = told_->diagnosis.findings;
    const auto none = std::find_if(findings.begin(), findings.end(), [](const auto& one) { return one.finding == "nothing-found"; });
    if (none == findings.end()) return "no fault was found.";
    if (none->samples < study::kFewestRows) {
      return fmt::format("no fault was found, but {} {} are too few to exclude a harm.", none->samples, role_words(told_->split));
    }
    const double excluded = std::max(none->high, 0.0);
    return fmt::format(
        "no fault was found; a harm above {} on the {} is excluded.",
        none->metric == "accuracy" ? fmt::format("{:.1f} percentage points of accuracy", 100.0 * excluded) : shown(excluded) + " in loss",
        role_words(told_->split));
  }

  std::string scores_text() const {
    const auto line = [](const std::string& name, const study::WayScores& scores) {
      const std::string accuracy = std::isnan(scores.accuracy) ? "" : fmt::format("accuracy {:.4f}   ", scores.accuracy);
      return fmt::format("  {:<44} {}loss {}\n", name, accuracy, shown(scores.loss));
    };
    const std::string stored = diagnosis_.has_statistics ? line("statistics as stored", told_->stored)
                                                         : "  the file stores no statistics: it runs in train mode alone\n";
    return stored + line(fmt::format("train mode, batches of {}", diagnosis_.batch_size), told_->train_mode) +
           line("statistics recomputed on the training rows", told_->recomputed);
  }
  std::string gap_text() const { return "These rows have no labels, so no score is known: " + cost_words({}, *told_) + "."; }

  std::string cause_text_of(const Alarm& alarm) const {
    const diagnosis::Finding& finding = *alarm.finding;
    const Certainty certainty = certainty_of(finding, diagnosis_);
    std::string text =
        paragraph(fmt::format("Cause ({}): {}.", certainty_text(certainty), model_cause_words(finding, diagnosis_)), "", "  ");
    if (alarms_.size() > 1 && alarm.role->has_labels)
      text += paragraph("Alone it costs " + cost_words(finding, *alarm.role) + ".", "  ", "  ");
    if (finding.layer.empty()) return text;
    const std::string channels = finding.channels.empty() ? "" : ", channels " + finding.channels;
    return text + paragraph(fmt::format("Most of it is in layer {}{}.", finding.layer, channels), "  ", "  ");
  }

  /// The finding that says that the judged rows are shifted, harmless or not; null if they are not.
  const diagnosis::Finding* shift() const {
    for (const JudgedRole& role : diagnosis_.roles)
      for (const diagnosis::Finding& finding : role.diagnosis.findings)
        if (finding.cause == diagnosis::Cause::kShiftedData && finding.finding.starts_with("rows-shifted")) return &finding;
    return nullptr;
  }

  std::string rows_text() const {
    std::string text;
    for (const JudgedRole& role : diagnosis_.roles) {
      const char* const option = role.split == data::SplitName::kTrain  ? "--data"
                                 : role.split == data::SplitName::kTest ? "--test"
                                                                        : "--held-out";
      text += fmt::format("{}{} {} of {}", text.empty() ? "Rows: " : ", ", role.rows, role_words(role.split), option);
    }
    text += ".";
    if (is_on_training_rows()) text += " The scores above are of rows that the weights were trained on.";
    const bool has_others = diagnosis_.roles.size() > 1;
    if (has_others && shift() == nullptr && diagnosis_.too_few.empty())
      text += " The judged rows are distributed like the training rows, as far as a test can tell.";
    if (shift() != nullptr && shift()->finding == "rows-shifted-harmless")
      text += fmt::format(" The judged rows are distributed otherwise than the training rows (p = {}){}.", shown(shift()->p),
                          told_->has_labels ? ", without harm" : "");
    if (has_others && request_.held_out.inputs.empty()) text += " Without --held-out, no layer is judged for shift.";
    return paragraph(text, "", "  ");
  }

  static std::string gain_text(const JudgedRole& role) {
    if (!role.has_labels) return "the gain is unmeasured";
    if (std::isnan(role.stored.accuracy)) return fmt::format("loss {} instead of {}", shown(role.recomputed.loss), shown(role.stored.loss));
    return fmt::format("accuracy {} instead of {}", score(role.recomputed.accuracy), score(role.stored.accuracy));
  }
  /// The rows with labels by which `repair` decides, if the weights were not trained on them; null if there are none.
  const JudgedRole* unseen_rows() const {
    for (const data::SplitName split : {data::SplitName::kValidation, data::SplitName::kTest})
      for (const JudgedRole& role : diagnosis_.roles)
        if (role.split == split && role.has_labels) return &role;
    return nullptr;
  }

  /// Statistics that are wrong are told because recomputed ones predict better: no other remedy comes first.  Training rows alone cannot
  /// advise it: an overfitted network may gain on them, and lose on rows that it has not seen.
  std::string recomputing_text(const JudgedRole& role) const {
    std::string gain = gain_text(role);
    if (&role != told_ && role.has_labels) gain += " on the " + role_words(role.split);
    if (const JudgedRole* const unseen = unseen_rows(); unseen != nullptr && role.split == data::SplitName::kTrain && role.has_labels) {
      if (unseen->recomputed.loss > unseen->stored.loss) {
        return paragraph(
            fmt::format("To do: nothing is shown to help. Recomputed statistics suit the training rows better ({}), but on the {}, "
                        "which the weights were not trained on, the loss would be {} instead of {}.",
                        gain, role_words(unseen->split), shown(unseen->recomputed.loss), shown(unseen->stored.loss)),
            "", "  ");
      }
      gain += fmt::format("; on the {} {}", role_words(unseen->split), gain_text(*unseen));
    }
    return paragraph(fmt::format("To do: recompute the statistics: normrun repair {} --data {} -o FILE ({}).", request_.model,
                                 request_.data.inputs, gain),
                     "", "  ");
  }
  std::string other_remedy_text() const {
    const auto& remedies = told_->diagnosis.remedies;
    const auto one = std::find_if(remedies.begin(), remedies.end(), [](const auto& tried) { return tried.verdict == "confirmed"; });
    if (one == remedies.end() || !told_->has_labels) return "";
    const std::string gain = std::isnan(one->accuracy_after)
                                 ? fmt::format("loss {} instead of {}", shown(one->loss_after), shown(one->loss_before))
                                 : fmt::format("accuracy {} instead of {}", score(one->accuracy_after), score(one->accuracy_before));
    return paragraph(fmt::format("To do: use {} statistics ({}).", one->remedy, gain), "", "  ");
  }

  std::string remedies_text() const {
    if (alarms_.empty()) return "";
    std::string text = alarms_.front().finding->finding == "statistics-wrong" ? recomputing_text(*told_) : other_remedy_text();
    const Alarm* const second = second_cause();
    if (second != nullptr) text += recomputing_text(*second->role);
    for (const Alarm* alarm : {static_cast<const Alarm*>(&alarms_.front()), second}) {
      const std::string next = alarm == nullptr ? "" : next_training_words(alarm->finding->cause);
      if (!next.empty()) text += paragraph("In the next training: " + next + ".", "", "  ");
    }
    return text.empty() ? text : "\n" + text;
  }

  std::string footer() const {
    std::string text = batches_text();
    if (diagnosis_.outputs && diagnosis_.outputs->are_equal)
      text += paragraph(fmt::format("The outputs of eval mode are those of --outputs: the largest difference is {}.",
                                    shown(diagnosis_.outputs->largest)));
    if (!page_.empty()) text += "Report: " + page_ + "\n";
    return text.empty() ? text : "\n" + text;
  }

  /// Says whether the answers depend on the batch, and by how much they would in train mode.
  std::string batches_text() const {
    if (diagnosis_.batches.empty()) return "";
    const auto by = [](const study::BatchDependence& a, const study::BatchDependence& b) { return a.as_it_runs < b.as_it_runs; };
    const auto most = std::max_element(diagnosis_.batches.begin(), diagnosis_.batches.end(), by);
    if (depends_on_batch()) {
      return paragraph(
          fmt::format("Batches: the outputs depend on the batch, by up to {} of their standard deviation ({}): the file normalizes "
                      "by its batch. Export the model in eval mode, with tracked statistics.",
                      percent(most->as_it_runs), most->arrangement),
          "", "  ");
    }
    const study::BatchDependence& last = diagnosis_.batches.back();
    return paragraph(
        fmt::format("Batches: in eval mode no answer depends on its batch; in train mode other neighbours would move the outputs by "
                    "{} of their standard deviation.",
                    percent(last.train_mode)),
        "", "  ");
  }

  ordered_json batches_json() const {
    ordered_json list = ordered_json::array();
    for (const study::BatchDependence& one : diagnosis_.batches) {
      list.push_back({{"arrangement", one.arrangement}, {"as_it_runs", one.as_it_runs}, {"train_mode", one.train_mode}});
    }
    return list;
  }

  ordered_json scores_json() const {
    if (told_ == nullptr || !told_->has_labels) return nullptr;
    const auto pair = [](const study::WayScores& scores) { return ordered_json{{"loss", scores.loss}, {"accuracy", scores.accuracy}}; };
    return {{"stored", diagnosis_.has_statistics ? pair(told_->stored) : ordered_json(nullptr)},
            {"train_mode", pair(told_->train_mode)},
            {"recomputed", pair(told_->recomputed)}};
  }

  ordered_json causes_json() const {
    ordered_json list = ordered_json::array();
    for (const auto& [finding, role] : alarms_) {
      ordered_json one = {{"cause", cause_text(finding->cause)},
                          {"group", group_of(finding->cause)},
                          {"finding", finding->finding},
                          {"layer", finding->layer},
                          {"channels", finding->channels},
                          {"effect", finding->effect},
                          {"metric", role->has_labels ? finding->metric : "gap"},
                          {"rows", study::role_text(role->split)},
                          {"interval", {finding->low, finding->high}},
                          {"certainty", certainty_text(certainty_of(*finding, diagnosis_))},
                          {"words", model_cause_words(*finding, diagnosis_)}};
      if (finding->cause == diagnosis::Cause::kColdStart) one["initial_share"] = diagnosis_.initial.share;
      list.push_back(std::move(one));
    }
    return list;
  }

  ordered_json remedies_json() const {
    ordered_json list = ordered_json::array();
    if (told_ == nullptr) return list;
    for (const diagnosis::TriedRemedy& one : told_->diagnosis.remedies) {
      if (one.verdict == "arm") continue;
      ordered_json item = {{"remedy", one.remedy}, {"verdict", told_->has_labels ? one.verdict : "unmeasured"}};
      if (told_->has_labels) {
        item["loss_before"] = one.loss_before;
        item["loss_after"] = one.loss_after;
        item["interval"] = {one.low, one.high};
        item["accuracy_before"] = one.accuracy_before;
        item["accuracy_after"] = one.accuracy_after;
      }
      list.push_back(std::move(item));
    }
    return list;
  }

  const study::ModelRequest& request_;
  const study::ModelDiagnosis& diagnosis_;
  std::string page_;
  const JudgedRole* told_ = nullptr;  // the rows that the answer is about
  std::vector<Alarm> alarms_;
};

}  // namespace

ModelAnswer answer_of(const study::ModelRequest& request, const study::ModelDiagnosis& diagnosis, const std::string& page) {
  const AnswerWriter writer(request, diagnosis, page);
  return {writer.text(), writer.json(), writer.has_findings()};
}

}  // namespace normrun::report
