#include "server/session.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "command/error_text.h"
#include "keyspace/txn.h"
#include "server/acl/acl.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "server/stats.h"
#include "server/subscriptions.h"
#include "server/tracking.h"
#include "server/transaction.h"
#include "server/waiting_clients.h"

namespace basalt {

namespace {
// A run of writes is committed when it gets this long, so that a long pipeline neither holds many locks nor
// builds one huge batch.
constexpr uint32_t kMaxRunCommands = 256;
constexpr size_t kMaxRunBytes = 1 << 20;
// What the pool does of a pipeline before the I/O thread has it back: the command behind one that had to wait for the
// disk often has to as well, and each way there and back costs as much as the read.
constexpr uint32_t kOffloadedCommands = 32;
constexpr uint32_t kLentCommands = 256;  // of a pipeline that is lent to the pool
}  // namespace

// Consecutive writes of one input buffer, sharing a Txn: each sees what those before it wrote. Nothing of the
// run is consumed before its commit: when it has to wait after all, the run is taken back whole.
class Session::WriteRun {
 public:
  struct Done {
    CommandTable::Match match;
    size_t input_begin;
    size_t reply_end;
    int64_t start_us, end_us;
  };

  WriteRun(Keyspace& keyspace, Access access, size_t input_begin, size_t out_begin)
      : txn(keyspace, access), input_begin(input_begin), out_begin(out_begin) {}

  bool full() const { return done.size() >= kMaxRunCommands || input_bytes >= kMaxRunBytes; }

