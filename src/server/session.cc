#include "server/session.h"

#include <thread>

#include "base/clock.h"
#include "command/error_text.h"
#include "keyspace/txn.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "server/stats.h"
#include "server/subscriptions.h"
#include "server/tracking.h"
#include "server/transaction.h"

namespace basalt {

namespace {
// A run of blind writes is committed when it gets this long, so that a long pipeline neither holds many
// locks nor builds one huge batch.
constexpr uint32_t kMaxRunCommands = 256;
constexpr size_t kMaxRunBytes = 1 << 20;
}  // namespace

// Consecutive blind writes of one input buffer, sharing a Txn. Nothing of the run is consumed before
// its commit: when it has to wait after all, the run is taken back whole and goes to the pool.
class Session::BlindRun {
 public:
  struct Done {
    CommandTable::Match match;
    size_t input_begin;
    int64_t start_us, end_us;
  };

  BlindRun(Keyspace& keyspace, size_t input_begin, size_t out_begin)
      : txn(keyspace, Access::inline_), input_begin(input_begin), out_begin(out_begin) {}

  bool full() const { return done.size() >= kMaxRunCommands || input_bytes >= kMaxRunBytes; }

  Txn txn;
  const size_t input_begin, out_begin;
  size_t input_bytes = 0;
  std::vector<Done> done;
  std::vector<size_t> reply_ends;
};

Session::Session(Server& server, uint64_t id, std::string peer_address, std::string local_address, bool unix_socket)
    : id(id),
      peer_address(std::move(peer_address)),
      local_address(std::move(local_address)),
      unix_socket(unix_socket),
      server_(server) {
  shared.created_ms = server.clock().now_ms();
  shared.last_active_ms = shared.created_ms.load();
  authenticated = server.default_user_needs_no_password();
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

void Session::acknowledge(size_t reply_begin, size_t reply_end) {
  unflushed_ = true;
  acknowledgements_.emplace_back(reply_begin, reply_end);
}

void Session::fail_unflushed(std::string& out, const std::string& error) {
  std::string rewritten;
  size_t copied = 0;
  for (auto [begin, end] : acknowledgements_) {
    rewritten.append(out, copied, begin - copied);
    if (end > begin) Reply(rewritten, protocol).error(error);
    copied = end;
  }
  rewritten.append(out, copied);
  out = std::move(rewritten);
  acknowledgements_.clear();
}

void Session::unwatch_all() {
  if (!transaction) return;
  for (const WatchedKey& key : transaction->watched) server_.watches().unwatch(key, transaction->flags);
  transaction->watched.clear();
  transaction->flags->changed = transaction->flags->replaced = false;
  shared.watched = 0;
}

void Session::end_transaction() {
  unwatch_all();
  transaction.reset();
  shared.queued = -1;
}

void Session::unsubscribe_all() {
  if (!subscriptions) return;
  auto leave = [this](SubscriptionKind kind, const auto& names) {
    for (const auto& name : names) server_.pubsub().unsubscribe(kind, name, id);
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
  tracking.reset();
  shared.tracking = false;
  shared.redirect = -1;
}

void Session::reset() {
  server_.monitors().remove(id);
  shared.monitor = false;
  end_transaction();
  stop_tracking();
  unsubscribe_all();
  db = 0;
  protocol = Protocol::resp2;
  reply_mode = ReplyMode::on;
  user = "default";
  authenticated = server_.default_user_needs_no_password();
  std::lock_guard lock(shared.mutex);
  shared.name.clear();
}

void Session::apply_reply_mode(std::string& out, size_t mark) {
  if (reply_mode == ReplyMode::on) return;
  out.resize(mark);
  // CLIENT REPLY SKIP is silent itself, and then silences one command.
  if (reply_mode == ReplyMode::skip_this) reply_mode = ReplyMode::skip_next;
  else if (reply_mode == ReplyMode::skip_next) reply_mode = ReplyMode::on;
}

// Every reply of a run waits for the same flush; a failure replaces each of them by the error.
void Session::acknowledge_run(const BlindRun& run) {
  size_t begin = run.out_begin;
  for (size_t end : run.reply_ends) acknowledge(std::exchange(begin, end), end);
}

// The arguments of a command of a run once more, in the rare case that somebody wants to see them.
Args Session::parse_again(std::string_view input) const {
  Args args;
  size_t consumed = 0;
  RequestParser().parse(input, server_.request_limits(*this), args, consumed);
  return args;
}

void Session::unblocked(std::string_view reply, Worker& worker) {
  const bool failed = reply.starts_with('-');
  worker.stats.command_done(shared.last_command, 0, failed);
  if (failed) worker.stats.error_replied(reply.substr(1, reply.find(' ') - 1));
}

Session::Step Session::stop(Step step, size_t position) {
  position_ = position;
  return close_after_reply ? Step::close : step;
}

Session::Step Session::run(std::string_view input, std::string& out, Worker& worker) {
  input_ = input;
  position_ = 0;
  worker_ = &worker;
  Dispatcher& dispatcher = server_.dispatcher();
  std::optional<BlindRun> blind;
  size_t position = 0;

  // Commits the run. False: it would have to wait, and everything since its start is taken back.
  auto commit_run = [&] {
    if (!blind) return true;
    if (blind->done.empty()) {  // the run's first command failed
      blind.reset();
      return true;
    }
    auto committed = blind->txn.commit();
    if (!committed && committed.error().would_block()) {
      blocking_commands_ = static_cast<uint32_t>(blind->done.size());
      out.resize(blind->out_begin);
      position = blind->input_begin;
      parser_.restart();
      blind.reset();
      return false;
    }
    std::string error = committed ? "" : error_text(committed.error());
    if (!committed) {
      out.resize(blind->out_begin);
      for (size_t i = 0; i < blind->done.size(); ++i) Reply(out, protocol).error(error);
    } else {
      acknowledge_run(*blind);
    }
    blind->done.back().end_us = monotonic_us();  // what the commit took is counted once
    for (const auto& done : blind->done) {
      Args args;
      if (server_.observes(done.end_us - done.start_us)) args = parse_again(input.substr(done.input_begin));
      dispatcher.account(*this, {done.match, args, db, done.start_us, done.end_us}, committed ? nullptr : &error,
                         worker);
    }
    blind.reset();
    return true;
  };

  while (!close_after_reply) {
    size_t consumed = 0;
    const auto status = parser_.parse(input.substr(position), server_.request_limits(*this), args_, consumed);
    if (status == RequestParser::Status::empty) {
      position += consumed;
      continue;
    }
    if (status != RequestParser::Status::complete) {
      if (!commit_run()) return stop(Step::offload, position);
      if (status == RequestParser::Status::incomplete) return stop(Step::need_input, position);
      Reply(out, protocol).error(parser_.error());
      worker.stats.error_replied("ERR");
      close_after_reply = true;
      break;
    }

    CommandTable::Match match;
    // An inline command's quoted words live only until the next parse: too short for a run.
    const bool borrowed = args_[0].data() >= input.data() && args_[0].data() < input.data() + input.size();
    if (borrowed && dispatcher.joins_blind_run(*this, args_, match)) {
      if (blind && blind->full() && !commit_run()) return stop(Step::offload, position);
      if (!blind) {
        blind.emplace(server_.keyspace(), position, out.size());
        blind->txn.set_origin(id);
      }
      const size_t reply_begin = out.size();
      Reply reply(out, protocol);
      const int64_t start_us = monotonic_us();
      blind->txn.save_point();
      auto outcome = dispatcher.call(this, *match.spec, args_, db, blind->txn, reply, true);
      if (outcome) {
        blind->done.push_back({match, position, start_us, monotonic_us()});
        blind->reply_ends.push_back(out.size());
        blind->input_bytes += consumed;
        position += consumed;
        continue;
      }
      out.resize(reply_begin);
      blind->txn.roll_back_to_save_point();
      if (!commit_run()) return stop(Step::offload, position);
      // Alone it gets its own locks, or its error.
    } else if (!commit_run()) {
      return stop(Step::offload, position);
    }

    switch (dispatcher.execute(*this, args_, out, worker)) {
      case Dispatcher::Executed::done: position += consumed; break;
      case Dispatcher::Executed::would_block: blocking_commands_ = 1; return stop(Step::offload, position);
      case Dispatcher::Executed::waiting: return stop(Step::blocked, position + consumed);
      case Dispatcher::Executed::postponed: return stop(Step::blocked, position);
    }
  }
  return stop(Step::close, input.size());
}

Session::Step Session::run_blocking(std::string& out, Worker& worker) {
  worker_ = &worker;
  Dispatcher& dispatcher = server_.dispatcher();
  worker.stats.offloaded.add();
  for (; blocking_commands_ > 0 && !close_after_reply; --blocking_commands_) {
    size_t consumed = 0;
    // The same bytes parsed inline a moment ago: always complete.
    if (parser_.parse(input_.substr(position_), server_.request_limits(*this), args_, consumed) !=
        RequestParser::Status::complete)
      break;
    switch (dispatcher.execute(*this, args_, out, worker)) {
      case Dispatcher::Executed::done: position_ += consumed; break;
      // Even here, when two hold what the other one wants: nothing happened, so once more.
      case Dispatcher::Executed::would_block:
        ++blocking_commands_;
        std::this_thread::yield();
        break;
      case Dispatcher::Executed::waiting: position_ += consumed; return Step::blocked;
      case Dispatcher::Executed::postponed: return Step::blocked;
    }
  }
  return close_after_reply ? Step::close : Step::need_input;
}

}  // namespace basalt
