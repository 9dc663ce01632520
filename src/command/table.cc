#include "command/table.h"

#include <cstring>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/bytes.h"

namespace basalt {
namespace {

// Eight bytes at a time; bit 5 makes a letter's two cases equal (and a few other characters, which
// equality then tells apart).
constexpr uint64_t kFoldCase = 0x2020202020202020;

uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ (word | kFoldCase)) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 32);
}

}  // namespace

size_t CommandTable::IgnoreCase::operator()(std::string_view s) const {
  uint64_t hash = s.size();
  while (s.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, s.data(), 8);
    hash = mix(hash, word);
    s.remove_prefix(8);
  }
  uint64_t word = 0;
  std::memcpy(&word, s.data(), s.size());
  return mix(hash, word);
}

bool CommandTable::IgnoreCase::operator()(std::string_view a, std::string_view b) const {
  return equals_ignore_case(a, b);
}

uint32_t CommandTable::add_name(std::string full_name) {
  full_names_.push_back(std::move(full_name));
  return static_cast<uint32_t>(full_names_.size() - 1);
}

void CommandTable::add(std::span<const CommandSpec> family) {
  for (const CommandSpec& spec : family) {
    Entry entry{&spec, add_name(std::string(spec.name)), {}};
    for (const CommandSpec& sub : spec.subcommands) {
      entry.subcommand_indexes.push_back(add_name(fmt::format("{}|{}", spec.name, sub.name)));
    }
    const bool added = by_name_.emplace(spec.name, std::move(entry)).second;
    CHECK(added) << "two commands are called " << spec.name;
    rows_.push_back(&spec);
  }
}

const CommandSpec* CommandTable::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.spec;
}

CommandTable::Match CommandTable::match(const Args& args) const {
  auto found = by_name_.find(args[0]);
  if (found == by_name_.end()) return {};
  const Entry& entry = found->second;
  const auto subcommands = entry.spec->subcommands;
  if (subcommands.empty() || args.size() == 1) return {entry.spec, nullptr, entry.index};
  for (size_t i = 0; i < subcommands.size(); ++i) {
    if (equals_ignore_case(subcommands[i].name, args[1])) {
      return {&subcommands[i], entry.spec, entry.subcommand_indexes[i]};
    }
  }
  return {nullptr, entry.spec, entry.index};
}

}  // namespace basalt
