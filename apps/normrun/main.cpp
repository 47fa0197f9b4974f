#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <new>

#include "commands.hpp"
#include "signals.hpp"
#include "version.hpp"

namespace normrun {
namespace {

const std::map<std::string, When> kWhen = {
    {"auto", When::kAuto}, {"always", When::kAlways}, {"on", When::kAlways}, {"never", When::kNever}, {"off", When::kNever}};
const std::map<std::string, LogFormat> kLogFormats = {{"text", LogFormat::kText}, {"json", LogFormat::kJson}};

const std::map<std::string, PredictionInput::Variance> kMovingVariance = {{"biased", PredictionInput::Variance::kBiased},
                                                                          {"unbiased", PredictionInput::Variance::kUnbiased}};

void add_console_options(CLI::App& command, ConsoleOptions& console) {
  command.add_flag_callback(
      "-q,--quiet", [&console] { console.verbosity = Verbosity::kQuiet; }, "Print results, warnings and errors only");
  command.add_flag_callback(
      "-v,--verbose", [&console] { console.verbosity = Verbosity::kVerbose; }, "Say more");
  command.add_option("--log-format", console.log_format, "Messages on stderr as text or one JSON object a line")
      ->transform(CLI::CheckedTransformer(kLogFormats))
      ->option_text("text|json");
  command.add_option("--progress", console.progress, "Draw progress on stderr (auto: on a terminal)")
      ->transform(CLI::CheckedTransformer(kWhen))
      ->option_text("auto|on|off");
  command.add_option("--color", console.color, "Colour messages (auto: on a terminal, unless NO_COLOR is set)")
      ->transform(CLI::CheckedTransformer(kWhen))
      ->option_text("auto|always|never");
}

/// --resume and --force.
void add_existing(CLI::App& command, Existing& existing, const char* resume_doc) {
  CLI::Option* resume = command.add_flag_callback(
      "--resume", [&existing] { existing = Existing::kResume; }, resume_doc);
  CLI::Option* force = command.add_flag_callback(
      "--force", [&existing] { existing = Existing::kReplace; }, "Replace the results that are in the output folder");
  force->excludes(resume);
}

void add_overrides(CLI::App& command, Overrides& overrides) {
  command.add_option("--set", overrides.set, "Set a key (dotted; the value is JSON, else text); removes the key's axis. Repeatable")
      ->option_text("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--grid", overrides.grid, "Sweep a key: adds or replaces an axis. Repeatable")
      ->option_text("KEY=V1,V2,…")
      ->allow_extra_args(false);
  command.add_option("--seeds", overrides.seeds, "Replace the axis `seed`: 0..4 (inclusive), 3, or 1,5,9")->option_text("A..B");
  command.add_option("--epochs", overrides.epochs, "Set train.epochs (and drop train.steps)")->option_text("N");
}

/// Builds the command tree; the chosen command's function ends up in `action`.
class CommandLine {
 public:
  CommandLine()
      : app_("Trains small networks with batch or layer normalization and tells how train mode and eval mode differ.", "normrun") {
    app_.set_version_flag("-V,--version", version_text());
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(34);
    app_.footer("Every command has --help with an example.");
    add_train();
    add_merge();
    add_compare();
    add_claims();
    add_report();
    add_validate();
    add_describe();
    add_predict();
    add_schema();
    add_list();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& success) {
      return app_.exit(success);  // --help, --version
    } catch (const CLI::ParseError& error) {
      set_up_log(console_);
      log_error(Problem{"command line", error.what(), "see normrun --help"});
      return static_cast<int>(ExitCode::kUsage);
    }
    set_up_log(console_);
    catch_signals();
    return guarded();
  }

 private:
  int guarded() {
    try {
      return action_();
    } catch (const Error& error) {
      log_error(error);
      return static_cast<int>(error.code());
    } catch (const std::bad_alloc&) {
      log_error(Problem{"memory", "not enough of it", "use fewer jobs, a smaller network or fewer rows"});
      return static_cast<int>(ExitCode::kOutOfMemory);
    } catch (const std::exception& error) {
      log_error(Problem{"unexpected", error.what(), "please report it with the config"});
      return static_cast<int>(ExitCode::kFailure);
    }
  }

