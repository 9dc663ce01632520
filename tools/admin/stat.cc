#include "tools/admin/stat.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "keyspace/key_tally.h"
#include "tools/admin/system_state.h"
#include "tools/admin/text.h"
#include "tools/common/json.h"
#include "tools/common/progress.h"

namespace basalt::tools {
namespace {

constexpr uint64_t kPage = 20'000;

std::vector<Statistics::Level> levels_of(const Store& store) {
  std::vector<Statistics::Level> levels;
  for (const auto& file : store.table_files()) {
    const auto level = static_cast<uint64_t>(file.level);
    if (levels.empty() || levels.back().column != column_name(file.column) || levels.back().level != level)
      levels.push_back({std::string(column_name(file.column)), level, 0, 0, 0, 0});
    ++levels.back().files;
    levels.back().bytes += file.bytes;
    levels.back().entries += file.entries;
    levels.back().deletions += file.deletions;
  }
  return levels;
}

// The rows of a server's reply: names first, numbers behind them.
class Rows {
 public:
  explicit Rows(const redisReply& reply) : reply_(reply) {}
  size_t size() const { return reply_.type == REDIS_REPLY_ARRAY ? reply_.elements : 0; }
  std::string text(size_t row, size_t i) const {
    const redisReply* cell = at(row, i);
    return cell != nullptr && cell->type == REDIS_REPLY_STRING ? std::string(text_of(*cell)) : std::string();
  }
  uint64_t number(size_t row, size_t i) const {
    const redisReply* cell = at(row, i);
    return cell != nullptr && cell->type == REDIS_REPLY_INTEGER ? static_cast<uint64_t>(cell->integer) : 0;
  }

 private:
  const redisReply* at(size_t row, size_t i) const {
    const redisReply* cells = reply_.element[row];
    return cells->type == REDIS_REPLY_ARRAY && i < cells->elements ? cells->element[i] : nullptr;
  }
  const redisReply& reply_;
};

void add_groups(const Rows& rows, Statistics& statistics) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string type = rows.text(i, 0), encoding = rows.text(i, 1);
    auto& groups = statistics.groups;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& g) { return g.type == type && g.encoding == encoding; });
    if (group == groups.end()) group = groups.insert(groups.end(), {type, encoding, 0, 0, 0, 0});
    group->keys += rows.number(i, 2);
    group->expiring += rows.number(i, 3);
    group->elements += rows.number(i, 4);
    group->bytes += rows.number(i, 5);
  }
}

void add_big_keys(const Rows& rows, size_t most, Statistics& statistics) {
  auto& keys = statistics.big_keys;
  for (size_t i = 0; i < rows.size(); ++i)
    keys.push_back(
        {rows.number(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.number(i, 4), rows.number(i, 5)});
  std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  if (keys.size() > most) keys.resize(most);
}

auto unexpected_reply(const ServerLink& server) {
  return fail(fmt::format("BASALT STAT: {}: the reply is not understood; is the server a Basalt of this version?",
                          server.address()));
}

}  // namespace

Result<Statistics> read_statistics(Store& store, size_t most_big_keys) {
  Statistics statistics;
  statistics.levels = levels_of(store);
  const SystemState system = TRY(read_system(store));
  KeyTally tally(
      store, [&](DbId db) { return system.numbers.contains(db); }, most_big_keys);
  const uint64_t total = store.property(Column::strings, "rocksdb.estimate-num-keys") +
                         store.property(Column::heads, "rocksdb.estimate-num-keys");
  Progress progress("looking at keys", Unit::pieces, total);
  std::string position;
  while (!TRY(tally.advance(position, kPage))) progress.add(kPage);
  for (const auto& [kind, group] : tally.groups())
    statistics.groups.push_back({std::string(type_name(kind.first)), std::string(encoding_name(kind.second)),
                                 group.keys, group.expiring, group.elements, group.bytes});
  for (const auto& key : tally.big_keys())
    statistics.big_keys.push_back({system.number_of(key.db).value_or(0), key.name, std::string(type_name(key.type)),
                                   std::string(encoding_name(key.encoding)), key.elements, key.bytes});
  statistics.damaged = tally.damaged();
  return statistics;
}

