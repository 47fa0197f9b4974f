#pragma once

#include <string>
#include <vector>

#include "diagnosis/causes.hpp"

namespace normrun::diagnosis {

/// Where a cause does its harm.  `layer` is empty if no single layer has most of the harm; `channels` is empty if it takes more than a few
/// channels to explain most of it.
struct FoundPlace {
  std::string layer;
  std::vector<Index> channels;  // the worst first
};

/// Finds the layer whose statistics alone have most of a cause's harm, and the channels of that layer that are farthest off, if a few
/// explain most of the distance.
template <class T>
FoundPlace place_of(const Evidence<T>& evidence, const Blame& blame);

/// Returns channels as the tables write them: numbers separated by blanks.  For the input these are names of columns separated by "; ", if
/// the file has names.  `layer` is "input" or a layer's name.
template <class T>
std::string channels_text(const Subject<T>& subject, const std::string& layer, const std::vector<Index>& channels);

/// Returns the places of the few numbers that make up four fifths of the sum, the largest first; an empty list if that takes more than
/// eight numbers, or more than a quarter of them.
std::vector<Index> few_largest(const std::vector<double>& numbers);

}  // namespace normrun::diagnosis