  CLI::App* add(const char* name, const char* doc, const char* example, std::function<int()> action) {
    CLI::App* command = app_.add_subcommand(name, doc);
    command->footer(std::string("Example:\n  ") + example);
    command->final_callback([this, action = std::move(action)] { action_ = action; });
    add_console_options(*command, console_);
    return command;
  }

  void add_train() {
    CLI::App* command = add("train", "Train every run of an experiment, compare the modes, write the tables",
                            "normrun train --config configs/quickstart.json --seeds 0..4 --grid train.batch_size=2,8,32",
                            [this] { return train_command(train_, console_); });
    command->add_option("-c,--config", train_.config, "The experiment (JSON; comments allowed)")->required()->option_text("FILE");
    command->add_option("-o,--out", train_.out, "Where the tables go (default results/<name>)")->option_text("DIR");
    add_overrides(*command, train_.overrides);
    command->add_option("-j,--jobs", train_.jobs, "Runs at a time (default: the cores this process may use)")
        ->option_text("N")
        ->check(CLI::Range(1, 4096));
    command->add_option("--shard", train_.shard, "Train a part of the runs: number I of N, or auto/N with the number from the scheduler")
        ->option_text("I/N");
    add_existing(*command, train_.existing, "Go on with the sweep in the output folder: finished runs are not repeated");
    command->add_flag("--fail-fast", train_.fail_fast, "End the sweep with the first run that fails or diverges");
    command->add_flag("--dry-run", train_.dry_run, "Print the runs, train none");
    command->add_flag("--json", train_.json, "Print the summary (or the runs) as JSON");
  }

  void add_merge() {
    CLI::App* command = add("merge", "Join the shards of a sweep into what one process would have written, byte for byte",
                            "normrun merge results/quickstart.shards/* --out results/quickstart", [this] { return merge_command(merge_); });
    command->add_option("parts", merge_.parts, "Output folders of the shards")->required()->option_text("DIR…");
    command->add_option("-o,--out", merge_.out, "Where the whole goes")->option_text("DIR");
    command->add_flag_callback(
        "--force", [this] { merge_.existing = Existing::kReplace; }, "Replace the results that are in the output folder");
    command->add_flag("--missing-as-array", merge_.missing_as_array,
                      "Where runs are missing, print the numbers of their shards, as 5,17-19, for a resubmission");
    command->add_flag("--json", merge_.json, "Print the summary as JSON");
  }

  void add_compare() {
    CLI::App* command =
        add("compare", "Compare the modes of a stored network on any data; prints the table compare.csv",
            "normrun compare --checkpoint results/quickstart/checkpoints/batch-b4-s0.safetensors --data configs/quickstart.json "
            "--pairs train:eval --eval-batch-sizes 1,2,4,all",
            [this] { return compare_command(compare_); });
    command->add_option("--checkpoint", compare_.checkpoint, "A checkpoint that `train` wrote")->required()->option_text("FILE");
    command->add_option("--data", compare_.data, "A config, whose data it takes, or JSON: {\"type\": …}")
        ->required()
        ->option_text("CONFIG|JSON");
    command->add_option("--pairs", compare_.pairs, "Pairs of modes (default: the trained config's)")->delimiter(',')->option_text("A:B,…");
    command->add_option("--eval-batch-sizes", compare_.eval_batch_sizes, "Rows that share batch statistics")
        ->delimiter(',')
        ->option_text("N|train|all,…");
    command->add_option("--splits", compare_.splits, "Splits to compare on (default: test)")->delimiter(',')->option_text("SPLIT,…");
    command->add_flag("--json", compare_.json, "Print JSON instead of CSV");
  }

