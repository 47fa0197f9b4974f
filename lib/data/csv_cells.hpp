#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::data {

/// A cell of an input column in eight bytes.  It is a number, or a NaN that encodes a missing value, a date, or a word by the word's place
/// among the column's words.  So cells that are not numbers, which are few, need no memory beside the column of numbers.
class CellValue {
 public:
  enum class Kind : std::uint64_t { kNumber, kMissing, kWord, kDate };
  CellValue() = default;
  static CellValue of_number(double number) { return CellValue(std::bit_cast<std::uint64_t>(number)); }
  static CellValue of_missing() { return boxed(Kind::kMissing, 0); }
  static CellValue of_word(std::size_t word) { return boxed(Kind::kWord, word); }
  static CellValue of_date(double seconds) { return boxed(Kind::kDate, static_cast<std::uint64_t>(seconds + kEpoch)); }

  Kind kind() const { return (bits_ & kBox) == kBox ? static_cast<Kind>((bits_ >> 48) & 3) : Kind::kNumber; }
  double number() const { return std::bit_cast<double>(bits_); }
  std::size_t word() const { return static_cast<std::size_t>(bits_ & kPayload); }
  double seconds() const { return static_cast<double>(bits_ & kPayload) - kEpoch; }

 private:
  static constexpr std::uint64_t kBox = 0x7FF8000000000000;  // no number has these bits, because all numbers of a table are finite
  static constexpr std::uint64_t kPayload = 0x0000FFFFFFFFFFFF;
  static constexpr double kEpoch = 1e11;  // the earliest date lies this many seconds before 1970
  explicit CellValue(std::uint64_t bits) : bits_(bits) {}
  static CellValue boxed(Kind kind, std::uint64_t payload) {
    return CellValue(kBox | (static_cast<std::uint64_t>(kind) << 48) | (payload & kPayload));
  }
  std::uint64_t bits_;
};
static_assert(sizeof(CellValue) == 8);

/// Rows of cells, stored in pieces: the memory grows with the rows and can be released from the front.  If a complete piece holds only
/// numbers that fit exactly into a byte, two bytes or a float, it is stored in that type.
class CellRows {
  enum class Width { kByte, kShort, kFloat, kCell };

 public:
  /// The cells of one row.
  class Row {
   public:
    CellValue operator[](std::size_t input) const {
      switch (width_) {
        case Width::kByte:
          return CellValue::of_number(reinterpret_cast<const std::uint8_t*>(first_)[input]);
        case Width::kShort:
          return CellValue::of_number(reinterpret_cast<const std::int16_t*>(first_)[input]);
        case Width::kFloat:
          return CellValue::of_number(static_cast<double>(reinterpret_cast<const float*>(first_)[input]));
        case Width::kCell:
          break;
      }
      return reinterpret_cast<const CellValue*>(first_)[input];
    }

   private:
    friend class CellRows;
    Row(const std::byte* first, Width width) : first_(first), width_(width) {}
    const std::byte* first_;
    Width width_;
  };

  void start(Index columns);
  /// Adds a row and returns its cells.  The caller fills them in before it adds the next row.
  CellValue* add_row();
  Index rows() const { return rows_; }
  Row row(Index row) const {
    const Piece& piece = pieces_[static_cast<std::size_t>(row / rows_of_piece_)];
    return {piece.cells.get() + row % rows_of_piece_ * columns_ * piece.bytes, piece.width};
  }
  /// Releases the memory of all rows before this one.  Nobody may read them afterwards.
  void release_before(Index row);

 private:
  struct Piece {
    std::unique_ptr<std::byte[]> cells;
    Width width = Width::kCell;
    Index bytes = sizeof(CellValue);  // the size of one cell
  };
  void narrow_last_piece();
  template <class Number>
  bool narrow(Piece& piece, Width width) const;

  Index columns_ = 0;
  Index rows_of_piece_ = 1;
  Index rows_ = 0;
  std::size_t released_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace normrun::data
