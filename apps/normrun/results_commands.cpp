#include "command_line.hpp"
#include "option_kinds.hpp"

namespace normrun::app {
namespace {

using Variance = study::PredictionInput::Variance;
const Words<Variance> kMovingVariance = {{"biased", Variance::kBiased}, {"unbiased", Variance::kUnbiased}};

}  // namespace

void CommandLine::add_compare() {
  CLI::App* command = add(
      "compare", "Compare the modes of a stored network on any data, and print the table compare.csv; or compare two files of one model",
      R"(# what differs between two files of one model
normrun compare older.safetensors model.safetensors
# on the test rows of the config that it was trained with
normrun compare --data configs/quickstart.json --pairs train:eval,eval:population \
  --checkpoint results/quickstart/checkpoints/batch-b4-s0.safetensors
# network and data from a config, as for weights of other frameworks
normrun compare --network configs/quickstart.json \
  --checkpoint results/quickstart/checkpoints/batch-b4-s0.safetensors
# what is wrong in its eval mode and why, in judged/diagnosis.csv
normrun compare --data configs/quickstart.json --out judged \
  --checkpoint results/quickstart/checkpoints/batch-b4-s0.safetensors
# on all rows of other data, in batches of 1 and of 32; for a program
normrun compare --data '{"type": "stroke-digits", "samples": 256, "noise": 0.3}' \
  --splits train,test --eval-batch-sizes 1,32 --json \
  --checkpoint results/quickstart/checkpoints/batch-b4-s0.safetensors)",
      [this] { return compare_command(compare_); });
  takes(command->add_option("--checkpoint", compare_.checkpoint, "A checkpoint that `train` wrote, or weights of PyTorch, Keras or flax"),
        "FILE");
  takes(command->add_option("models", compare_.models, "Two files, to tell what differs between them")->expected(0, 2), "FILE FILE");
  takes(command->add_option("--data", compare_.data,
                            "The data: a config that has them, or JSON: {\"type\": …} (default: the data of --network)"),
        "CONFIG|JSON");
  takes(command->add_option("--network", compare_.network, "A config with the network, for a file that `train` did not write"), "CONFIG");
  takes(command->add_option("--pairs", compare_.pairs, "Pairs of modes (default: the trained config's)")->delimiter(','), "MODE:MODE,…");
  takes(command
            ->add_option("--eval-batch-sizes", compare_.eval_batch_sizes,
                         "How many rows share batch statistics (default: the trained config's)")
            ->delimiter(','),
        "N|train|all,…");
  takes_some_of(command->add_option("--splits", compare_.splits, "Splits to compare on (default: the trained config's)"),
                {"train", "validation", "test"});
  takes(command->add_option("--out", compare_.out, "A new folder for all tables, diagnosis.csv and remedies.csv among them"), "DIR");
  command->add_flag("--json", compare_.json, "Print JSON instead of CSV");
}

void CommandLine::add_claims() {
  CLI::App* command = add("claims", "Check whether the claims of finished experiments hold, print the verdicts and write claims.csv",
                          R"(# train a config that makes claims, then check them
normrun train --config configs/documents/000-1-layer-norm-in-training.json
normrun claims results/000-1-layer-norm-in-training
# for a program
normrun claims results/000-1-layer-norm-in-training --json
# how many seeds each claim needs for the margin that it names
normrun claims results/000-1-layer-norm-in-training --power)",
                          [this] { return claims_command(claims_); });
  takes(command->add_option("folders", claims_.folders, "Results of `train`")->required(), "DIR…");
  command->add_flag("--power", claims_.power, "Print how many seeds each claim needs to see the margin that it names 4 times in 5");
  command->add_flag("--json", claims_.json, "Print JSON");
}

void CommandLine::add_report() {
  CLI::App* command = add("report", "Draw the results as one HTML file, and print what to change and why",
                          R"(# report.html beside the tables
normrun report results/quickstart
# another file, and the advice for a program
normrun report results/quickstart --out quickstart.html --json)",
                          [this] { return report_command(report_); });
  takes(command->add_option("folder", report_.folder, "Results of `train`")->required(), "DIR");
  takes(command->add_option("-o,--out", report_.out, "The file (default DIR/report.html)"), "FILE");
  command->add_flag("--json", report_.json, "Print JSON");
}

void CommandLine::add_predict() {
  CLI::App* command = add("predict", "Print what theory expects of the moving statistics and the gap, with formulas",
                          R"(# 500 steps with batches of 4
normrun predict --batch-size 4 --momentum 0.99 --steps 500
# PyTorch's moving variance of inputs with variance 4; for a program
normrun predict --moving-variance unbiased --population-variance 4 --json)",
                          [this] { return predict_command(predict_); });
  study::PredictionInput& input = predict_.input;
  takes(command->add_option("--batch-size", input.batch_size, "Rows of a training batch"), "B")->check(CLI::Range(1, 100'000'000));
  takes(command->add_option("--momentum", input.momentum, "Weight of the old value"), "M")->check(CLI::Range(0.0, 0.999999999999));
  takes(command->add_option("--steps", input.steps, "Steps of training"), "T")->check(CLI::Range(Index{0}, Index{1} << 60));
  add_choice(*command, "--moving-variance", input.moving_variance, kMovingVariance,
             "The variance that the moving variance averages: biased in Keras and flax, unbiased in PyTorch");
  takes(command->add_option("--population-variance", input.population_variance, "Variance of the layer's inputs"), "V")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", predict_.json, "Print JSON");
}

}  // namespace normrun::app
