#include "server/acl/command_set.h"

#include <algorithm>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/bytes.h"
#include "base/split.h"

namespace basalt {

namespace {

uint32_t category_bits(const CommandSpec& spec) {
  const auto all = all_acl_categories();
  uint32_t bits = 0;
  for (std::string_view category : acl_categories(spec))
    bits |= 1u << (std::find(all.begin(), all.end(), category) - all.begin());
  return bits;
}

}  // namespace

CommandCatalog::CommandCatalog(const CommandTable& table) : table_(table), rows_(table.index_count()) {
  auto fill = [this](uint32_t index, const CommandSpec& spec) {
    rows_[index] = {category_bits(spec), static_cast<uint32_t>(spec.subcommands.size()), (spec.flags & kNoAuth) != 0};
  };
  for (const CommandSpec* spec : table.rows()) {
    uint32_t index = table.match({spec->name}).index;
    fill(index, *spec);
    for (const CommandSpec& subcommand : spec->subcommands) {
      CHECK_EQ(table.match({spec->name, subcommand.name}).index, ++index) << "subcommands follow their container";
      fill(index, subcommand);
    }
  }
  // A category that is empty so far gets a row that is no command, behind all others: "+@all -@category" has to mean
  // the same when a later version brings commands for it.
  uint32_t used = 0;
  for (const Row& row : rows_) used |= row.categories;
  for (uint32_t category = 0; category < all_acl_categories().size(); ++category)
    if (!(used >> category & 1)) rows_.push_back({.categories = 1u << category});
}

std::optional<uint32_t> CommandCatalog::find(std::string_view name) const {
  const auto words = split(name, '|');
  if (words.size() > 2) return std::nullopt;
  const auto match = table_.match({words.begin(), words.end()});
  if (!match.spec || (words.size() == 2 && !match.container)) return std::nullopt;
  return match.index;
}

std::optional<uint32_t> CommandCatalog::category(std::string_view name) {
  const auto all = all_acl_categories();
  for (uint32_t i = 0; i < all.size(); ++i)
    if (equals_ignore_case(all[i].substr(1), name)) return i;
  return std::nullopt;
}

void CommandSet::allow_all() {
  allowed_.assign(allowed_.size(), true);
  from_all_ = everything_ = true;
  first_arguments_.clear();
}

void CommandSet::deny_all() {
  allowed_.assign(allowed_.size(), false);
  from_all_ = everything_ = false;
  first_arguments_.clear();
}

void CommandSet::set(uint32_t command, bool allowed) {
  const uint32_t last = command + catalog_->row(command).subcommands;
  for (uint32_t i = command; i <= last; ++i) allowed_[i] = allowed;
  first_arguments_.erase(command);
  if (!allowed) everything_ = false;
}

void CommandSet::set_category(uint32_t category, bool allowed) {
  for (uint32_t i = 0; i < catalog_->size(); ++i)
    if (catalog_->row(i).categories >> category & 1) set(i, allowed);
}

void CommandSet::allow_first_argument(uint32_t command, std::string_view argument) {
  auto& arguments = first_arguments_[command];
  const bool known = std::any_of(arguments.begin(), arguments.end(),
                                 [&](const std::string& known) { return equals_ignore_case(known, argument); });
  if (!known) arguments.emplace_back(argument);
}

bool CommandSet::permits(uint32_t command, const Args& args) const {
  if (everything_ || allowed_[command] || catalog_->row(command).no_auth) return true;
  const auto found = first_arguments_.find(command);
  return found != first_arguments_.end() && args.size() > 1 &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& argument) { return equals_ignore_case(argument, args[1]); });
}

CommandSet::Count CommandSet::count(uint32_t category) const {
  Count count;
  for (uint32_t i = 0; i < catalog_->size(); ++i)
    if (catalog_->row(i).categories >> category & 1) ++(allowed_[i] ? count.allowed : count.denied);
  return count;
}

// The category that says most about this set: more of its commands are as wanted than not, the fewest are not,
// and of those the most are.
std::optional<uint32_t> CommandSet::nearest_category(bool adding, uint32_t applied) const {
  std::optional<uint32_t> best;
  uint32_t fewest_different = 0, most_same = 0;
  for (uint32_t category = 0; category < all_acl_categories().size(); ++category) {
    if (applied >> category & 1) continue;
    const Count count = this->count(category);
    const uint32_t different = adding ? count.denied : count.allowed;
    const uint32_t same = adding ? count.allowed : count.denied;
    const bool better = !best || different < fewest_different || (different == fewest_different && same > most_same);
    if (same <= different || !better) continue;
    best = category;
    fewest_different = different;
    most_same = same;
  }
  return best;
}

std::string CommandSet::rules() const {
  const bool adding = !from_all_;
  const char sign = adding ? '+' : '-';
  std::string text = adding ? "-@all" : "+@all";
  CommandSet told(*catalog_);  // what `text` gives so far
  if (from_all_) told.allow_all();
  CommandSet rest = *this;  // without what the categories of `text` have told
  uint32_t applied = 0;
  while (const auto category = rest.nearest_category(adding, applied)) {
    text += fmt::format(" {}{}", sign, all_acl_categories()[*category]);
    told.set_category(*category, adding);
    rest.set_category(*category, !adding);
    applied |= 1u << *category;
  }
  // Rows that are no command differ no more: each stands for a category of its own, which has been told.
  for (uint32_t i = 0; i < catalog_->size(); ++i) {
    if (allowed_[i] != told.allowed_[i]) {
      text += fmt::format(" {}{}", allowed_[i] ? '+' : '-', catalog_->name(i));
      told.set(i, allowed_[i]);
    }
    const auto arguments = first_arguments_.find(i);
    if (allowed_[i] || arguments == first_arguments_.end()) continue;
    for (const std::string& argument : arguments->second) text += fmt::format(" +{}|{}", catalog_->name(i), argument);
  }
  // A rule that gave more than the user has would be a hole after the next start.
  CHECK(told.allowed_ == allowed_) << text;
  return text;
}

}  // namespace basalt
