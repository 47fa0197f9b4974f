#include "command_line.hpp"
#include "option_kinds.hpp"

namespace normrun::app {
namespace {

void add_overrides(CLI::App& command, study::Overrides& overrides) {
  takes(command.add_option("--set", overrides.set,
                           "Set a dotted key to a value (JSON, or else a text), and remove the key's axis. Repeatable"),
        "KEY=VALUE")
      ->allow_extra_args(false);
  takes(command.add_option("--grid", overrides.grid,
                           "Sweep a key: add its axis, or replace it together with the axes of keys inside it. Repeatable"),
        "KEY=V1,V2,…")
      ->allow_extra_args(false);
  takes(command.add_option("--seeds", overrides.seeds, "Replace the axis `seed`: 0..4 (inclusive), 3, or 1,5,9"), "A..B");
  takes(command.add_option("--epochs", overrides.epochs, "Set train.epochs (and drop train.steps)"), "N");
}

constexpr const char* kForce = "Replace the results in the output folder";

}  // namespace

void CommandLine::add_train() {
  CLI::App* command = add("train", "Train every run of an experiment, compare the modes and write the tables",
                          R"(# every run of the experiment; the tables go to results/quickstart
normrun train --config configs/quickstart.json
# other seeds and batch sizes, two runs at a time, elsewhere
normrun train -c configs/quickstart.json --out results/mine --jobs 2 \
  --seeds 0..2 --grid train.batch_size=2,8,32
# another momentum and two epochs; replace the earlier results
normrun train -c configs/quickstart.json --out results/mine --force \
  --set norm.momentum=0.9 --epochs 2
# after an interruption: train the rest, up to the first failure
normrun train -c configs/quickstart.json --resume --fail-fast
# what would be trained, for a program
normrun train -c configs/quickstart.json --dry-run --json
# in two parts, on two machines
normrun train -c configs/quickstart.json --shard 1/2 --out parts/1
normrun train -c configs/quickstart.json --shard 2/2 --out parts/2)",
                          [this] { return train_command(train_, console_); });
  takes(command->add_option("-c,--config", train_.config, "The experiment (JSON; comments allowed)")->required(), "FILE");
  takes(command->add_option("-o,--out", train_.out, "The folder for the tables (default results/<name>)"), "DIR");
  add_overrides(*command, train_.overrides);
  takes(command->add_option("-j,--jobs", train_.jobs, "Runs at a time (default: the cores this process may use)"), "N")
      ->check(CLI::Range(1, 4096));
  takes(command->add_option("--shard", train_.shard,
                            "Train shard number I of N shards of the runs; with auto/N the scheduler gives the number"),
        "I/N");
  CLI::Option* resume = command->add_flag_callback(
      "--resume", [this] { train_.existing = Existing::kResume; },
      "Continue the sweep in the output folder; finished runs are not repeated");
  CLI::Option* force = command->add_flag_callback(
      "--force", [this] { train_.existing = Existing::kReplace; }, kForce);
  force->excludes(resume);
  command->add_flag("--fail-fast", train_.fail_fast, "End the sweep after the first run that fails or diverges");
  command->add_flag("--dry-run", train_.dry_run, "Print the runs, but train none");
  command->add_flag("--json", train_.json, "Print the summary (or the runs) as JSON");
}

void CommandLine::add_merge() {
  CLI::App* command = add("merge", "Join the shards of a sweep into what one process would have written, byte for byte",
                          R"(# what `normrun train --shard` left
normrun merge parts/1 parts/2 --out results/merged
# again, in place of the earlier result; the summary for a program
normrun merge parts/1 parts/2 --out results/merged --force --json
# which shards have to be trained again
normrun merge parts/1 parts/2 --missing-as-array)",
                          [this] { return merge_command(merge_); });
  takes(command->add_option("parts", merge_.parts, "Output folders of the shards")->required(), "DIR…");
  takes(command->add_option("-o,--out", merge_.out, "The folder for the joined results"), "DIR");
  command->add_flag_callback(
      "--force", [this] { merge_.existing = Existing::kReplace; }, kForce);
  command->add_flag("--missing-as-array", merge_.missing_as_array,
                    "If runs are missing, print the numbers of their shards for a resubmission, such as 5,17-19");
  command->add_flag("--json", merge_.json, "Print the summary as JSON");
}

void CommandLine::add_describe() {
  CLI::App* command =
      add("describe",
          "Show the resolved experiment: layers, grid, runs, steps, estimated time, memory and disk; or the layers of a trained model",
          R"(# what `normrun train` would do
normrun describe configs/quickstart.json
# the same with changes, for a program
normrun describe configs/quickstart.json --set norm.momentum=0.9 --epochs 2 \
  --grid train.batch_size=2,8 --seeds 0..9 --json)",
          [this] { return describe_command(describe_); });
  takes(command->add_option("config", describe_.config, "The experiment, or an ONNX or Keras model")->required(), "FILE");
  add_overrides(*command, describe_.overrides);
  command->add_flag("--json", describe_.json, "Print JSON: the resolved config and the figures");
}

void CommandLine::add_init() {
  CLI::App* command = add("init", "Print a config that trains on a data file: its columns, a small network, a sweep",
                          R"(# a config for a table, and the training
normrun init measurements.csv --target species --out measurements.json
normrun train --config measurements.json
# for arrays: an archive, or a file of inputs and one of labels
normrun init digits.npz --out digits.json
normrun init X.npy --target y.npy)",
                          [this] { return init_command(init_); });
  takes(command->add_option("file", init_.file, "A table (CSV), NPZ, NPY or IDX file, plain or gzip")->required(), "FILE");
  takes(
      command->add_option(
          "-t,--target", init_.target,
          "The column to predict, by name or index (default: a column whose name says so, else the last); for arrays, the file of labels"),
      "COLUMN");
  takes(command->add_option("-o,--out", init_.out,
                            "The file for the config (default: standard output); paths in the config are relative to its folder"),
        "FILE");
}

void CommandLine::add_inspect() {
  CLI::App* command = add("inspect", "Show what a data file holds: columns, types, missing cells, classes; arrays; tensors of weights",
                          R"(# columns, and the lines of a config that follow from them
normrun inspect measurements.csv --target species
# for a program
normrun inspect measurements.csv --json)",
                          [this] { return inspect_command(inspect_); });
  takes(command->add_option("file", inspect_.file, "A table (CSV), NPZ, NPY, IDX or safetensors file, plain or gzip")->required(), "FILE");
  takes(command->add_option("-t,--target", inspect_.target, "The column to predict, by name or index"), "COLUMN");
  command->add_flag("--json", inspect_.json, "Print the columns as JSON");
}

void CommandLine::add_validate() {
  CLI::App* command =
      add("validate", "Check configs without training, and audit trained models; print every problem of a file on a line of its own",
          R"(# two configs
normrun validate configs/quickstart.json configs/claims/exact-laws.json
# a trained model: its statistics, and the options of its layers
normrun validate model.safetensors)",
          [this] { return validate_command(validate_); });
  takes(command->add_option("files", validate_, "Configs, or trained models")->required(), "FILE…");
}

}  // namespace normrun::app
