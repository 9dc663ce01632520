// Session: one client's state and the loop that runs its commands.
//
// The transport (src/net) reads bytes and calls run(); run() executes every complete command inline
// and says why it stopped. What would wait is run by run_blocking() on the storage pool while the
// transport leaves the input where it is.
//
// Thread rules: run(), run_blocking() and everything not marked otherwise: one thread at a time, the
// connection's I/O thread or the pool thread that it lent the session to. `shared` is read by any
// thread; Transport's functions may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/spec.h"
#include "command/table.h"
#include "keyspace/txn.h"
#include "resp/reply.h"
#include "resp/request_parser.h"
#include "server/replies.h"

namespace basalt {

class Server;
class StatsShard;
class User;
class UserRules;
struct TransactionState;
struct SubscriptionState;
struct TrackingOptions;
struct Waiter;
struct WatchFlags;

/// A session's way to its client. Thread-safe; calls after the connection is gone do nothing.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Bytes that no command asked for (pub/sub, invalidations, MONITOR), after the replies sent so far.
  virtual void push(std::string bytes) = 0;
  /// The same for what the session's own command set off: behind that command's reply, which may be yet to come.
  virtual void push_after_reply(std::string bytes) = 0;
  /// The blocked command is over: `reply` is its reply, and the session's input goes on.
  virtual void resume(std::string reply) = 0;
  /// Ends the connection; after what is waiting to be sent when `drain`.
  virtual void close(bool drain) = 0;
};

/// Who runs commands: an I/O thread (inline) or a pool thread (blocking).
struct Worker {
  Access access;
  StatsShard& stats;
};

/// How a client is told its replies (CLIENT REPLY).
enum class ReplyMode : uint8_t { on, off, skip_this, skip_next };

class Session {
 public:
  enum class Step : uint8_t {
    need_input,  ///< everything complete was executed
    offload,     ///< call run_blocking() on the storage pool, then run() again
    blocked,     ///< waits for keys, a pause to end, …: run() again after Transport::resume
    close,       ///< send what was written, then close
  };

  Session(Server& server, uint64_t id, std::string peer_address, std::string local_address, bool unix_socket);
  ~Session();
  Session(const Session&) = delete;

  /// Executes what is complete in `input`, appending replies to `out`. The bytes of `input` stay where they
  /// are until the caller drops consumed() of them, which it does after every step but `offload`. With `lend_reads`,
  /// what begins with a read is left to the pool although it need not wait.
  Step run(std::string_view input, Replies& out, Worker& worker, bool lend_reads);
  /// Executes the commands that run() left, waiting as needed. `out` is a buffer of its own.
  Step run_blocking(Replies& out, Worker& worker);
  size_t consumed() const { return position_; }
  /// How many bytes the input buffer should be able to hold for the argument being read; 0 if unknown.
  size_t bytes_wanted() const { return parser_.bytes_wanted(); }

  /// Whether replies written since the last call must wait for the WAL. Clears the flag.
  bool take_unflushed() { return std::exchange(unflushed_, false); }

  Server& server() { return server_; }
  Worker& worker() { return *worker_; }
  void set_transport(std::weak_ptr<Transport> transport);
  std::shared_ptr<Transport> transport() const;

  // ---- state that commands change ----
  const uint64_t id;
  const std::string peer_address, local_address;
  const bool unix_socket;
  uint16_t db = 0;
  Protocol protocol = Protocol::resp2;
  bool authenticated = false;
  ReplyMode reply_mode = ReplyMode::on;
  bool close_after_reply = false;
  std::unique_ptr<TransactionState> transaction;  ///< MULTI or WATCH in progress
  std::unique_ptr<SubscriptionState> subscriptions;
  std::unique_ptr<TrackingOptions> tracking;  ///< CLIENT TRACKING is on
  std::shared_ptr<const Waiter> waiting_for;  ///< the command that is blocked, or was last
  int64_t blocked_until_us = 0;               ///< monotonic; 0: no limit. After Step::blocked

  // ---- who the client is ----
  const std::shared_ptr<User>& user() const { return user_; }
  void become(std::shared_ptr<User> user, bool authenticated);
  /// As every client starts: the default user, authenticated if that one is open.
  void become_default_user();
  /// What the user may do now: the session's own copy, taken anew when it has changed.
  const UserRules& user_rules();
  /// Whether commands are refused until the client authenticates.
  bool must_authenticate() const;

