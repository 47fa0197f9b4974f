#pragma once

#include <optional>
#include <vector>

#include "core/error.hpp"
#include "files/onnx_file.hpp"
#include "models/foreign_model.hpp"

namespace normrun::models {

/// The sizes of an example as a file gives them.  A size below 1 is open: a network that takes images of any size, or sequences of any
/// length.
bool has_open_sizes(const std::vector<Index>& sizes);

/// Gives the open sizes those of `example`, whose axes stand in the file's order or have the channels last.  An example that does not fit
/// the sizes that the file fixes leaves them open.
void take_sizes(const std::vector<Index>& example, std::vector<Index>& sizes);

/// Returns the sizes of an example of the file's input, in the file's order and without the number of examples.
std::vector<Index> sizes_of_example(const files::OnnxFile& file);
void set_sizes_of_example(const std::vector<Index>& sizes, files::OnnxFile& file);

/// Reads a model for rows of an open size, where no rows tell it: `read` gets the sizes of an example with one usual size in place of the
/// open ones, and the first that the network takes serves.  Throws what the first one threw if it takes none.
template <class Read>
ForeignModel read_at_usual_size(const std::vector<Index>& sizes, const Read& read) {
  // Images come first.  The next sizes are for sequences, which a network may shorten by thousands of steps, and 1 is for an axis that a
  // network of Keras joins with the examples.
  constexpr Index kUsualSizes[] = {64, 48, 224, 32, 1024, 16384, 1};
  std::optional<Error> refusal;
  for (const Index usual : kUsualSizes) {
    std::vector<Index> filled = sizes;
    for (Index& size : filled)
      if (size < 1) size = usual;
    try {
      ForeignModel model = read(filled);
      model.untold.push_back("the size of an example: " + shape_text(model.file_input) + " is assumed");
      return model;
    } catch (const Error& error) {
      if (error.code() != ExitCode::kUsage) throw;
      if (!refusal) refusal = error;
    }
  }
  throw Error(*refusal);
}

}  // namespace normrun::models
