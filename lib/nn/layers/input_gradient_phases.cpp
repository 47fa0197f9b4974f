#include "nn/layers/input_gradient_phases.hpp"

#include <algorithm>

namespace normrun::nn::layers {
namespace {

/// A cell of the kernel, and from a place's number in its phase to the window that has the place under this cell.
struct PhaseCell {
  Index cell, shift;
};
/// Every stride-th place in one direction, from `first` on, with the cells in the order of their windows, which is descending.
struct PhaseAlong {
  Index first, count;
  std::vector<PhaseCell> cells;
};

bool meets_windows(const PhaseCell& cell, const Slide& slide, Index first, Index count) {
  return cell.shift + first + count > 0 && cell.shift + first < slide.output;
}

/// The places [begin, end) of a phase, with the cells under which one of them meets a window.
PhaseAlong part_of(const PhaseAlong& phase, const Slide& slide, Index begin, Index end) {
  PhaseAlong part{phase.first + begin * slide.stride, end - begin, {}};
  for (const PhaseCell& cell : phase.cells) {
    if (meets_windows(cell, slide, begin, part.count)) part.cells.push_back({cell.cell, cell.shift + begin});
  }
  return part;
}

/// Divides a phase where its places meet windows under other cells than the places before them.
void add_parts(const PhaseAlong& phase, const Slide& slide, std::vector<PhaseAlong>& parts) {
  const auto differs = [&](Index place) {
    return std::any_of(phase.cells.begin(), phase.cells.end(), [&](const PhaseCell& cell) {
      return meets_windows(cell, slide, place, 1) != meets_windows(cell, slide, place - 1, 1);
    });
  };
  for (Index begin = 0, end = 0; begin < phase.count; begin = end) {
    for (end = begin + 1; end < phase.count && !differs(end);) ++end;
    parts.push_back(part_of(phase, slide, begin, end));
  }
}

/// The phases in one direction.  Where zeros around dy would make half as many products more, the phases are divided instead.
std::vector<PhaseAlong> phases_of(const Slide& slide) {
  std::vector<PhaseAlong> phases;
  Index products = 0;
  for (Index first = 0; first < std::min(slide.stride, slide.input); ++first) {
    PhaseAlong phase{first, (slide.input - first + slide.stride - 1) / slide.stride, {}};
    for (Index cell = slide.size - 1; cell >= 0; --cell) {
      const Index from = first + slide.before - cell * slide.dilation;
      if (from % slide.stride == 0) phase.cells.push_back({cell, from / slide.stride});
    }
    phases.push_back(part_of(phase, slide, 0, phase.count));
    products += phase.count * static_cast<Index>(phases.back().cells.size());
  }
  if (2 * products <= 3 * slide.output * slide.size) return phases;
  std::vector<PhaseAlong> parts;
  for (const PhaseAlong& phase : phases) add_parts(phase, slide, parts);
  return parts;
}

/// How many windows beyond the first and the last one the places of some phases ask for.
struct Beyond {
  Index before = 0, after = 0;
};
Beyond beyond(const std::vector<PhaseAlong>& phases, Index windows) {
  Beyond most;
  for (const PhaseAlong& phase : phases) {
    for (const PhaseCell& cell : phase.cells) {
      most.before = std::max(most.before, -cell.shift);
      most.after = std::max(most.after, cell.shift + phase.count - windows);
    }
  }
  return most;
}

}  // namespace

template <class T>
InputGradientPhases<T>::InputGradientPhases(const Window& window, Index filters, Index matrix_size, Blueprint& blueprint)
    : window_(window), filters_(filters) {
  const std::vector<PhaseAlong> down = phases_of(window.down);
  const std::vector<PhaseAlong> along = phases_of(window.along);
  const Beyond lines = beyond(down, window.down.output);
  const Beyond places = beyond(along, window.along.output);
  top_ = lines.before;
  left_ = places.before;
  down_ = lines.before + window.down.output + lines.after;
  along_ = places.before + window.along.output + places.after;
  copy_ = blueprint.per_call(is_copied() ? down_ * along_ * filters : 0);
  phases_.reserve(down.size() * along.size());
  for (const PhaseAlong& y : down) {
    for (const PhaseAlong& x : along) {
      const Index first = (y.first * window.along.input + x.first) * window.channels;
      Phase phase{.lines = y.count, .places = x.count, .dx = first, .offsets = {}, .matrices = {}};
      for (const PhaseCell& i : y.cells) {
        for (const PhaseCell& j : x.cells) {
          phase.offsets.push_back(((top_ + i.shift) * along_ + left_ + j.shift) * filters);
          phase.matrices.push_back((i.cell * window.along.size + j.cell) * matrix_size);
        }
      }
      phases_.push_back(std::move(phase));
    }
  }
}

template <class T>
const T* InputGradientPhases<T>::with_zeros(const T* dy, const Caches<T>& caches) const {
  if (!is_copied()) return dy;
  const Index line = window_.along.output * filters_;
  T* const copy = caches[copy_];
  for (Index y = 0; y < window_.down.output; ++y) std::copy_n(dy + y * line, line, copy + ((top_ + y) * along_ + left_) * filters_);
  return copy;
}

template <class T>
kernels::Windows<T> InputGradientPhases<T>::windows(const Phase& phase, const T* dy) const {
  return {.data = dy,
          .lines = phase.lines,
          .line_step = along_ * filters_,
          .places = phase.places,
          .step = filters_,
          .offsets = phase.offsets.data(),
          .depth = static_cast<Index>(phase.offsets.size())};
}

template <class T>
kernels::Places<T> InputGradientPhases<T>::places(const Phase& phase, T* dx) const {
  const Index place = window_.channels;
  return {dx + phase.dx, window_.down.stride * window_.along.input * place, window_.along.stride * place};
}

template class InputGradientPhases<float>;
template class InputGradientPhases<double>;

}  // namespace normrun::nn::layers
