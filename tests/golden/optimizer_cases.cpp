#include <algorithm>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "golden/cases.hpp"
#include "train/optimizer.hpp"

namespace normrun::golden {
namespace {

/// The file's name of a setting and the option's, for those that carry over as they are.
constexpr std::pair<const char*, const char*> kOptions[] = {{"lr", "learning_rate"}, {"momentum", "momentum"}, {"beta1", "beta_1"},
                                                            {"beta2", "beta_2"},     {"eps", "epsilon"},       {"rho", "rho"}};

/// The optimizer that a setting such as momentum_lrchange means; "" where there is none.
std::string type_of(const std::string& name) {
  const std::string stem = name.substr(0, name.find('_'));
  if (stem == "sgd" || stem == "momentum" || stem == "nesterov") return "sgd";
  return train::optimizer_family().find(stem) == nullptr ? "" : stem;
}

std::shared_ptr<train::OptimizerSpec> make_optimizer(const std::string& type, const std::string& name, const std::string& convention,
                                                     const Json& attrs) {
  Json options = {{"convention", convention}};
  for (const auto& [attribute, option] : kOptions) {
    if (attrs.contains(attribute)) options[option] = attrs[attribute];
  }
  if (name.rfind("nesterov", 0) == 0) options["nesterov"] = true;
  auto optimizer = std::dynamic_pointer_cast<train::OptimizerSpec>(train::optimizer_family().make(type));
  std::vector<Problem> problems;
  config::Document::parse(options.dump(), "optimizer " + name).read("", *optimizer, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return optimizer;
}

/// The weights after every step: (steps, weights).
std::vector<double> run(const train::OptimizerSpec& optimizer, const Json& attrs, std::vector<double> weights, const Values& grads) {
  const std::size_t size = weights.size();
  if (size == 0 || grads.data.size() % size != 0) throw Damaged("optimizers: grads do not fit w0");
  const auto update = optimizer.make<double>();
  std::vector<double> slots(size * static_cast<std::size_t>(optimizer.slot_count()), 0.0);
  std::vector<double> after;
  for (std::size_t step = 0; step * size < grads.data.size(); ++step) {
    const std::span<const double> g(grads.data.data() + step * size, size);
    const double learning_rate = attrs.contains("lr_steps") ? attrs["lr_steps"].at(step).get<double>() : optimizer.learning_rate;
    update->update({weights, g, slots}, {.number = static_cast<Index>(step) + 1, .learning_rate = learning_rate}, {});
    after.insert(after.end(), weights.begin(), weights.end());
  }
  return after;
}

}  // namespace

void run_optimizers(const Json& optimizers, Report& report) {
  const Values w0 = values_of(field(optimizers, "w0"));
  const Values grads = values_of(field(optimizers, "grads"));
  for (const std::string convention : {"torch", "keras"}) {
    if (!optimizers.contains(convention)) continue;
    for (const Json& setting : optimizers[convention]) {
      const std::string name = field(setting, "name").get<std::string>();
      const std::string what = "optimizer " + convention + " " + name;
      const std::string type = type_of(name);
      if (type.empty()) {
        report.not_covered(what, "optimizer " + name);
        continue;
      }
      const Json attrs = setting.value("attrs", Json::object());
      const auto optimizer = make_optimizer(type, name, convention, attrs);
      report.compare(what, {{"weights", values_of(field(setting, "weights"))}}, {{"weights", run(*optimizer, attrs, w0.data, grads)}});
    }
  }
}

}  // namespace normrun::golden
