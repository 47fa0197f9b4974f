#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/options/document.hpp"

namespace normrun {

/// A family like the optimizers: two members that share one key, and one with a preset that sets defaults before the rest is
/// read, as the layers' "convention" does.
struct SampleSgd : config::Described {
  double learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  void describe(config::OptionVisitor& visitor) override {
    visitor.number({"learning_rate", "the step"}, learning_rate, config::above(0.0));
    visitor.number({"momentum", "weighs the last step"}, momentum, {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.flag({"nesterov", "looks ahead"}, nesterov);
    visitor.require(!nesterov || momentum > 0.0, "nesterov", "a momentum > 0 beside \"nesterov\": true");
  }
};

enum class SampleConvention { kKeras, kTorch };
struct SampleAdam : config::Described {
  SampleConvention convention = SampleConvention::kKeras;
  double learning_rate = 0.001;
  double epsilon = 1e-7;
  void describe(config::OptionVisitor& visitor) override {
    visitor.choice<SampleConvention>({"convention", "whose defaults"}, convention,
                                     {{"keras", SampleConvention::kKeras}, {"torch", SampleConvention::kTorch}}, {{"pytorch", "torch"}});
    if (visitor.given("convention")) epsilon = convention == SampleConvention::kKeras ? 1e-7 : 1e-8;
    visitor.number({"learning_rate", "the step"}, learning_rate, config::above(0.0));
    visitor.number({"epsilon", "keeps the division finite"}, epsilon, config::at_least(0.0));
  }
};

inline const config::Family& sample_family() {
  static const config::Family family{"optimizer",
                                     {{"sgd", "w -= lr * g", "", [] { return std::make_shared<SampleSgd>(); }},
                                      {"adam", "adaptive moments", "Kingma & Ba 2015", [] { return std::make_shared<SampleAdam>(); }}}};
  return family;
}

struct SampleShift : config::Described {
  double scale = 1.0;
  std::string split = "test";
  void describe(config::OptionVisitor& visitor) override {
    visitor.number({"scale", "the inputs' factor"}, scale, config::any_number());
    visitor.text({"split", "which rows"}, split);
  }
};

struct SampleTrain : config::Described {
  Index batch_size = 32;
  std::optional<Index> epochs;
  std::optional<double> clip;
  std::shared_ptr<config::Described> optimizer = sample_family().make("adam");
  void describe(config::OptionVisitor& visitor) override {
    visitor.integer({"batch_size", "rows a step"}, batch_size, {.low = 1});
    visitor.integer({"epochs", "passes over the rows"}, epochs, {.low = 1, .high = 1000});
    visitor.number({"clip", "largest gradient"}, clip, config::between(0.0, 10.0));
    visitor.tagged({"optimizer", "how parameters move"}, optimizer, sample_family());
  }
};

enum class SampleHeader { kAuto, kTrue, kFalse };

/// Every kind of option once.
struct SampleRoot : config::Described {
  std::string name = "sample";
  SampleTrain train;
  SampleHeader header = SampleHeader::kAuto;
  config::Count limit{"all", 0};
  config::Count label;
  std::vector<double> weights = {0.5, 2.0};
  std::vector<Index> shape;
  std::vector<config::Count> eval_batch_sizes = {{"train", 0}, {"", 4}};
  std::vector<std::string> splits = {"test"};
  std::vector<std::pair<std::string, std::string>> pairs = {{"train", "eval"}};
  std::vector<SampleShift> shift;
  std::vector<std::shared_ptr<config::Described>> optimizers;
  std::string grid = "{}";
  std::string claims = "[]";
  void describe(config::OptionVisitor& visitor) override {
    visitor.text({"name", "names the results"}, name);
    visitor.object({"train", "how to train"}, train);
    visitor.choice<SampleHeader>({"header", "whether a first line names the columns"}, header,
                                 {{"auto", SampleHeader::kAuto}, {"true", SampleHeader::kTrue}, {"false", SampleHeader::kFalse}});
    visitor.count({"limit", "rows to keep"}, limit, {.low = 0}, {"all"});
    visitor.count({"label", "a column"}, label, {.low = 0}, {});
    visitor.numbers({"weights", "one for each class"}, weights, config::at_least(0.0));
    visitor.integers({"shape", "of one example"}, shape, {.low = 1});
    visitor.counts({"eval_batch_sizes", "rows that share statistics"}, eval_batch_sizes, {.low = 1}, {"train", "all"});
    visitor.texts({"splits", "which rows"}, splits);
    visitor.pairs({"pairs", "modes to compare"}, pairs, {"train", "eval", "initial-statistics"});
    visitor.list({"shift", "shifts of the inputs"}, shift);
    visitor.tagged_list({"optimizers", "several"}, optimizers, sample_family());
    visitor.any({"grid", "what is swept"}, grid);
    visitor.any({"claims", "what is claimed"}, claims);
  }
};

inline SampleSgd& sgd(const std::shared_ptr<config::Described>& optimizer) { return dynamic_cast<SampleSgd&>(*optimizer); }
inline SampleAdam& adam(const std::shared_ptr<config::Described>& optimizer) { return dynamic_cast<SampleAdam&>(*optimizer); }

/// The problems of reading a SampleRoot, one a line; of parsing where the text is no JSON.
inline std::string lines_of(const std::vector<Problem>& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += (lines.empty() ? "" : "\n") + to_line(problem);
  return lines;
}
inline std::string problems_of(const std::string& text) {
  try {
    SampleRoot root;
    std::vector<Problem> problems;
    config::Document::parse(text, "c.json").read("", root, problems);
    return lines_of(problems);
  } catch (const Error& error) {
    return lines_of(error.problems());
  }
}
inline std::string problems_of(const config::Document& document) {
  SampleRoot root;
  std::vector<Problem> problems;
  document.read("", root, problems);
  return lines_of(problems);
}
template <class Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() == ExitCode::kUsage ? lines_of(error.problems()) : "wrong exit code";
  }
  return "nothing was refused";
}

}  // namespace normrun