Result<Statistics> read_statistics(ServerLink& server, size_t most_big_keys) {
  Statistics statistics;
  const ServerReply files = TRY(server.call({"BASALT", "STAT", "FILES"}));
  const Rows levels(*files);
  for (size_t i = 0; i < levels.size(); ++i)
    statistics.levels.push_back({levels.text(i, 0), levels.number(i, 1), levels.number(i, 2), levels.number(i, 3),
                                 levels.number(i, 4), levels.number(i, 5)});
  Progress progress("looking at keys", Unit::pieces, 0);
  std::string position;
  const std::string page = std::to_string(kPage);
  do {
    const ServerReply reply = TRY(server.call({"BASALT", "STAT", "KEYS", position, page}));
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) return unexpected_reply(server);
    position = text_of(*reply->element[0]);
    add_groups(Rows(*reply->element[1]), statistics);
    add_big_keys(Rows(*reply->element[2]), most_big_keys, statistics);
    progress.add(kPage);
  } while (!position.empty());
  return statistics;
}

std::string statistics_text(const Statistics& statistics) {
  std::string text = fmt::format("{:<8} {:<14} {:>12} {:>12} {:>14} {:>12}\n", "type", "encoding", "keys", "expiring",
                                 "elements", "size");
  for (const auto& g : statistics.groups)
    text += fmt::format("{:<8} {:<14} {:>12} {:>12} {:>14} {:>12}\n", g.type, g.encoding, g.keys, g.expiring,
                        g.elements, human_size(g.bytes));
  text += fmt::format("\n{:<8} {:>5} {:>8} {:>12} {:>14} {:>12}\n", "column", "level", "files", "on disk", "entries",
                      "deletions");
  for (const auto& l : statistics.levels)
    text += fmt::format("{:<8} {:>5} {:>8} {:>12} {:>14} {:>12}\n", l.column, l.level, l.files, human_size(l.bytes),
                        l.entries, l.deletions);
  text += fmt::format("\n{:>12} {:>14} {:<8} {:<14} {:>3} {}\n", "size", "elements", "type", "encoding", "db", "key");
  for (const auto& k : statistics.big_keys)
    text += fmt::format("{:>12} {:>14} {:<8} {:<14} {:>3} {}\n", human_size(k.bytes), k.elements, k.type, k.encoding,
                        k.db, quoted(k.name, 120));
  if (statistics.damaged.value_or(0) != 0)
    text += fmt::format("\n{} records make no sense; basalt-admin verify tells which\n", *statistics.damaged);
  return text;
}

std::string statistics_json(const Statistics& statistics) {
  std::vector<std::string> groups, levels, keys;
  for (const auto& g : statistics.groups)
    groups.push_back(
        fmt::format(R"({{"type": {}, "encoding": {}, "keys": {}, "expiring": {}, "elements": {}, "bytes": {}}})",
                    json_string(g.type), json_string(g.encoding), g.keys, g.expiring, g.elements, g.bytes));
  for (const auto& l : statistics.levels)
    levels.push_back(
        fmt::format(R"({{"column": {}, "level": {}, "files": {}, "bytes": {}, "entries": {}, "deletions": {}}})",
                    json_string(l.column), l.level, l.files, l.bytes, l.entries, l.deletions));
  for (const auto& k : statistics.big_keys) {
    const std::string name = quoted(k.name);
    keys.push_back(fmt::format(R"({{"db": {}, "key": {}, "type": {}, "encoding": {}, "elements": {}, "bytes": {}}})",
                               k.db, json_string(std::string_view(name).substr(1, name.size() - 2)),
                               json_string(k.type), json_string(k.encoding), k.elements, k.bytes));
  }
  const std::string damaged = statistics.damaged ? std::to_string(*statistics.damaged) : "null";
  return fmt::format("{{\n  \"keys\": {},\n  \"levels\": {},\n  \"biggest_keys\": {},\n  \"damaged\": {}\n}}\n",
                     json_lines(groups, 2), json_lines(levels, 2), json_lines(keys, 2), damaged);
}

}  // namespace basalt::tools
