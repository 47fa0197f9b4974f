#include "config/options/options.hpp"

#include <algorithm>

namespace normrun::config {

const FamilyMember* Family::find(std::string_view type) const {
  const auto member = std::find_if(members.begin(), members.end(), [type](const FamilyMember& m) { return m.type == type; });
  return member == members.end() ? nullptr : &*member;
}

std::shared_ptr<Described> Family::make(std::string_view type) const {
  const FamilyMember* member = find(type);
  if (member == nullptr) return nullptr;
  std::shared_ptr<Described> value = member->make();
  value->type = member->type;
  return value;
}

}  // namespace normrun::config
