// COMMAND and its subcommands: the command table, told to clients.
#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/glob.h"
#include "command/call.h"
#include "command/documentation.h"
#include "command/key_use.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full Redis command.",
};

// A row, and its name as COMMAND shows it ("config|get").
struct Named {
  const CommandSpec* spec = nullptr;
  std::string name;
};

Named find_named(const CommandTable& table, std::string_view name) {
  const size_t bar = name.find('|');
  const CommandSpec* spec = table.find(name.substr(0, bar));
  if (!spec || bar == std::string_view::npos) return {spec, spec ? std::string(spec->name) : ""};
  for (const CommandSpec& sub : spec->subcommands)
    if (equals_ignore_case(sub.name, name.substr(bar + 1))) return {&sub, fmt::format("{}|{}", spec->name, sub.name)};
  return {};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void write_words(Reply& reply, const std::vector<std::string_view>& words) {
  reply.set(static_cast<int64_t>(words.size()));
  for (auto word : words) reply.simple(word);
}

void write_numbers(Reply& reply, std::initializer_list<std::pair<std::string_view, int>> fields) {
  for (const auto& [name, value] : fields) {
    reply.bulk(name);
    reply.integer(value);
  }
}

// The header of a part of a key specification: its type, and a map of so many fields that follow.
void open_part(Reply& reply, std::string_view name, std::string_view type, int64_t fields) {
  reply.bulk(name);
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
  reply.map(fields);
}

void write_key_spec(Reply& reply, const KeySpecification& spec) {
  reply.map(spec.notes.empty() ? 3 : 4);
  if (!spec.notes.empty()) {
    reply.bulk("notes");
    reply.bulk(spec.notes);
  }
  reply.bulk("flags");
  write_words(reply, spec.flags);
  switch (spec.begin) {
    case KeySpecification::Begin::unknown: open_part(reply, "begin_search", "unknown", 0); break;
    case KeySpecification::Begin::index:
      open_part(reply, "begin_search", "index", 1);
      write_numbers(reply, {{"index", spec.index}});
      break;
    case KeySpecification::Begin::keyword:
      open_part(reply, "begin_search", "keyword", 2);
      reply.bulk("keyword");
      reply.bulk(spec.keyword);
      write_numbers(reply, {{"startfrom", spec.index}});
      break;
  }
  const auto& [first, second, third] = spec.numbers;
  switch (spec.find) {
    case KeySpecification::Find::unknown: open_part(reply, "find_keys", "unknown", 0); break;
    case KeySpecification::Find::range:
      open_part(reply, "find_keys", "range", 3);
      write_numbers(reply, {{"lastkey", first}, {"keystep", second}, {"limit", third}});
      break;
    case KeySpecification::Find::keynum:
      open_part(reply, "find_keys", "keynum", 3);
      write_numbers(reply, {{"keynumidx", first}, {"firstkey", second}, {"keystep", third}});
      break;
  }
}

void write_info(Reply& reply, const CommandSpec& spec, const std::string& name) {
  reply.array(10);
  reply.bulk(name);
  reply.integer(spec.arity);
  write_words(reply, flag_names(spec));
  reply.integer(spec.keys.first);
  reply.integer(spec.keys.last);
  reply.integer(spec.keys.step);
  const auto categories = acl_categories(spec);
  write_words(reply, categories);
  const auto tips = command_tips(name);
  reply.set(static_cast<int64_t>(tips.size()));
  for (std::string_view tip : tips) reply.bulk(tip);
  const auto key_specs = key_specifications(spec, name);
  reply.array(static_cast<int64_t>(key_specs.size()));
  for (const KeySpecification& key_spec : key_specs) write_key_spec(reply, key_spec);
  reply.array(static_cast<int64_t>(spec.subcommands.size()));
  for (const CommandSpec& sub : spec.subcommands) write_info(reply, sub, fmt::format("{}|{}", name, sub.name));
}

void write_docs(Reply& reply, const CommandSpec& spec, const std::string& name) {
  reply.bulk(name);
  reply.map(3 + (spec.complexity.empty() ? 0 : 1) + (spec.subcommands.empty() ? 0 : 1));
  reply.bulk("summary");
  reply.bulk(spec.summary);
  reply.bulk("since");
  reply.bulk(spec.since);
  reply.bulk("group");
  reply.bulk(group_name(spec.group));
  if (!spec.complexity.empty()) {
    reply.bulk("complexity");
    reply.bulk(spec.complexity);
  }
  if (spec.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(static_cast<int64_t>(spec.subcommands.size()));
  for (const CommandSpec& sub : spec.subcommands) write_docs(reply, sub, fmt::format("{}|{}", name, sub.name));
}

Result<Outcome> count_command(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.session->server().commands().rows().size()));
  return kDone;
}

Result<Outcome> info_command(Call& call) {
  const CommandTable& table = call.session->server().commands();
  if (call.argc() <= 2) {
    call.reply.array(static_cast<int64_t>(table.rows().size()));
    for (const CommandSpec* spec : table.rows()) write_info(call.reply, *spec, std::string(spec->name));
    return kDone;
  }
  call.reply.array(static_cast<int64_t>(call.argc()) - 2);
  for (size_t i = 2; i < call.argc(); ++i) {
    const Named named = find_named(table, call.arg(i));
    if (named.spec) write_info(call.reply, *named.spec, named.name);
    else call.reply.null();
  }
  return kDone;
}

