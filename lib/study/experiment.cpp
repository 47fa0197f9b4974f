#include "study/experiment.hpp"

#include <algorithm>
#include <set>

#include "compare/modes.hpp"
#include "compare/probes/probes.hpp"
#include "core/text.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"

namespace normrun::study {
namespace {

/// Whether two layers have one name.  Layers that build nothing count too, because whatever a sweep puts in their place gets the name.
bool has_equal_names(const nn::LayerList& network) {
  std::set<std::string> names;
  bool is_repeated = false;
  nn::each_layer(
      network, [&](const nn::LayerSpec& layer) { is_repeated = is_repeated || (!layer.name.empty() && !names.insert(layer.name).second); });
  return is_repeated;
}

bool has_placeholder(const nn::LayerList& network) {
  bool is_there = false;
  nn::each_layer(network, [&](const nn::LayerSpec& layer) { is_there = is_there || layer.type == "norm"; });
  return is_there;
}

/// Adds to `types` the types of the normalizations among the layers, each only once.
void add_norm_types(const std::vector<nn::LayerDescription>& layers, std::vector<std::string>& types) {
  for (const nn::LayerDescription& layer : layers) {
    const bool counts = layer.type != "none" && nn::norm_family().find(layer.type) != nullptr;
    if (counts && std::find(types.begin(), types.end(), layer.type) == types.end()) types.push_back(layer.type);
    for (const nn::BranchDescription& branch : layer.branches) add_norm_types(branch.layers, types);
  }
}

}  // namespace

void RunConfig::describe(config::OptionVisitor& visitor) {
  visitor.text({"$schema", "where an editor finds the schema; ignored"}, schema);
  visitor.text({"name", "names the results folder"}, name);
  visitor.require(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos, "name",
                  "the name of one folder, without \"/\": results go to results/<name>; for another place write --out DIR");
  visitor.require(!has_control_characters(name), "name", "a name without control characters");
  visitor.text({"source", "where the experiment comes from"}, source);
  visitor.text({"description", "what it shows"}, description);
  visitor.tagged({"data", "the rows: generated, or from files"}, data, data::data_family());
  visitor.tagged_list({"network", "the layers, first to last; {\"type\": \"norm\"} stands for the object \"norm\""}, network,
                      nn::layer_family());
  visitor.tagged({"norm", "the normalization that stands in for every {\"type\": \"norm\"}"}, norm, nn::norm_family());
  visitor.require(norm == nullptr || !static_cast<const nn::LayerSpec&>(*norm).inputs, "norm",
                  "no \"inputs\": those of each {\"type\": \"norm\"} count");
  visitor.object({"train", "how the network is trained"}, train);
  visitor.integer({"seed", "the seed of data, initialization, order and dropout, which each have their own stream"}, seed, {.low = 0});
  visitor.choice<Precision>({"precision", "float32, what the frameworks use, or float64"}, precision,
                            {{"float32", Precision::kFloat32}, {"float64", Precision::kFloat64}});
  visitor.object({"population", "how the population statistics are computed"}, population);
  visitor.object({"compare", "which modes are compared, on which rows"}, compare);
  visitor.texts({"probes", "further quantities of the trained network, for probes.csv (see `normrun list probes`)"}, probes);
  for (const std::string& probe : probes) {
    visitor.require(compare::find_probe(probe) != nullptr, "probes", "names from `normrun list probes`, not \"" + probe + "\"");
  }
  visitor.any({"grid", "swept keys: for each dotted key a list of values; the first key varies slowest"}, grid);
  visitor.list({"claims", "statements to decide with `normrun claims`"}, claims);

  visitor.require(data != nullptr, "", "the key \"data\": an object with a \"type\" (see `normrun list datasets`)");
  visitor.require(!has_equal_names(network), "network", "layers whose names differ");
  visitor.require(!network.empty(), "", "the key \"network\": a list of at least one layer (see `normrun list layers`)");
  visitor.require(!has_placeholder(network) || norm != nullptr, "",
                  "the key \"norm\", because the network has a {\"type\": \"norm\"} (e.g. \"norm\": {\"type\": \"batch\"})");
}

std::vector<nn::LayerDescription> RunConfig::layers() const { return nn::describe_layers(network, norm); }

compare::ComparisonSettings RunConfig::comparison_settings() const {
  return {.compare = compare,
          .population = population,
          .batch_size = train.batch_size,
          .batching = data_spec().batching,
          .seed = seed,
          .probes = probes};
}

std::string RunConfig::norm_label() const {
  std::vector<std::string> types;
  add_norm_types(layers(), types);
  std::string label;
  for (const std::string& name_of_type : types) label += (label.empty() ? "" : "+") + name_of_type;
  return label.empty() ? "none" : label;
}

}  // namespace normrun::study
