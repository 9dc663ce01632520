// The configuration of a running server: what the file and the command line said, and what CONFIG SET changed.
//
// Thread rules: load() is for the start, before other threads know the object; on_change() too. Everything else is
// thread-safe. Changes are made one at a time; a listener runs on the thread that makes the change and must not call
// set() or rewrite().
//
// Invariants:
// 1. A value that CONFIG GET shows has passed its option's checks, and its listener's, if it has one.
// 2. set() changes all the options it was given, or none.
// 3. After rewrite(), loading the file gives the current values.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/result.h"
#include "keyspace/limits.h"
#include "server/config/config_file.h"
#include "server/config/options.h"
#include "server/config/settings.h"

namespace basalt {

class Config {
 public:
  /// Every option at its default.
  Config();
  Config(const Config&) = delete;

  // ---- start ----
  /// Reads the file if the path isn't empty, then applies `more` (the command line). The error is one
  /// sentence with file, line, option and what was expected. CONFIG REWRITE will write that file.
  Checked<void> load(const std::string& file, const std::vector<ConfigLine>& more = {});
  /// Absolute; empty when there is none.
  const std::string& file() const { return file_; }
  /// `user …` lines in order, for the ACL.
  const std::vector<ConfigLine>& user_lines() const { return user_lines_; }
  /// `rocksdb.<option> <value>` lines, without the prefix. The store checks them when it opens.
  const std::map<std::string, std::string>& rocksdb_options() const { return rocksdb_options_; }

  // ---- reading ----
  const Settings& settings() const { return settings_; }
  /// An option's value by name or alias, as CONFIG GET shows it. CHECK: the name exists.
  std::string text(std::string_view name) const;
  int64_t number(std::string_view name) const;
  /// Name and value of every option that matches one of the patterns (CONFIG GET).
  std::vector<std::pair<std::string, std::string>> matching(const std::vector<std::string_view>& patterns) const;

  // ---- changing ----
  /// Called with the new value after it is in settings(). Returns a sentence to refuse it: the change is
  /// undone, and those that carried it out hear of the old value again. An option's listeners are told in turn.
  using Listener = std::function<std::optional<std::string>(const OptionValue& value)>;
  void on_change(std::string_view name, Listener listener);

  /// CONFIG SET: names and values. `local_caller`: the client is on this machine (enable-protected-configs).
  using Pair = std::pair<std::string_view, std::string_view>;
  Result<void> set(const std::vector<Pair>& pairs, bool local_caller = false);

  /// CONFIG REWRITE: the file keeps its comments, its order and every line that still says the truth.
  /// `users`: what its user lines are to say (behind the word "user"); null leaves them as they are.
  Result<void> rewrite(const std::vector<std::string>* users = nullptr);

 private:
  struct Change;
  struct Told;
  Checked<void> apply_lines(const std::vector<ConfigLine>& lines);
  Checked<void> apply_line(const ConfigLine& line);
  Checked<void> apply_option(const Option& option, size_t index, const ConfigLine& line);
  void put(size_t index, OptionValue value);
  OptionValue value(size_t index) const;
  Result<std::vector<Change>> plan(const std::vector<Pair>& pairs, bool local_caller) const;
  bool may_change(const Option& option, bool local_caller) const;
  Checked<std::string> rewritten(std::string_view text, const std::vector<std::string>* users) const;
  std::optional<std::pair<std::string, std::string>> tell_listeners(const std::vector<Change>& changes,
                                                                    std::vector<Told>& told);

  Settings settings_;
  std::string file_;
  std::vector<ConfigLine> user_lines_;
  std::map<std::string, std::string> rocksdb_options_;
  std::vector<bool> seen_;                                        // by index, during load(): a line named it
  absl::flat_hash_map<size_t, std::vector<Listener>> listeners_;  // by index
  std::mutex change_mutex_;                                       // one set() or rewrite() at a time
  mutable std::mutex values_mutex_;                               // guards values_
  std::vector<OptionValue> values_;                               // by index
};

/// Keeps the limits of packed collections at their options' values, now and after every change.
void follow_packed_limits(Config& config, PackedLimits& limits);

}  // namespace basalt