  /// RESET: everything but the connection as at the start.
  void reset();
  /// A name that the client watches, subscribes to or tracks, and that it gives up.
  void holds_name(std::string_view name) { shared.name_bytes += kNameBytes + name.size(); }
  void drops_name(std::string_view name) { shared.name_bytes -= kNameBytes + name.size(); }
  void unwatch_all();
  void unsubscribe_all();
  void stop_tracking();
  /// The command that had to wait has got its reply: counts it, and silences it if the client wants that.
  void unblocked(std::string& reply, Worker& worker);
  /// MULTI is over, one way or the other; so is WATCH.
  void end_transaction();
  /// For handlers that commit themselves (EXEC): this command's reply waits for the WAL.
  void mark_written() { written_ = true; }
  /// What WATCH looks at, for CLIENT LIST.
  void show_watch_flags(std::shared_ptr<const WatchFlags> flags);

  /// What EXEC may have changed of the session before it had to start anew.
  class Undo {
   public:
    explicit Undo(Session& session);
    void restore() const;

   private:
    Session& session_;
    const uint16_t db_;
    const Protocol protocol_;
    const std::shared_ptr<User> user_;  // null: the default user, whose count of owners is everybody's
    const bool authenticated_;
  };

  /// What other threads may read (CLIENT LIST) or ask for (CLIENT KILL).
  struct Shared {
    std::atomic<uint16_t> db{0};
    std::atomic<uint8_t> protocol{2};
    std::atomic<int> fd{-1};
    std::atomic<int64_t> redirect{-1};  ///< of tracking
    std::atomic<int64_t> created_ms{0}, last_active_ms{0};
    std::atomic<uint32_t> last_command{UINT32_MAX};
    std::atomic<uint64_t> commands{0}, input_bytes{0}, output_bytes{0}, pending_output{0};
    std::atomic<uint32_t> query_buffer{0}, query_buffer_free{0};
    std::atomic<uint32_t> reply_buffers{0};    ///< memory that the buffers of replies hold, looked at every second
    std::atomic<uint32_t> largest_replies{0};  ///< most bytes of replies sent at once in that second
    std::atomic<uint64_t> argument_bytes{0};   ///< of the command that runs, or waits
    std::atomic<uint64_t> queued_bytes{0};     ///< by MULTI
    std::atomic<uint64_t> name_bytes{0};       ///< of watched keys, subscriptions and tracked prefixes
    std::atomic<uint64_t> counted_bytes{0};    ///< ClientMemory's
    std::atomic<uint32_t> channels{0}, patterns{0}, shard_channels{0}, watched{0};
    std::atomic<int32_t> queued{-1};  ///< commands queued by MULTI, -1 outside
    std::atomic<bool> blocked{false}, monitor{false}, no_evict{false}, no_touch{false}, tracking{false}, closing{false};
    std::atomic<bool> broadcast{false};            ///< of tracking
    std::atomic<bool> closing_after_reply{false};  ///< no more is read, what was written still goes out
    std::mutex mutex;                              ///< guards what follows
    std::shared_ptr<const WatchFlags> watch_flags;
    std::string name, library_name, library_version;
    std::shared_ptr<User> user;
  } shared;

 private:
  friend class Dispatcher;
  class WriteRun;
  static constexpr size_t kNameBytes = 128;  // what each costs here and in its registry
  /// Runs the commands of input_ from position_ on: all that are complete, or `at_least` so many and those that
  /// share their run.
  Step run_commands(Replies& replies, Worker& worker, uint32_t at_least);
  bool begins_with_read();
  bool commit(std::optional<WriteRun>& run, std::string& out, Worker& worker);
  bool join(std::optional<WriteRun>& run, const CommandTable::Match& match, size_t consumed, std::string& out,
            Worker& worker);
  Args parse_again(std::string_view input) const;
  Step stop(Step step);
  bool take_written() { return std::exchange(written_, false); }
  /// When the command that is next began, monotonic: when the one before it ended, in one input buffer.
  int64_t command_started_us();
  int64_t command_ended_us();
  /// CLIENT REPLY: takes back what was written since `mark` when the client doesn't want it. Pushes always
  /// arrive.
  void apply_reply_mode(std::string& out, size_t mark, bool pushed = false);
  void acknowledge(size_t reply_begin, size_t reply_end);

  Server& server_;
  std::shared_ptr<User> user_;
  std::shared_ptr<const UserRules> user_rules_;
  uint64_t user_rules_version_ = 0;
  Worker* worker_ = nullptr;
  RequestParser parser_;
  Args args_;
  std::string_view input_;
  size_t position_ = 0;             // of input_: executed and committed
  uint32_t blocking_commands_ = 0;  // for run_blocking: at least so many
  bool lent_ = false;               // to the pool, where it will not wait
  int64_t last_ended_us_ = 0;       // 0: nothing has run since the input came
  bool unflushed_ = false;
  bool written_ = false;
  Replies* replies_ = nullptr;  // where the commands that run now write
  mutable std::mutex transport_mutex_;
  std::weak_ptr<Transport> transport_;
};

}  // namespace basalt
