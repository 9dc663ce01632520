// For the unit tests of commands: a keyspace in a temporary directory, a clock moved by hand, and
// run("HSET h f v"), which does what the server does with a command line and gives the raw reply.
//
// Each command runs inline first and again in blocking mode when it would block, as in the server.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/clock.h"
#include "command/call.h"
#include "command/error_text.h"
#include "command/table.h"
#include "keyspace/keyspace.h"
#include "store/store_testing.h"

namespace basalt {

/// The touches of the commits since clear(), copied. Printed by event_list() as "hset h0:key".
class TouchRecorder final : public CommitObserver {
 public:
  struct Seen {
    uint16_t db;
    std::string key;
    EventClass event_class;
    std::string event;
    bool modified;
    bool whole_database;
  };
  void committed(Txn&, std::span<const Touch> touches) override {
    for (const Touch& t : touches) {
      seen_.push_back(
          {t.key.db, std::string(t.key.name), t.event_class, std::string(t.event), t.modified, t.whole_database});
    }
  }
  bool wants(EventClass) const override { return wants_rare_events_; }
  /// New keys and key misses: events that are made only when someone listens.
  void want_rare_events(bool on) { wants_rare_events_ = on; }
  const std::vector<Seen>& seen() const { return seen_; }
  void clear() { seen_.clear(); }

 private:
  std::vector<Seen> seen_;
  bool wants_rare_events_ = false;
};

class CommandFixture {
 public:
  /// `families`: {hash_commands(), generic_commands()}, or whatever the test needs.
  explicit CommandFixture(std::initializer_list<std::span<const CommandSpec>> families) {
    for (auto family : families) table_.add(family);
    open();
  }

  /// The raw reply of one command line (words quoted as in redis-cli): "+OK\r\n", "-ERR …\r\n".
  std::string run(std::string_view line) {
    auto words = split_quoted_words(line);
    CHECK(words) << "unbalanced quotes: " << line;
    return run_words(*words);
  }
  /// The same, from arguments as they are (binary, huge).
  std::string run_words(const std::vector<std::string>& words) { return run_args(Args(words.begin(), words.end())); }

  /// The same for a command that had to wait and was woken by a change of `key`.
  std::string run_woken(std::string_view key, std::string_view line) {
    woken_by_ = key;
    std::string reply = run(line);
    woken_by_.reset();
    return reply;
  }

  /// What the last command's commit touched.
  const std::vector<TouchRecorder::Seen>& touches() const { return recorder_.seen(); }
  /// The same in one line: "hset a, del b" (touches without an event are left out).
  std::string events() const {
    std::string line;
    for (const auto& t : recorder_.seen()) {
      if (t.event.empty()) continue;
      if (!line.empty()) line += ", ";
      line += fmt::format("{} {}", t.event, t.key);
    }
    return line;
  }

  TouchRecorder& recorder() { return recorder_; }
  ManualClock& clock() { return clock_; }
  Keyspace& keyspace() { return *keyspace_; }
  PackedLimits& limits() { return keyspace_->limits(); }
  CommandTable& table() { return table_; }
  void use_protocol(Protocol protocol) { protocol_ = protocol; }
  void select(uint16_t db) { db_ = db; }
  /// What the last command asked to wait for, if it did (its reply is then empty).
  const Outcome& last_outcome() const { return outcome_; }
  /// As inside MULTI: blocking commands answer at once.
  void set_may_wait(bool may_wait) { may_wait_ = may_wait; }
  /// Closes and opens the store: what the next commands see comes from disk.
  void restart() {
    keyspace_.reset();
    store_.restart();
    open();
  }

 private:
  void open() {
    auto keyspace = Keyspace::open(*store_, clock_, {});
    CHECK(keyspace) << error_text(keyspace.error());
    keyspace_ = *std::move(keyspace);
    keyspace_->set_observer(&recorder_);
  }

  std::string run_args(const Args& args) {
    recorder_.clear();
    outcome_ = kDone;
    std::string out;
    Reply reply(out, protocol_);
    const auto match = table_.match(args);
    if (match.spec == nullptr) return fmt::format("-ERR unknown command '{}'\r\n", args[0]);
    if (!arity_fits(*match.spec, args.size()) || match.spec->handler == nullptr) {
      reply.error(error_text(wrong_arity(*match.spec, match.container ? match.container->name : "").value()));
      return out;
    }
    for (Access access : {Access::inline_, Access::blocking}) {
      auto done = attempt(*match.spec, args, access, reply);
      if (!done && done.error().would_block()) {
        CHECK(access == Access::inline_) << "a blocking attempt gave up: " << args[0];
        continue;
      }
      if (!done) {
        reply.truncate(0);
        reply.error(error_text(done.error()));
      }
      break;
    }
    return out;
  }

  static bool arity_fits(const CommandSpec& spec, size_t argc) {
    return spec.arity >= 0 ? argc == static_cast<size_t>(spec.arity) : argc >= static_cast<size_t>(-spec.arity);
  }

  Result<void> attempt(const CommandSpec& spec, const Args& args, Access access, Reply& reply) {
    reply.truncate(0);
    Txn txn(*keyspace_, access);
    txn.count_lookups(!(spec.flags & kWrite));
    if (spec.flags & kWrite) {
      std::vector<int> positions;
      find_keys(spec, args, positions);
      std::vector<Key> keys;
      for (int position : positions) keys.push_back({db_, args[position]});
      TRY(txn.lock(keys));
    }
    Call call{spec, args, db_, txn, reply, nullptr, may_wait_, woken_by_};
    outcome_ = TRY(spec.handler(call));
    return txn.commit();
  }

  ManualClock clock_{1'700'000'000'000};
  CommandTable table_;
  TouchRecorder recorder_;
  TempStore store_;
  std::unique_ptr<Keyspace> keyspace_;
  Protocol protocol_ = Protocol::resp2;
  uint16_t db_ = 0;
  bool may_wait_ = true;
  std::optional<std::string_view> woken_by_;
  Outcome outcome_;
};

}  // namespace basalt
