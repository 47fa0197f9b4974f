#include "study/experiment.hpp"

#include <algorithm>

#include "compare/modes.hpp"
#include "compare/probes/probes.hpp"
#include "nn/registry.hpp"

namespace normrun::study {
namespace {

constexpr std::string_view kSplitWords[] = {"train", "validation", "test"};

}  // namespace

void CompareOptions::describe(config::OptionVisitor& visitor) {
  visitor.pairs({"pairs", "pairs of modes whose outputs are compared; the gaps are first - second"}, pairs,
                compare::comparison_mode_names());
  visitor.counts(
      {"eval_batch_sizes", "rows that share batch statistics while comparing; \"train\" is the run's own batch size, \"all\" one batch"},
      eval_batch_sizes, {.low = 1}, {"train", "all"});
  visitor.texts({"splits", "the rows that are compared: train, validation, test"}, splits);
  for (const std::string& split : splits) {
    visitor.require(std::find(std::begin(kSplitWords), std::end(kSplitWords), split) != std::end(kSplitWords), "splits",
                    "train, validation or test, not \"" + split + "\"");
  }
  visitor.choice<CompareOn>({"on", "outputs: what the last layer gives; logits: before a last softmax or sigmoid"}, on,
                            {{"outputs", CompareOn::kOutputs}, {"logits", CompareOn::kLogits}});
  visitor.choice<CompareBatching>({"batching",
                                   "random: the rows in one shuffled order per seed, whatever data.batching says; training: as "
                                   "data.batching draws them, in batches of train.batch_size"},
                                  batching, {{"random", CompareBatching::kRandom}, {"training", CompareBatching::kTraining}});
  visitor.integer({"every_steps", "also compare after every so many steps, to follow the statistics while they move; 0: at the end only"},
                  every_steps, {.low = 0});
  visitor.integer({"outputs", "rows of each split whose outputs go to outputs.csv"}, outputs, {.low = 0});
  visitor.texts({"budget", "train-eval gaps whose causes budget.csv tells apart: loss, outputs; an empty list turns it off"}, budget);
  for (const std::string& metric : budget)
    visitor.require(metric == "loss" || metric == "outputs", "budget", "loss or outputs, not \"" + metric + "\"");
}

void RunConfig::describe(config::OptionVisitor& visitor) {
  visitor.text({"$schema", "where an editor finds the schema; ignored"}, schema);
  visitor.text({"name", "names the results folder"}, name);
  visitor.require(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos, "name",
                  "the name of one folder, without \"/\": results go to results/<name>; for another place write --out DIR");
  visitor.text({"source", "where the experiment comes from"}, source);
  visitor.text({"description", "what it shows"}, description);
  visitor.tagged({"data", "the rows: generated, or from files"}, data, data::data_family());
  visitor.tagged_list({"network", "the layers, first to last; {\"type\": \"norm\"} stands for the object \"norm\""}, network,
                      nn::layer_family());
  visitor.tagged({"norm", "the normalization that stands in for every {\"type\": \"norm\"}"}, norm, nn::norm_family());
  visitor.object({"train", "how the network is trained"}, train);
  visitor.integer({"seed", "of data, initialization, order and dropout: each has its own stream"}, seed, {.low = 0});
  visitor.choice<Precision>({"precision", "float32, what the frameworks use, or float64"}, precision,
                            {{"float32", Precision::kFloat32}, {"float64", Precision::kFloat64}});
  visitor.object({"population", "how the population statistics are computed"}, population);
  visitor.object({"compare", "which modes are compared, on which rows"}, compare);
  visitor.texts({"probes", "further quantities of the trained network, for probes.csv (see `normrun list probes`)"}, probes);
  for (const std::string& probe : probes) {
    visitor.require(compare::find_probe(probe) != nullptr, "probes", "names that `normrun list probes` gives, not \"" + probe + "\"");
  }
  visitor.any({"grid", "swept keys: dotted key to list of values; the first is the slowest"}, grid);
  visitor.list({"claims", "statements to decide with `normrun claims`"}, claims);

  visitor.require(data != nullptr, "", "the key \"data\": an object with a \"type\" (see `normrun list datasets`)");
  visitor.require(!network.empty(), "", "the key \"network\": a list of at least one layer (see `normrun list layers`)");
  const bool has_placeholder = std::any_of(network.begin(), network.end(), [](const auto& layer) { return layer->type == "norm"; });
  visitor.require(!has_placeholder || norm != nullptr, "",
                  "the key \"norm\", because the network has a {\"type\": \"norm\"} (e.g. \"norm\": {\"type\": \"batch\"})");
}

std::vector<nn::LayerDescription> RunConfig::layers() const {
  std::vector<nn::LayerDescription> layers;
  for (const auto& described : network) {
    const auto& layer = described->type == "norm" ? norm : described;
    layers.push_back(
        {layer->type, std::static_pointer_cast<const nn::LayerSpec>(layer), static_cast<const nn::LayerSpec&>(*described).name});
  }
  return layers;
}

std::string RunConfig::norm_label() const {
  std::vector<std::string> types;
  for (const auto& layer : layers()) {
    const bool counts = layer.type != "none" && nn::norm_family().find(layer.type) != nullptr;
    if (counts && std::find(types.begin(), types.end(), layer.type) == types.end()) types.push_back(layer.type);
  }
  std::string label;
  for (const std::string& name_of_type : types) label += (label.empty() ? "" : "+") + name_of_type;
  return label.empty() ? "none" : label;
}

}  // namespace normrun::study