  void add_claims() {
    CLI::App* command = add("claims", "Decide the claims of finished experiments; prints the verdicts, writes claims.csv",
                            "normrun claims results/000-1-layer-norm-in-training results/003-2-custom-training-loop",
                            [this] { return claims_command(claims_); });
    command->add_option("folders", claims_.folders, "Results of `train`")->required()->option_text("DIR…");
    command->add_flag("--json", claims_.json, "Print JSON");
  }

  void add_report() {
    CLI::App* command = add("report", "Draw the results as one HTML file; prints what to change, and why",
                            "normrun report results/quickstart", [this] { return report_command(report_); });
    command->add_option("folder", report_.folder, "Results of `train`")->required()->option_text("DIR");
    command->add_option("-o,--out", report_.out, "The file (default DIR/report.html)")->option_text("FILE");
    command->add_flag("--json", report_.json, "Print JSON");
  }

  void add_validate() {
    CLI::App* command = add("validate", "Check configs without training: every problem of a file, one a line",
                            "normrun validate configs/*.json", [this] { return validate_command(validate_); });
    command->add_option("files", validate_, "Configs")->required()->option_text("FILE…");
  }

  void add_describe() {
    CLI::App* command = add("describe", "Show the resolved experiment: layers, grid, runs, steps, estimated time, memory and disk",
                            "normrun describe configs/quickstart.json", [this] { return describe_command(describe_); });
    command->add_option("config", describe_.config, "The experiment")->required()->option_text("FILE");
    add_overrides(*command, describe_.overrides);
    command->add_flag("--json", describe_.json, "Print JSON: the resolved config and the figures");
  }

  void add_predict() {
    CLI::App* command = add("predict", "What theory expects of the moving statistics and the gap, with formulas",
                            "normrun predict --batch-size 4 --momentum 0.99 --steps 500", [this] { return predict_command(predict_); });
    command->add_option("--batch-size", predict_.input.batch_size, "Rows of a training batch")
        ->check(CLI::Range(1, 100'000'000))
        ->option_text("B");
    command->add_option("--momentum", predict_.input.momentum, "Weight of the old value")
        ->check(CLI::Range(0.0, 0.999999999999))
        ->option_text("M");
    command->add_option("--steps", predict_.input.steps, "Steps of training")
        ->check(CLI::Range(Index{0}, Index{1} << 60))
        ->option_text("T");
    command->add_option("--moving-variance", predict_.input.moving_variance, "What goes into the moving variance: Keras, flax | PyTorch")
        ->transform(CLI::CheckedTransformer(kMovingVariance))
        ->option_text("biased|unbiased");
    command->add_option("--population-variance", predict_.input.population_variance, "Variance of the layer's inputs")
        ->check(CLI::PositiveNumber)
        ->option_text("V");
    command->add_flag("--json", predict_.json, "Print JSON");
  }

  void add_schema() {
    add("schema", "Print the JSON Schema of the configs (draft-07), for editors", "normrun schema > configs/normrun.schema.json",
        [] { return schema_command(); });
  }

  void add_list() {
    CLI::App* command = add("list", "What can be named in a config, with options, defaults and source", "normrun list norms",
                            [this] { return list_command(list_); });
    command->add_option("what", list_.what, "layers, norms, datasets, optimizers, losses, metrics or probes")
        ->required()
        ->check(CLI::IsMember({"layers", "norms", "datasets", "optimizers", "losses", "metrics", "probes"}));
    command->add_flag("--json", list_.json, "Print JSON");
  }

  CLI::App app_;
  ConsoleOptions console_;
  TrainRequest train_;
  MergeRequest merge_;
  CompareRequest compare_;
  ClaimsRequest claims_;
  ReportRequest report_;
  std::vector<std::string> validate_;
  DescribeRequest describe_;
  PredictRequest predict_;
  ListRequest list_;
  std::function<int()> action_;
};

}  // namespace
}  // namespace normrun

int main(int argc, char** argv) {
  normrun::catch_lack_of_memory();
  try {
    return normrun::CommandLine().run(argc, argv);
  } catch (const std::bad_alloc&) {  // before there is a log
    normrun::end_without_memory();
  }
}
