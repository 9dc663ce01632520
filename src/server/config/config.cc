#include "server/config/config.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/bytes.h"
#include "base/glob.h"
#include "base/split.h"
#include "resp/request_parser.h"

namespace basalt {
namespace {

constexpr std::string_view kRocksdbPrefix = "rocksdb.";

tl::unexpected<std::string> wrong(const ConfigLine& line, std::string_view what) {
  return tl::unexpected(fmt::format("{}: {}", line.where(), what));
}

std::string unknown_option_text(std::string_view name) {
  if (auto why = refused_directive(name); !why.empty()) return fmt::format("{}: {}", name, why);
  auto nearest = nearest_option(name);
  if (nearest.empty()) return fmt::format("unknown option '{}'", name);
  return fmt::format("unknown option '{}'; did you mean '{}'?", name, nearest);
}

// For an error: what the line says, without a password.
std::string described(const Option& option, Words words) {
  std::string text(option.name);
  if (option.is_sensitive) return text;
  for (const std::string& word : words) text += ' ' + quote_word(word);
  return text;
}

tl::unexpected<Error> set_failed(std::string_view name, std::string_view why) {
  return fail(fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}", name, why));
}

// Redis cuts CONFIG SET's argument at every single space.
std::vector<std::string> split_argument(const Option& option, std::string_view argument) {
  if (option.kind != Option::Kind::words) return {std::string(argument)};
  if (argument.empty()) return {};
  auto words = split(argument, ' ');
  return {words.begin(), words.end()};
}

}  // namespace

Config::Config() {
  const auto& options = all_options();
  values_.resize(options.size());
  seen_.resize(options.size());
  for (size_t i = 0; i < options.size(); ++i) {
    auto words = split_argument(*options[i], options[i]->default_text);
    auto value = read_value(*options[i], words);
    CHECK(value) << options[i]->name << ": " << value.error();
    put(i, *std::move(value));
  }
}

Checked<void> Config::load(const std::string& file, const std::vector<ConfigLine>& more) {
  std::vector<ConfigLine> lines;
  if (!file.empty()) {
    file_ = std::filesystem::absolute(file).lexically_normal().string();
    auto read = read_config_file(file);
    if (!read) return tl::unexpected(read.error());
    lines = *std::move(read);
  }
  lines.insert(lines.end(), more.begin(), more.end());
  return apply_lines(lines);
}

Checked<void> Config::apply_lines(const std::vector<ConfigLine>& lines) {
  for (const ConfigLine& line : lines) {
    if (auto applied = apply_line(line); !applied) return applied;
  }
  return {};
}

Checked<void> Config::apply_line(const ConfigLine& line) {
  const std::string& name = line.words.front();
  if (auto found = find_option(name)) return apply_option(*all_options()[found->index], found->index, line);
  std::string directive = to_lower(name);
  if (directive == "user") {
    if (line.words.size() < 2) return wrong(line, "user: expected a name and rules");
    user_lines_.push_back(line);
  } else if (directive.starts_with(kRocksdbPrefix)) {
    if (line.words.size() != 2) return wrong(line, fmt::format("{}: expected one value", name));
    rocksdb_options_[directive.substr(kRocksdbPrefix.size())] = line.words[1];
  } else if (directive == "include") {
    return wrong(line, "include: only files can include files");
  } else if (!is_obsolete_directive(name)) {
    return wrong(line, unknown_option_text(name));
  }
  return {};
}

Checked<void> Config::apply_option(const Option& option, size_t index, const ConfigLine& line) {
  std::vector<std::string> words(line.words.begin() + 1, line.words.end());
  // Several words may come as one: bind "127.0.0.1 ::1".
  if (option.kind == Option::Kind::words && words.size() == 1 && !words[0].empty()) {
    if (auto parts = split_quoted_words(words[0])) words = *std::move(parts);
  }
  std::string base = option.lines_add_up && !seen_[index] ? "" : value(index).text;
  auto value = words.empty() ? tl::unexpected(std::string("expected a value")) : read_value(option, words, base);
  if (!value) {
    return wrong(line, fmt::format("{}: {}", described(option, words), value.error()));
  }
  seen_[index] = true;
  put(index, *std::move(value));
  return {};
}

void Config::put(size_t index, OptionValue value) {
  const Option& option = *all_options()[index];
  if (option.store) option.store(settings_, value);
  std::lock_guard lock(values_mutex_);
  values_[index] = std::move(value);
}

OptionValue Config::value(size_t index) const {
  std::lock_guard lock(values_mutex_);
  return values_[index];
}

std::string Config::text(std::string_view name) const {
  auto found = find_option(name);
  CHECK(found) << name;
  return value(found->index).text;
}

int64_t Config::number(std::string_view name) const {
  auto found = find_option(name);
  CHECK(found) << name;
  return value(found->index).number;
}

// As Redis: a plain name is answered under the name that was asked for; a pattern finds aliases like options.
std::vector<std::pair<std::string, std::string>> Config::matching(const std::vector<std::string_view>& patterns) const {
  std::vector<std::pair<std::string, std::string>> found;
  auto add = [&found](std::string_view name, auto text) {
    bool known =
        std::any_of(found.begin(), found.end(), [name](const auto& f) { return equals_ignore_case(f.first, name); });
    if (!known) found.emplace_back(name, text());
  };
  for (std::string_view pattern : patterns) {
    if (pattern.find_first_of("[*?") == std::string_view::npos) {
      if (auto name = find_option(pattern)) add(pattern, [&] { return value(name->index).text; });
    } else {
      for (size_t i = 0; i < all_options().size(); ++i) {
        const Option& option = *all_options()[i];
        if (option.is_hidden) continue;
        for (std::string_view name : {option.name, option.alias}) {
          if (!name.empty() && glob_match(pattern, name, true)) add(name, [&] { return value(i).text; });
        }
      }
    }
    for (const auto& [option, text] : rocksdb_options_) {
      std::string name = std::string(kRocksdbPrefix) + option;
      if (glob_match(pattern, name, true)) add(name, [&text = text] { return text; });
    }
  }
  return found;
}

void Config::on_change(std::string_view name, Listener listener) {
  auto found = find_option(name);
  CHECK(found) << name;
  listeners_[found->index].push_back(std::move(listener));
}

struct Config::Change {
  size_t index;
  std::string name;  // as given, in lower case
  OptionValue before, after;
};
struct Config::Told {
  const Listener* listener;
  const Change* change;
};

bool Config::may_change(const Option& option, bool local_caller) const {
  if (option.change != Option::Change::when_unprotected) return option.change == Option::Change::at_run_time;
  auto allowed = settings_.enable_protected_configs.load();
  return allowed == ProtectedAction::yes || (allowed == ProtectedAction::local && local_caller);
}

// Redis looks at all names first and at values only then, so that an unknown name is told before a bad value.
Result<std::vector<Config::Change>> Config::plan(const std::vector<Pair>& pairs, bool local_caller) const {
  std::vector<Change> changes;
  for (const auto& [given_name, argument] : pairs) {
    auto found = find_option(given_name);
    bool fixed = given_name.starts_with(kRocksdbPrefix) &&
                 rocksdb_options_.contains(std::string(given_name.substr(kRocksdbPrefix.size())));
    if (!found && !fixed) {
      return fail(fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'", given_name));
    }
    if (fixed) return set_failed(given_name, "can't set immutable config");
    const Option& option = *all_options()[found->index];
    if (!may_change(option, local_caller)) {
      bool is_protected = option.change == Option::Change::when_unprotected;
      return set_failed(given_name, is_protected ? "can't set protected config" : "can't set immutable config");
    }
    std::string name = to_lower(given_name);
    bool repeated = std::any_of(changes.begin(), changes.end(), [&name](const Change& c) { return c.name == name; });
    if (repeated) return set_failed(given_name, "duplicate parameter");
    changes.push_back({found->index, std::move(name), {}, {}});
  }
  for (size_t i = 0; i < changes.size(); ++i) {
    Change& change = changes[i];
    const Option& option = *all_options()[change.index];
    change.before = value(change.index);
    std::string base = option.lines_add_up ? "" : change.before.text;
    auto after = read_value(option, split_argument(option, pairs[i].second), base);
    if (!after) return set_failed(change.name, after.error());
    change.after = *std::move(after);
    if (change.after != change.before && option.takes_listener && !listeners_.contains(change.index)) {
      return set_failed(change.name, "it can only be set at start");
    }
  }
  return changes;
}

// Who refused and why, if anyone did; `told` are those that carried their change out.
std::optional<std::pair<std::string, std::string>> Config::tell_listeners(const std::vector<Change>& changes,
                                                                          std::vector<Told>& told) {
  for (const Change& change : changes) {
    auto listeners = listeners_.find(change.index);
    const bool changed = change.before != change.after || all_options()[change.index]->names_a_file;
    if (listeners == listeners_.end() || !changed) continue;
    for (const Listener& listener : listeners->second) {
      if (auto refusal = listener(change.after)) return std::pair(change.name, *std::move(refusal));
      told.push_back({&listener, &change});
    }
  }
  return std::nullopt;
}

Result<void> Config::set(const std::vector<Pair>& pairs, bool local_caller) {
  std::lock_guard lock(change_mutex_);
  const auto changes = TRY(plan(pairs, local_caller));
  for (const Change& change : changes) put(change.index, change.after);
  std::vector<Told> told;
  auto refusal = tell_listeners(changes, told);
  if (!refusal) return {};
  for (const Change& change : changes) put(change.index, change.before);
  for (const auto& [listener, change] : told) {
    if (auto stuck = (*listener)(change->before))
      LOG(ERROR) << "CONFIG SET could not restore '" << change->name << "': " << *stuck;
  }
  return set_failed(refusal->first, refusal->second);
}

void follow_packed_limits(Config& config, PackedLimits& limits) {
  const std::pair<std::string_view, std::atomic<int64_t>*> followed[] = {
      {"hash-max-listpack-entries", &limits.hash_max_listpack_entries},
      {"hash-max-listpack-value", &limits.hash_max_listpack_value},
      {"set-max-intset-entries", &limits.set_max_intset_entries},
      {"set-max-listpack-entries", &limits.set_max_listpack_entries},
      {"set-max-listpack-value", &limits.set_max_listpack_value},
      {"zset-max-listpack-entries", &limits.zset_max_listpack_entries},
      {"zset-max-listpack-value", &limits.zset_max_listpack_value},
      {"list-max-listpack-size", &limits.list_max_listpack_size},
      {"stream-node-max-bytes", &limits.stream_node_max_bytes},
      {"stream-node-max-entries", &limits.stream_node_max_entries},
      {"packed-max-bytes", &limits.packed_max_bytes},
      {"string-chunk-threshold", &limits.string_chunk_threshold},
      {"proto-max-bulk-len", &limits.proto_max_bulk_len},
      {"hll-sparse-max-bytes", &limits.hll_sparse_max_bytes},
  };
  for (const auto& [name, limit] : followed) {
    limit->store(config.number(name));
    config.on_change(name, [limit = limit](const OptionValue& value) {
      limit->store(value.number);
      return std::nullopt;
    });
  }
}

}  // namespace basalt
