#include "config/json/foreign_words.hpp"

#include <algorithm>
#include <array>

namespace normrun::config {
namespace {

struct ForeignWord {
  std::string_view word;
  std::string_view own;        // what a config calls it; "": it has no such option
  std::string_view elsewhere;  // where `own` stands in a config if the object that is read does not know it; "": nowhere else.  Without an
                               // own word: what to do instead
};

constexpr auto kForeignWords = std::to_array<ForeignWord>({
    // words of a config that people put into another of its objects
    {"learning_rate", "learning_rate", "\"train\": {\"optimizer\": …}"},
    {"weight_decay", "weight_decay", "\"train\": {\"optimizer\": …}"},
    {"batch_size", "batch_size", "\"train\""},
    {"epochs", "epochs", "\"train\""},
    {"steps", "steps", "\"train\""},
    {"optimizer", "optimizer", "\"train\""},
    {"loss", "loss", "\"train\""},
    {"schedule", "schedule", "\"train\""},
    {"standardize", "standardize", "\"data\""},
    {"test_fraction", "test_fraction", "\"data\""},
    {"validation_fraction", "validation_fraction", "\"data\""},
    {"batching", "batching", "\"data\""},
    {"seed", "seed", "the config itself"},
    {"precision", "precision", "the config itself"},
    {"momentum", "momentum", "\"norm\" (of the moving statistics), or in an optimizer of the type \"sgd\" or \"rmsprop\""},
    // pandas.read_csv
    {"sep", "delimiter", ""},
    {"delim_whitespace", "delimiter", ""},
    {"na_values", "missing", ""},
    {"nan_values", "missing", ""},
    {"fillna", "impute", ""},
    {"drop", "ignore", ""},
    {"drop_columns", "ignore", ""},
    {"columns_to_drop", "ignore", ""},
    {"exclude", "ignore", ""},
    {"index_col", "index", ""},
    {"skiprows", "skip_rows", ""},
    {"skip", "skip_rows", ""},
    {"parse_dates", "dates", ""},
    {"nrows", "limit", ""},
    {"filepath", "path", ""},
    {"file", "path", ""},
    {"target_column", "label", ""},
    {"label_column", "label", ""},
    {"y", "label", ""},
    {"get_dummies", "categories", ""},
    // scikit-learn
    {"test_size", "test_fraction", "\"data\""},
    {"validation_split", "validation_fraction", "\"data\""},
    {"random_state", "seed", "the config itself"},
    {"sample_weight", "weights", "\"data\""},
    {"sample_weights", "weights", "\"data\""},
    {"max_iter", "epochs", "\"train\""},
    {"n_epochs", "epochs", "\"train\""},
    {"num_epochs", "epochs", "\"train\""},
    {"learning_rate_init", "learning_rate", "\"train\": {\"optimizer\": …}"},
    {"alpha", "weight_decay", ""},
    {"solver", "optimizer", "\"train\""},
    {"strategy", "impute", ""},
    {"normalize", "standardize", "\"data\""},
    {"hidden_layer_sizes", "network", "the config itself, a list of layers"},
    // PyTorch and Keras
    {"lr", "learning_rate", "\"train\": {\"optimizer\": …}"},
    {"eps", "epsilon", ""},
    {"bs", "batch_size", "\"train\""},
    {"layers", "network", "the config itself"},
    {"model", "network", "the config itself"},
    {"criterion", "loss", "\"train\""},
    {"out_features", "units", ""},
    {"out_channels", "filters", ""},
    {"num_features", "", "leave it out: it is known from the data"},
    {"in_features", "", "leave it out: it is known from the layer before"},
    {"p", "rate", ""},
    {"bias", "use_bias", ""},
    {"batchnorm1d", "batch", ""},
    {"batchnorm2d", "batch", ""},
    {"batchnormalization", "batch", ""},
    {"layernorm", "layer", ""},
    {"layernormalization", "layer", ""},
    {"linear", "dense", ""},
    {"rmsnorm", "rms", ""},
    {"powernorm", "power", ""},
    {"groupnorm", "group", ""},
    {"conv2dtranspose", "conv2d_transpose", ""},
    {"convtranspose1d", "conv1d_transpose", ""},
    {"convtranspose2d", "conv2d_transpose", ""},
    {"depthwiseconv2d", "depthwise_conv2d", ""},
    {"maxpool1d", "max_pooling1d", ""},
    {"maxpool2d", "max_pooling2d", ""},
    {"avgpool1d", "average_pooling1d", ""},
    {"avgpool2d", "average_pooling2d", ""},
    {"upsample", "upsampling2d", ""},
    {"leakyrelu", "leaky_relu", ""},
    {"hardsigmoid", "hard_sigmoid", ""},
    {"hardswish", "hard_swish", ""},
    {"hard_silu", "hard_swish", ""},
    {"swish", "silu", ""},
    {"dilation", "dilation_rate", ""},
    {"batch_norm", "batch", ""},
    {"batchnorm", "batch", ""},
    {"batchnorm3d", "batch", ""},
    {"syncbatchnorm", "batch", ""},
    {"bn", "batch", ""},
    {"layer_norm", "layer", ""},
    {"ln", "layer", ""},
    {"group_norm", "group", ""},
    {"groupnormalization", "group", ""},
    {"gn", "group", ""},
    {"instance_norm", "instance", ""},
    {"instancenorm1d", "instance", ""},
    {"instancenorm2d", "instance", ""},
    {"rms_norm", "rms", ""},
    {"rmsnormalization", "rms", ""},
    {"identity", "none", ""},
    {"renorm", "", "use \"type\": \"batch_renorm\" instead"},
    {"affine", "", "set \"scale\" (gamma) and \"center\" (beta) instead"},
    {"elementwise_affine", "", "set \"scale\" (gamma) and \"center\" (beta) instead"},
    {"track_running_stats", "", "leave it out: the moving statistics are always kept"},
    {"hidden_size", "units", ""},
    {"input_size", "", "leave it out: it is known from the layer before"},
    {"input_shape", "", "leave it out: it is known from the data"},
    {"batch_first", "", "leave it out: sequences have the shape (time, features)"},
    {"kernel_regularizer", "", "use \"weight_decay\" in \"train\": {\"optimizer\": …} instead"},
    {"nhead", "num_heads", ""},
    {"dim_feedforward", "feed_forward", ""},
    {"dataset", "data", "the config itself"},
    {"shuffle", "", "set \"batching\": {\"order\": \"shuffled\" or \"sequential\"} in \"data\" instead"},
    {"gradient_accumulation_steps", "accumulate", "\"train\""},
    {"accumulate_grad_batches", "accumulate", "\"train\""},
    {"grad_clip", "clip", "\"train\", such as {\"norm\": 1.0}"},
    {"gradient_clip", "clip", "\"train\", such as {\"norm\": 1.0}"},
    {"gradient_clip_val", "clip", "\"train\", such as {\"norm\": 1.0}"},
    {"clipnorm", "clip", "\"train\", such as {\"norm\": 1.0}"},
    {"max_grad_norm", "clip", "\"train\", such as {\"norm\": 1.0}"},
    {"lr_scheduler", "schedule", "\"train\""},
    {"scheduler", "schedule", "\"train\""},
    {"device", "", "leave it out: networks are trained on the processor"},
    {"num_workers", "", "leave it out: `--jobs` says how many runs are trained at a time"},
    {"verbose", "", "leave it out: `--quiet` and `-v` say how much is printed"},
    {"metrics", "", "leave it out: the scores are always computed (see `normrun list metrics`)"},
    {"seeds", "", "sweep \"seed\" in the grid: \"grid\": {\"seed\": [0, 1, 2]}"},
    {"output", "", "leave it out: the folder is results/<name>, or what --out says"},
    {"output_dir", "", "leave it out: the folder is results/<name>, or what --out says"},
    {"double", "float64", ""},
    {"fp64", "float64", ""},
    {"float", "float32", ""},
    {"fp32", "float32", ""},
    // losses
    {"crossentropy", "softmax-cross-entropy", ""},
    {"crossentropyloss", "softmax-cross-entropy", ""},
    {"categoricalcrossentropy", "softmax-cross-entropy", ""},
    {"sparsecategoricalcrossentropy", "softmax-cross-entropy", ""},
    {"nllloss", "softmax-cross-entropy", ""},
    {"bceloss", "binary-cross-entropy", ""},
    {"bcewithlogitsloss", "binary-cross-entropy", ""},
    {"mseloss", "mse", ""},
    {"l1loss", "mae", ""},
    {"l2", "mse", ""},
    {"smoothl1loss", "huber", ""},
    {"huberloss", "huber", ""},
    {"in_channels", "", "leave it out: it is known from the layer before"},
    {"axis", "axes", ""},
    {"normalized_shape", "axes", ""},
    {"num_groups", "groups", ""},
    {"virtual_batch_size", "ghost_batch_size", ""},
    {"dynamictanh", "dyt", ""},
    {"init_alpha", "initial_alpha", ""},
    {"alpha_init_value", "initial_alpha", ""},
});

std::string lower_word(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = c == '-' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

std::string own_word_hint(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string lower = lower_word(word);
  const auto found =
      std::find_if(kForeignWords.begin(), kForeignWords.end(), [&](const ForeignWord& foreign) { return foreign.word == lower; });
  if (found == kForeignWords.end()) return "";
  if (found->own.empty()) return std::string(found->elsewhere);
  if (found->own == lower && std::find(known.begin(), known.end(), found->own) != known.end()) return "";  // only the case differs
  if (found->own == lower) return '"' + lower + "\" stands in " + std::string(found->elsewhere);
  const std::string own = '"' + std::string(found->own) + '"';
  if (std::find(known.begin(), known.end(), found->own) != known.end()) return "here it is called " + own;
  return found->elsewhere.empty() ? "" : "here it is called " + own + " and stands in " + std::string(found->elsewhere);
}

}  // namespace normrun::config