Result<Outcome> docs_command(Call& call) {
  const CommandTable& table = call.session->server().commands();
  std::vector<Named> wanted;
  if (call.argc() == 2)
    for (const CommandSpec* spec : table.rows()) wanted.push_back({spec, std::string(spec->name)});
  for (size_t i = 2; i < call.argc(); ++i)
    if (Named named = find_named(table, call.arg(i)); named.spec) wanted.push_back(std::move(named));
  call.reply.map(static_cast<int64_t>(wanted.size()));
  for (const Named& named : wanted) write_docs(call.reply, *named.spec, named.name);
  return kDone;
}

Result<Outcome> list_command(Call& call) {
  const CommandTable& table = call.session->server().commands();
  const bool filtered = call.argc() == 5 && call.arg_is(2, "filterby");
  if (call.argc() != 2 && !filtered) return syntax_error();
  const bool by_module = filtered && call.arg_is(3, "module");
  const bool by_category = filtered && call.arg_is(3, "aclcat");
  const bool by_pattern = filtered && call.arg_is(3, "pattern");
  if (filtered && !by_module && !by_category && !by_pattern) return syntax_error();

  auto wanted = [&](const CommandSpec& spec, std::string_view name) {
    if (by_module) return false;  // there are none
    if (by_pattern) return glob_match(call.arg(4), name, true);
    if (!by_category) return true;
    const auto categories = acl_categories(spec);
    return std::any_of(categories.begin(), categories.end(),
                       [&](std::string_view category) { return equals_ignore_case(category.substr(1), call.arg(4)); });
  };
  const auto mark = call.reply.open(Reply::Aggregate::array);
  int64_t n = 0;
  for (const CommandSpec* spec : table.rows()) {
    if (wanted(*spec, spec->name)) call.reply.bulk(spec->name), ++n;
    for (const CommandSpec& sub : spec->subcommands) {
      const std::string name = fmt::format("{}|{}", spec->name, sub.name);
      if (wanted(sub, name)) call.reply.bulk(name), ++n;
    }
  }
  call.reply.close(mark, n);
  return kDone;
}

struct CommandKeys {
  const CommandSpec* spec;
  Args args;
  std::vector<int> positions;
};

Result<CommandKeys> keys_of_command(Call& call) {
  CommandKeys found{nullptr, Args(call.args.begin() + 2, call.args.end()), {}};
  const auto match = call.session->server().commands().match(found.args);
  found.spec = match.spec;
  if (!found.spec) return fail("ERR Invalid command specified");
  const int argc = static_cast<int>(found.args.size()), arity = found.spec->arity;
  if (found.spec->keys.first == 0 && !found.spec->keys.find) return fail("ERR The command has no key arguments");
  if ((arity > 0 && argc != arity) || argc < -arity)
    return fail("ERR Invalid number of arguments specified for command");
  find_keys(*found.spec, found.args, found.positions);
  if (found.positions.empty()) return fail("ERR Invalid arguments specified for command");
  return found;
}

Result<Outcome> getkeys_command(Call& call) {
  const CommandKeys found = TRY(keys_of_command(call));
  call.reply.array(static_cast<int64_t>(found.positions.size()));
  for (int position : found.positions) call.reply.bulk(found.args[position]);
  return kDone;
}

Result<Outcome> getkeysandflags_command(Call& call) {
  const CommandKeys found = TRY(keys_of_command(call));
  call.reply.array(static_cast<int64_t>(found.positions.size()));
  for (size_t i = 0; i < found.positions.size(); ++i) {
    call.reply.array(2);
    call.reply.bulk(found.args[found.positions[i]]);
    write_words(call.reply, split(key_use_of_call(*found.spec, found.args, i), ' '));
  }
  return kDone;
}

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "COMMAND", kHelp);
  return kDone;
}

constexpr uint64_t kFlags = kLoading | kStale | kNoTxn;

constexpr KeylessRows sub{Group::connection};

constexpr CommandSpec kSubcommands[] = {
    sub("count", 2, kFlags, "2.8.13", "Get total number of Redis commands", "O(1)", count_command),
    sub("info", -2, kFlags, "2.8.13", "Get array of specific Redis command details, or all when no argument is given.",
        "O(N) where N is the number of commands to look up", info_command),
    sub("docs", -2, kFlags, "7.0.0", "Get array of specific Redis command documentation",
        "O(N) where N is the number of commands to look up", docs_command),
    sub("list", -2, kFlags, "7.0.0", "Get an array of Redis command names",
        "O(N) where N is the total number of Redis commands", list_command),
    sub("getkeys", -4, kFlags, "2.8.13", "Extract keys given a full Redis command",
        "O(N) where N is the number of arguments to the command", getkeys_command),
    sub("getkeysandflags", -4, kFlags, "7.0.0", "Extract keys and access flags given a full Redis command",
        "O(N) where N is the number of arguments to the command", getkeysandflags_command),
    sub("help", 2, kFlags, "5.0.0", "Show helpful text about the different subcommands", "O(1)", help_command),
};

constexpr CommandSpec kCommands[] = {
    {"command",
     -1,
     kFlags,
     {},
     "",
     Group::connection,
     "2.8.13",
     "Get array of Redis command details",
     "O(N) where N is the total number of Redis commands",
     info_command,
     kSubcommands},
};

}  // namespace

std::span<const CommandSpec> command_commands() { return kCommands; }

}  // namespace basalt
