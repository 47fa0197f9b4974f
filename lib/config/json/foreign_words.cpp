#include "config/json/foreign_words.hpp"

#include <algorithm>
#include <array>

namespace normrun::config {
namespace {

struct ForeignWord {
  std::string_view word;
  std::string_view own;        // what a config calls it
  std::string_view elsewhere;  // where `own` stands in a config if the object that is read does not know it; "": nowhere else
};

constexpr std::array<ForeignWord, 78> kForeignWords = {{
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
    {"num_features", "", "the data"},
    {"in_features", "", "the layer before"},
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
    {"in_channels", "", "the layer before"},
    {"axis", "axes", ""},
    {"normalized_shape", "axes", ""},
    {"num_groups", "groups", ""},
    {"virtual_batch_size", "ghost_batch_size", ""},
    {"dynamictanh", "dyt", ""},
    {"init_alpha", "initial_alpha", ""},
    {"alpha_init_value", "initial_alpha", ""},
}};

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
  if (found->own.empty()) return "leave it out: it is known from " + std::string(found->elsewhere);
  const std::string own = '"' + std::string(found->own) + '"';
  if (std::find(known.begin(), known.end(), found->own) != known.end()) return "here it is called " + own;
  return found->elsewhere.empty() ? "" : "here it is called " + own + " and stands in " + std::string(found->elsewhere);
}

}  // namespace normrun::config
