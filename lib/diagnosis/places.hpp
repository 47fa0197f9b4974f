#pragma once

#include <string>
#include <vector>

#include "diagnosis/causes.hpp"

namespace normrun::diagnosis {

/// Where a cause does its harm: "" where no layer has most of it, no channels where no few of them do.
struct FoundPlace {
  std::string layer;
  std::vector<Index> channels;  // worst first
};

/// The layer whose statistics alone have most of a cause's harm, and its channels that are farthest off, where few explain most.
template <class T>
FoundPlace place_of(const Evidence<T>& evidence, const Blame& blame);

/// Channels as the tables tell them, separated by spaces; those of the input by their columns' names, separated by "; ", where the file has
/// names.  `layer`: "input", or a layer's name.
template <class T>
std::string channels_text(const Subject<T>& subject, const std::string& layer, const std::vector<Index>& channels);

/// The few of some numbers that make up four fifths of their sum, largest first; empty where it takes more than eight, or than a
/// quarter of them.
std::vector<Index> few_largest(const std::vector<double>& numbers);

}  // namespace normrun::diagnosis
