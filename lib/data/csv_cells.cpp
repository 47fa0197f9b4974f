#include "data/csv_cells.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace normrun::data {
namespace {

constexpr Index kNumbersOfPiece = Index{1} << 16;

}  // namespace

void CellRows::start(Index columns) {
  columns_ = columns;
  rows_of_piece_ = std::max<Index>(1, kNumbersOfPiece / std::max<Index>(1, columns));
}

CellValue* CellRows::add_row() {
  const Index in_piece = rows_ % rows_of_piece_;
  if (in_piece == 0) {
    narrow_last_piece();
    const auto size = static_cast<std::size_t>(rows_of_piece_ * columns_) * sizeof(CellValue);
    pieces_.push_back({.cells = std::make_unique_for_overwrite<std::byte[]>(size)});
  }
  ++rows_;
  return reinterpret_cast<CellValue*>(pieces_.back().cells.get()) + in_piece * columns_;
}

void CellRows::narrow_last_piece() {
  if (pieces_.empty()) return;
  Piece& piece = pieces_.back();
  if (narrow<std::uint8_t>(piece, Width::kByte) || narrow<std::int16_t>(piece, Width::kShort)) return;
  narrow<float>(piece, Width::kFloat);
}

/// Stores a complete piece as numbers of this type; returns false unless each cell is a number that the type holds exactly.
template <class Number>
bool CellRows::narrow(Piece& piece, Width width) const {
  const auto* const cells = reinterpret_cast<const CellValue*>(piece.cells.get());
  const auto size = static_cast<std::size_t>(rows_of_piece_ * columns_);
  auto narrowed = std::make_unique_for_overwrite<std::byte[]>(size * sizeof(Number));
  auto* const numbers = reinterpret_cast<Number*>(narrowed.get());
  for (std::size_t i = 0; i < size; ++i) {
    const double cell = cells[i].number();
    if (!(cell >= static_cast<double>(std::numeric_limits<Number>::lowest()) &&
          cell <= static_cast<double>(std::numeric_limits<Number>::max())))
      return false;  // the type cannot hold the number, or the cell is a NaN: a word, a date or a missing value
    numbers[i] = static_cast<Number>(cell);
    if (std::bit_cast<std::uint64_t>(static_cast<double>(numbers[i])) != std::bit_cast<std::uint64_t>(cell)) return false;
  }
  piece = {.cells = std::move(narrowed), .width = width, .bytes = sizeof(Number)};
  return true;
}

void CellRows::release_before(Index row) {
  for (const auto whole = static_cast<std::size_t>(row / rows_of_piece_); released_ < whole && released_ < pieces_.size(); ++released_)
    pieces_[released_].cells.reset();
}

}  // namespace normrun::data
