#include "command_line.hpp"
#include "option_kinds.hpp"

namespace normrun::app {
namespace {

/// Adds the options for the rows that a model is judged with, one for each role that rows can have.
void add_rows(CLI::App& command, study::ModelRequest& model) {
  takes(command
            .add_option("--data", model.data.inputs,
                        "The rows that the weights were trained on: an NPY, NPZ or IDX file, a table, or a config")
            ->required(),
        "FILE");
  takes(command.add_option("--labels", model.data.labels, "Their labels: a file, or a column of the table"), "FILE|COLUMN");
  takes(command.add_option("--held-out", model.held_out.inputs, "Rows of the same source that were not trained on"), "FILE");
  takes(command.add_option("--held-out-labels", model.held_out.labels, "Their labels"), "FILE");
  takes(command.add_option("--test", model.test.inputs, "The rows to be judged (default: the held-out rows, or else the rows of --data)"),
        "FILE");
  takes(command.add_option("--test-labels", model.test.labels, "Their labels"), "FILE");
  takes(command.add_option("--ignore-label", model.ignore_label,
                           "With a label for each step or pixel: the label of those that count for nothing (default -100)"),
        "N");
  takes(command.add_option("--network", model.network, "A config with the network, for a file that holds tensors alone"), "CONFIG");
}

void add_jobs(CLI::App& command, int& jobs) {
  takes(command.add_option("-j,--jobs", jobs, "Threads (default: the cores this process may use)"), "N")->check(CLI::Range(1, 4096));
}

using statistics::Estimator;
const Words<Estimator> kEstimators = {
    {"layer-by-layer", Estimator::kLayerByLayer}, {"pooled", Estimator::kPooled}, {"batch-average", Estimator::kBatchAverage}};

}  // namespace

void CommandLine::add_diagnose() {
  CLI::App* command = add("diagnose", "Tell what is wrong with a trained model's normalization, why, and what repairs it",
                          R"(# an ONNX file, or as here a PyTorch state dict beside its network
normrun diagnose model.safetensors --network net.json \
  --data X.npy --labels y.npy
# all that is known of the training, on rows of three roles; for a program
normrun diagnose model.safetensors --network net.json --out told --json --jobs 2 \
  --data X.npy --labels y.npy --held-out X.npy --held-out-labels y.npy \
  --test X.npy --test-labels y.npy --outputs reference.npy \
  --batch-size 32 --momentum 0.9 --updates 500 --ignore-label 255)",
                          [this] { return diagnose_command(diagnose_); });
  study::ModelRequest& model = diagnose_.model;
  takes(command->add_option("model", model.model, "The trained model")->required(), "FILE");
  add_rows(*command, model);
  takes(command->add_option("--outputs", model.outputs, "The framework's outputs in eval mode for the judged rows (NPY)"), "FILE");
  takes(command->add_option("--batch-size", model.batch_size, "Rows of a training batch (default 32)"), "B")
      ->check(CLI::Range(1, 100'000'000));
  takes(command->add_option(
            "--momentum", model.momentum,
            "Weight of the old value in the moving statistics, 1 - PyTorch's momentum (default: what the file or --network says)"),
        "M")
      ->check(CLI::Range(0.0, 1.0));
  takes(command->add_option("--updates", model.updates,
                            "How often training moved the statistics (default: what the file says, else unknown)"),
        "N")
      ->check(CLI::Range(Index{0}, Index{1} << 52));
  takes(command->add_option("-o,--out", diagnose_.out, "A new folder for report.html and all tables (default results/diagnosis-NAME)"),
        "DIR");
  add_jobs(*command, diagnose_.jobs);
  command->add_flag("--json", diagnose_.json, "Print JSON");
}

void CommandLine::add_repair() {
  CLI::App* command = add("repair", "Recompute a trained model's statistics, and write them to a new file if they do not make it worse",
                          R"(# the statistics of a PyTorch state dict, to be loaded with strict=False
normrun repair model.safetensors --network net.json -o statistics.safetensors \
  --data X.npy --labels y.npy
# by another estimator, from some of the rows, judged on others; for a program
normrun repair model.safetensors --network net.json --out mean.safetensors \
  --estimator batch-average --samples 16 --batch-size 4 --json --jobs 2 \
  --data X.npy --labels y.npy --held-out X.npy --held-out-labels y.npy \
  --test X.npy --test-labels y.npy --ignore-label 255)",
                          [this] { return repair_command(repair_); });
  study::ModelRequest& model = repair_.model;
  takes(command->add_option("model", model.model, "The trained model")->required(), "FILE");
  add_rows(*command, model);
  takes(command->add_option("-o,--out", repair_.out, "The file to write")->required(), "FILE");
  const auto choose = [this](const std::string& given) {
    repair_.estimator = given;
    for (const auto& [word, meaning] : kEstimators)
      if (word == given) repair_.options.estimator = meaning;
  };
  std::vector<std::string> words;
  for (const auto& choice : kEstimators) words.push_back(choice.first);
  takes_one_of(
      command->add_option_function<std::string>("--estimator", choose, "How the statistics are recomputed (default layer-by-layer)"),
      words);
  takes(command->add_option("--samples", repair_.options.samples, "How many training rows are used (default: all)"), "N")
      ->check(CLI::Range(Index{1}, Index{1} << 40));
  takes(command->add_option("--batch-size", model.batch_size, "Rows of a batch, for the estimator batch-average (default 32)"), "B")
      ->check(CLI::Range(1, 100'000'000));
  add_jobs(*command, repair_.jobs);
  command->add_flag("--json", repair_.json, "Print JSON");
}

}  // namespace normrun::app
