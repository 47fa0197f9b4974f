#pragma once

#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::files {

/// How far a parser has read in the model's bytes.
class OnnxProgress {
 public:
  explicit OnnxProgress(const char* begin) : begin_(begin), at_(begin) {}
  void reach(const char* at) { at_ = at; }
  Index byte() const { return at_ - begin_; }
  Index byte_of(const char* at) const { return at - begin_; }

 private:
  const char* begin_;
  const char* at_;
};

/// The fields of one protobuf message, one after the other.  A field is decoded only if its wire type is the one that the caller expects.
/// Throws protozero::exception if the bytes are not a message.
class OnnxMessage {
 public:
  template <class Parser>
  OnnxMessage(std::string_view bytes, Parser& parser)
      : reader_(protozero::data_view(bytes.data(), bytes.size())), progress_(parser.progress()) {
    progress_.reach(bytes.data());
  }

  bool next() {
    progress_.reach(reader_.data().data());
    return reader_.next();
  }
  void skip() { reader_.skip(); }

  bool is_number(protozero::pbf_tag_type field) const { return is(field, protozero::pbf_wire_type::varint); }
  bool is_float(protozero::pbf_tag_type field) const { return is(field, protozero::pbf_wire_type::fixed32); }
  bool is_double(protozero::pbf_tag_type field) const { return is(field, protozero::pbf_wire_type::fixed64); }
  bool is_bytes(protozero::pbf_tag_type field) const { return is(field, protozero::pbf_wire_type::length_delimited); }

  Index integer() { return reader_.get_int64(); }
  float number() { return reader_.get_float(); }
  double wide_number() { return reader_.get_double(); }
  std::string_view bytes() {
    const protozero::data_view view = reader_.get_view();
    return {view.data(), view.size()};
  }
  std::string text() { return std::string(bytes()); }

  void append_integers(std::vector<Index>& values) {
    const auto range = reader_.get_packed_int64();
    values.insert(values.end(), range.begin(), range.end());
  }
  void append_floats(std::vector<float>& values) {
    const auto range = reader_.get_packed_float();
    values.insert(values.end(), range.begin(), range.end());
  }

 private:
  bool is(protozero::pbf_tag_type field, protozero::pbf_wire_type type) const {
    return reader_.tag() == field && reader_.wire_type() == type;
  }

  protozero::pbf_reader reader_;
  OnnxProgress& progress_;
};

}  // namespace normrun::files
