#include <algorithm>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "compare/probes/probes.hpp"
#include "data/registry.hpp"
#include "fmt/format.h"
#include "nn/registry.hpp"
#include "tables/tables.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

namespace normrun::app {
namespace {

using nlohmann::ordered_json;

struct Item {
  std::string type;
  std::string doc;
  std::string source;
  std::vector<config::OptionRow> options;
};

std::vector<Item> family_items(const config::Family& family) {
  std::vector<Item> items;
  for (const config::FamilyMember& member : family.members) {
    const auto value = family.make(member.type);
    items.push_back({std::string(member.type), std::string(member.doc), std::string(member.source), config::option_rows(*value)});
  }
  return items;
}

std::vector<Item> loss_items() {
  return {{"mse", "mean over rows and outputs of (y - t)^2", "Keras MeanSquaredError", {}},
          {"mae", "mean over rows and outputs of |y - t|", "Keras MeanAbsoluteError, PyTorch L1Loss", {}},
          {"huber", "mean over rows and outputs of e^2 / 2 where |e| <= 1, else |e| - 1/2", "Keras Huber, PyTorch HuberLoss", {}},
          {"softmax-cross-entropy",
           "mean of log(sum exp z) - z[label], from logits, also under a last softmax",
           "Keras SparseCategoricalCrossentropy(from_logits=True), PyTorch CrossEntropyLoss",
           {}},
          {"binary-cross-entropy",
           "mean of log(1 + exp(z)) - t z, from logits, also under a last sigmoid",
           "Keras BinaryCrossentropy(from_logits=True), PyTorch BCEWithLogitsLoss",
           {}}};
}

std::vector<Item> metric_items() {
  std::vector<Item> items;
  for (const tables::Table& table : tables::tables()) {
    const std::string name(table.file.substr(0, table.file.find('.')));
    for (const tables::Column& column : table.columns)
      items.push_back({.type = name + "." + std::string(column.name), .doc = std::string(column.doc), .source = "", .options = {}});
  }
  return items;
}

std::vector<Item> probe_items() {
  std::vector<Item> items;
  for (const compare::Probe& probe : compare::probes())
    items.push_back({std::string(probe.name), std::string(probe.doc), std::string(probe.source), {}});
  return items;
}

struct Topic {
  std::string name;
  std::vector<Item> (*items)();
};

const std::vector<Topic> kTopics = {
    {"layers", [] { return family_items(nn::layer_family()); }},
    {"norms", [] { return family_items(nn::norm_family()); }},
    {"datasets", [] { return family_items(data::data_family()); }},
    {"optimizers", [] { return family_items(train::optimizer_family()); }},
    {"schedules", [] { return family_items(train::schedule_family()); }},
    {"losses", loss_items},
    {"metrics", metric_items},
    {"probes", probe_items},
};

std::string to_json(const std::vector<Item>& items) {
  ordered_json list = ordered_json::array();
  for (const Item& item : items) {
    ordered_json options = ordered_json::array();
    for (const config::OptionRow& option : item.options) {
      options.push_back(
          {{"name", option.name},
           {"kind", option.kind},
           {"range", option.range},
           {"default", option.fallback.empty() ? ordered_json(nullptr) : ordered_json::parse(option.fallback, nullptr, false)},
           {"doc", option.doc}});
    }
    list.push_back({{"type", item.type}, {"doc", item.doc}, {"source", item.source}, {"options", options}});
  }
  return list.dump(2) + "\n";
}

std::string to_text(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    text += item.type + "\n    " + item.doc + "\n";
    if (!item.source.empty()) text += "    source: " + item.source + "\n";
    for (const config::OptionRow& option : item.options) {
      std::string kind = option.kind + (option.range.empty() ? "" : " " + option.range);
      if (!option.fallback.empty()) kind += ", default " + option.fallback;
      text += fmt::format("    {:<22} {}\n{:<27}{}\n", option.name, kind, "", option.doc);
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> list_topics() {
  std::vector<std::string> names;
  names.reserve(kTopics.size());
  for (const Topic& topic : kTopics) names.push_back(topic.name);
  return names;
}

int list_command(const ListRequest& request) {
  const auto topic = std::find_if(kTopics.begin(), kTopics.end(), [&](const Topic& one) { return one.name == request.what; });
  const std::vector<Item> items = topic->items();
  print_result(request.json ? to_json(items) : to_text(items));
  return 0;
}

}  // namespace normrun::app