  Txn txn;
  const size_t input_begin, out_begin;
  size_t input_bytes = 0;
  std::vector<Done> done;
};

Session::Session(Server& server, uint64_t id, std::string peer_address, std::string local_address, bool unix_socket)
    : id(id),
      peer_address(std::move(peer_address)),
      local_address(std::move(local_address)),
      unix_socket(unix_socket),
      server_(server) {
  shared.created_ms = server.clock().now_ms();
  shared.last_active_ms = shared.created_ms.load();
  become_default_user();
}

Session::~Session() { server_.session_ended(*this); }

void Session::set_transport(std::weak_ptr<Transport> transport) {
  std::lock_guard lock(transport_mutex_);
  transport_ = std::move(transport);
}

std::shared_ptr<Transport> Session::transport() const {
  std::lock_guard lock(transport_mutex_);
  return transport_.lock();
}

void Session::become(std::shared_ptr<User> user, bool is_authenticated) {
  user_ = std::move(user);
  user_rules_.reset();
  authenticated = is_authenticated;
  std::lock_guard lock(shared.mutex);
  shared.user = user_;
}

void Session::become_default_user() {
  const auto& user = server_.acl().default_user();
  become(user, user->is_open());
}

const UserRules& Session::user_rules() {
  if (const uint64_t version = user_->version(); !user_rules_ || version != user_rules_version_) {
    user_rules_ = user_->rules();
    user_rules_version_ = version;
  }
  return *user_rules_;
}

Session::Undo::Undo(Session& session)
    : session_(session),
      db_(session.db),
      protocol_(session.protocol),
      user_(session.user_ == session.server_.acl().default_user() ? nullptr : session.user_),
      authenticated_(session.authenticated) {}

void Session::Undo::restore() const {
  session_.db = db_;
  session_.protocol = protocol_;
  const auto& user = user_ ? user_ : session_.server_.acl().default_user();
  if (session_.user_ != user || session_.authenticated != authenticated_) session_.become(user, authenticated_);
}

bool Session::must_authenticate() const { return !authenticated && !server_.acl().default_user()->is_open(); }

void Session::acknowledge(size_t reply_begin, size_t reply_end) {
  unflushed_ = true;
  replies_->acknowledgements.emplace_back(reply_begin, reply_end);
}

void Session::show_watch_flags(std::shared_ptr<const WatchFlags> flags) {
  std::lock_guard lock(shared.mutex);
  shared.watch_flags = std::move(flags);
}

void Session::unwatch_all() {
  if (!transaction) return;
  for (const WatchedKey& key : transaction->watched) {
    server_.watches().unwatch(key, transaction->flags);
    drops_name(key.name);
  }
  transaction->watched.clear();
  transaction->flags->changed = transaction->flags->replaced = false;
  shared.watched = 0;
}

void Session::end_transaction() {
  unwatch_all();
  transaction.reset();
  shared.queued = -1;
  shared.queued_bytes = 0;
}

void Session::unsubscribe_all() {
  if (!subscriptions) return;
  auto leave = [this](SubscriptionKind kind, const auto& names) {
    for (const auto& name : names) {
      server_.pubsub().unsubscribe(kind, name, id);
      drops_name(name);
    }
  };
  leave(SubscriptionKind::channel, subscriptions->channels);
  leave(SubscriptionKind::pattern, subscriptions->patterns);
  leave(SubscriptionKind::shard_channel, subscriptions->shard_channels);
  subscriptions.reset();
  shared.channels = shared.patterns = shared.shard_channels = 0;
}

void Session::stop_tracking() {
  if (!tracking) return;
  server_.tracking().disable(id);
  for (const auto& prefix : tracking->prefixes) drops_name(prefix);
  tracking.reset();
  shared.tracking = shared.broadcast = false;
  shared.redirect = -1;
}

void Session::reset() {
  server_.monitors().remove(id);
  shared.monitor = false;
  end_transaction();
  stop_tracking();
  unsubscribe_all();
  shared.db = db = 0;
  protocol = Protocol::resp2;
  shared.protocol = 2;
  reply_mode = ReplyMode::on;
  become_default_user();
  std::lock_guard lock(shared.mutex);
  shared.name.clear();
}

void Session::apply_reply_mode(std::string& out, size_t mark, bool pushed) {
  if (reply_mode == ReplyMode::on) return;
  if (!pushed) out.resize(mark);
  // CLIENT REPLY SKIP is silent itself, and then silences one command.
  if (reply_mode == ReplyMode::skip_this) reply_mode = ReplyMode::skip_next;
  else if (reply_mode == ReplyMode::skip_next) reply_mode = ReplyMode::on;
}

// The arguments of a command of a run once more, in the rare case that somebody wants to see them.
Args Session::parse_again(std::string_view input) const {
  Args args;
  size_t consumed = 0;
  RequestParser().parse(input, server_.request_limits(*this), args, consumed);
  return args;
}

void Session::unblocked(std::string& reply, Worker& worker) {
  shared.argument_bytes = 0;
  const auto waiter = std::exchange(waiting_for, nullptr);
  if (!waiter) return;
  const int64_t now_us = monotonic_us();  // what it waited does not count, as in Redis
  server_.note_duration(*this, {waiter->command.match(), waiter->command.args(), waiter->db, now_us, now_us});
  const bool failed = reply.starts_with('-');
  server_.count_command(worker.stats, shared.last_command, 0, failed);
  if (failed) worker.stats.error_replied(std::string_view(reply).substr(1, reply.find(' ') - 1));
  apply_reply_mode(reply, 0);
}

int64_t Session::command_started_us() { return last_ended_us_ != 0 ? last_ended_us_ : monotonic_us(); }
int64_t Session::command_ended_us() { return last_ended_us_ = monotonic_us(); }

Session::Step Session::stop(Step step) { return close_after_reply ? Step::close : step; }

// Commits the run, if there is one, and ends it. False: it would have to wait, and everything since its start is
// taken back.
bool Session::commit(std::optional<WriteRun>& run, std::string& out, Worker& worker) {
  if (!run) return true;
  if (run->done.empty()) {  // its first command failed
    run.reset();
    return true;
  }
  const bool wrote = run->txn.has_writes();
  auto committed = run->txn.commit();
  if (!committed && committed.error().would_block()) {
    blocking_commands_ = static_cast<uint32_t>(run->done.size());
    out.resize(run->out_begin);
    position_ = run->input_begin;
    parser_.restart();
    run.reset();
    return false;
  }
  std::string error = committed ? "" : error_text(committed.error());
  if (!committed) {
    out.resize(run->out_begin);
    for (size_t i = 0; i < run->done.size(); ++i) Reply(out, protocol).error(error);
  } else if (wrote) {  // every reply of a run waits for the same flush; a failure replaces each of them
    size_t begin = run->out_begin;
    for (const auto& done : run->done) acknowledge(std::exchange(begin, done.reply_end), done.reply_end);
  }
  run->done.back().end_us = command_ended_us();  // what the commit took is counted once
  shared.last_command.store(run->done.back().match.index, std::memory_order_relaxed);
  for (const auto& done : run->done) {
    Args args;
    if (server_.observes(done.end_us - done.start_us)) args = parse_again(input_.substr(done.input_begin));
    server_.dispatcher().account(*this, {done.match, args, db, done.start_us, done.end_us},
                                 committed ? nullptr : &error, worker);
  }
  run.reset();
  return true;
}

// Executes the command of args_ as the next of the run. False: it has to go alone, and did nothing.
bool Session::join(std::optional<WriteRun>& run, const CommandTable::Match& match, size_t consumed, std::string& out,
                   Worker& worker) {
  if (!run) {
    run.emplace(server_.keyspace(), worker.access, position_, out.size());
    run->txn.set_origin(id);
  }
  const size_t reply_begin = out.size();
  Reply reply(out, protocol);
  const int64_t start_us = command_started_us();
  run->txn.save_point();
  auto outcome = server_.dispatcher().call(this, *match.spec, args_, db, run->txn, reply, true);
  if (!outcome) {
    out.resize(reply_begin);
    run->txn.roll_back_to_save_point();
    return false;
  }
  run->done.push_back({match, position_, out.size(), start_us, command_ended_us()});
  run->input_bytes += consumed;
  position_ += consumed;
  return true;
}

Session::Step Session::run_commands(Replies& replies, Worker& worker, uint32_t at_least) {
  worker_ = &worker;
  replies_ = &replies;
  std::string& out = replies.bytes;
  Dispatcher& dispatcher = server_.dispatcher();
  const std::string_view input = input_;
  std::optional<WriteRun> run;
  uint32_t begun = 0;
  last_ended_us_ = 0;

  while (!close_after_reply && (begun < at_least || run)) {
    size_t consumed = 0;
    const auto status = parser_.parse(input.substr(position_), server_.request_limits(*this), args_, consumed);
    if (status == RequestParser::Status::empty) {
      position_ += consumed;
      continue;
    }
    if (status != RequestParser::Status::complete) {
      if (!commit(run, out, worker)) return stop(Step::offload);
      if (status == RequestParser::Status::incomplete) return stop(Step::need_input);
      Reply(out, protocol).error(parser_.error());
      worker.stats.error_replied("ERR");
      close_after_reply = true;
      break;
    }

    CommandTable::Match match;
    // An inline command's quoted words live only until the next parse: too short for a run.
    const bool borrowed = args_[0].data() >= input.data() && args_[0].data() < input.data() + input.size();
    if (borrowed && dispatcher.joins_write_run(*this, args_, match)) {
      if (run && run->full() && !commit(run, out, worker)) return stop(Step::offload);
      if (join(run, match, consumed, out, worker)) {
        ++begun;
        continue;
      }
      // Alone it gets its own locks, or its error.
    }
    if (!commit(run, out, worker)) return stop(Step::offload);
    if (begun >= at_least) {
      parser_.restart();
      break;
    }
    switch (dispatcher.execute(*this, args_, out, worker)) {
      case Dispatcher::Executed::done: position_ += consumed; break;
      case Dispatcher::Executed::would_block: blocking_commands_ = 1; return stop(Step::offload);
      case Dispatcher::Executed::waiting: position_ += consumed; return stop(Step::blocked);
      case Dispatcher::Executed::postponed: return stop(Step::blocked);
    }
    ++begun;
  }
  if (close_after_reply) position_ = input.size();
  return stop(Step::need_input);
}

// Looks, and leaves everything as it was.
bool Session::begins_with_read() {
  size_t consumed = 0;
  const auto status = parser_.parse(input_, server_.request_limits(*this), args_, consumed);
  if (status != RequestParser::Status::incomplete) parser_.restart();
  if (status != RequestParser::Status::complete || transaction) return false;
  const auto match = server_.commands().match(args_);
  return match.spec && (match.spec->flags & kReadonly) != 0;
}

Session::Step Session::run(std::string_view input, Replies& out, Worker& worker, bool lend_reads) {
  input_ = input;
  position_ = 0;
  if (lend_reads && begins_with_read()) {
    lent_ = true;
    blocking_commands_ = kLentCommands;
    return Step::offload;
  }
  return run_commands(out, worker, UINT32_MAX);
}

Session::Step Session::run_blocking(Replies& out, Worker& worker) {
  (std::exchange(lent_, false) ? worker.stats.lent : worker.stats.offloaded).add();
  while (true) {
    const Step step = run_commands(out, worker, std::max(blocking_commands_, kOffloadedCommands));
    if (step != Step::offload) return step;
    // Even here, when two hold what the other one wants: nothing of the rest happened, so once more.
    std::this_thread::yield();
  }
}

}  // namespace basalt
