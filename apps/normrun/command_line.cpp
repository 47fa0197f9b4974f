#include "command_line.hpp"

#include <iostream>
#include <new>

#include "option_kinds.hpp"
#include "signals.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

const Words<When> kProgress = {{"auto", When::kAuto}, {"on", When::kAlways}, {"off", When::kNever}};
const Words<When> kColor = {{"auto", When::kAuto}, {"always", When::kAlways}, {"never", When::kNever}};
const Words<LogFormat> kLogFormats = {{"text", LogFormat::kText}, {"json", LogFormat::kJson}};

constexpr const char* kExamples = R"(# train every run of an experiment, then see what to change
normrun train --config configs/quickstart.json
normrun report results/quickstart
# all options of one command
normrun train --help
# say more
normrun train --config configs/quickstart.json --out results/loud --verbose
# for a script: no progress, no colours, messages as JSON
normrun train --config configs/quickstart.json --out results/batch \
  --progress off --color never --log-format json
# for a script: nothing but the results
normrun report results/quickstart --quiet
# which build this is
normrun --version)";

/// Writes the help from the outline, as the manual page and the completions are written.
std::string help_of(const CLI::App* app) {
  const CLI::App* root = app->get_parent() == nullptr ? app : app->get_parent();
  const ProgramOutline outline = outline_of(*root);
  const CommandLinePlace place = place_after(outline, app == root ? std::vector<std::string>{} : std::vector{app->get_name()});
  return help_text(outline, *place.command);
}

}  // namespace

CommandLine::CommandLine()
    : app_("Trains small networks with batch or layer normalization and tells how train mode and eval mode differ.", "normrun") {
  app_.formatter_fn([](const CLI::App* app, const std::string&, CLI::AppFormatMode) { return help_of(app); });
  app_.set_help_flag("-h,--help", "Print the help of the program or of a command, and exit");
  app_.set_version_flag("-V,--version", version_text, "Print version, revision, compiler and instruction set, and exit");
  app_.require_subcommand(1);
  app_.footer(kExamples);
  add_global_options();
  add_train();
  add_merge();
  add_describe();
  add_validate();
  add_init();
  add_inspect();
  add_compare();
  add_diagnose();
  add_repair();
  add_claims();
  add_report();
  add_predict();
  add_schema();
  add_list();
  add_completion();
  add_man();
}

int CommandLine::run(int argc, char** argv) {
  const ProgramOutline outline = outline_of(app_);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "__complete") {  // completion scripts call this
    action_ = [&] {
      print_result(complete(outline, {words.begin() + 1, words.end()}));
      return 0;
    };
    return guarded();
  }
  const CommandLinePlace place = place_after(outline, words);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app_.exit(success);  // --help or --version
  } catch (const CLI::ParseError& error) {
    set_up_log(console_);
    log_error(place.problem.value_or(Problem{"command line", error.what(), "see " + help_command(outline, *place.command)}));
    return static_cast<int>(ExitCode::kUsage);
  }
  set_up_log(console_);
  catch_signals();
  return guarded();
}

int CommandLine::guarded() {
  try {
    return action_();
  } catch (const Error& error) {
    log_error(error);
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    log_error(Problem{"memory", "not enough memory", "use fewer jobs, a smaller network or fewer rows"});
    return static_cast<int>(ExitCode::kOutOfMemory);
  } catch (const std::exception& error) {
    log_error(Problem{"unexpected", error.what(), "please report this message together with the config"});
    return static_cast<int>(ExitCode::kFailure);
  }
}

CLI::App* CommandLine::add(const char* name, const char* doc, const char* examples, std::function<int()> action) {
  CLI::App* command = app_.add_subcommand(name, doc);
  command->footer(examples);
  command->fallthrough();  // the global options may stand behind the command's name, too
  command->final_callback([this, action = std::move(action)] { action_ = action; });
  return command;
}

void CommandLine::add_global_options() {
  app_.add_flag_callback(
      "-q,--quiet", [this] { console_.verbosity = Verbosity::kQuiet; }, "Print results, warnings and errors only");
  app_.add_flag_callback(
      "-v,--verbose", [this] { console_.verbosity = Verbosity::kVerbose; }, "Print details too");
  add_choice(app_, "--log-format", console_.log_format, kLogFormats, "Print messages on stderr as text, or as one JSON object a line");
  add_choice(app_, "--progress", console_.progress, kProgress, "Draw progress on stderr (auto: on a terminal)");
  add_choice(app_, "--color", console_.color, kColor, "Print messages in colour (auto: on a terminal, unless NO_COLOR is set)");
}

void CommandLine::add_schema() {
  add("schema", "Print the JSON Schema of the configs (draft-07), for editors", R"(# for an editor that completes and checks configs
normrun schema > configs/normrun.schema.json)",
      [] { return schema_command(); });
}

void CommandLine::add_list() {
  CLI::App* command =
      add("list", "List what a config can name, with options, defaults and sources", R"(# the normalizations and their options
normrun list norms
# the same for a program
normrun list norms --json)",
          [this] { return list_command(list_); });
  takes_one_of(command->add_option("what", list_.what, "What to list")->required(), list_topics());
  command->add_flag("--json", list_.json, "Print JSON");
}

void CommandLine::add_completion() {
  CLI::App* command = add("completion", "Print the script that completes commands, options and config keys in a shell",
                          R"(# bash, in ~/.bashrc; zsh, in ~/.zshrc after compinit
source <(normrun completion bash)
# fish
normrun completion fish > ~/.config/fish/completions/normrun.fish)",
                          [this] {
                            print_result(completion_script(shell_));
                            return 0;
                          });
  takes_one_of(command->add_option("shell", shell_, "The shell")->required(), {"bash", "zsh", "fish"});
}

void CommandLine::add_man() {
  add("man", "Print the manual page", R"(# read it
normrun man | man -l -
# install it
normrun man > ~/.local/share/man/man1/normrun.1)",
      [this] {
        print_result(man_page(outline_of(app_)));
        return 0;
      });
}

}  // namespace normrun::app
