#pragma once

#include <string>
#include <string_view>

#include "files/onnx_file.hpp"
#include "files/onnx_message.hpp"

namespace normrun::files {

/// Reads the tensors of one model, and the files of its external data.
class OnnxTensorReader {
 public:
  explicit OnnxTensorReader(OnnxFile& file) : file_(file), progress_(file.contents.at(file.path)->data()) {}

  OnnxProgress& progress() { return progress_; }
  Index place() const { return progress_.byte(); }
  /// Throws protozero::exception if the bytes are no message, and Error(kDamaged) if sizes do not fit.
  OnnxTensor tensor(std::string_view bytes);

 private:
  /// What a TensorProto says about its external data.
  struct External {
    bool is_used = false;
    std::string location;
    std::string offset;
    std::string length;
  };
  struct Fields;

  [[noreturn]] void damaged(const OnnxTensor& tensor, const std::string& what, const std::string& hint = "export the model again") const;
  void read_entry(std::string_view bytes, External& external);
  void take_external(const External& external, OnnxTensor& tensor);
  Index count_of(const std::string& text, Index fallback, const OnnxTensor& tensor) const;
  const std::string& external_bytes(const std::string& path, const OnnxTensor& tensor);
  std::string external_path(const std::string& location, const OnnxTensor& tensor) const;
  void check_size(Fields& fields, OnnxTensor& tensor) const;

  OnnxFile& file_;
  OnnxProgress progress_;
};

}  // namespace normrun::files
