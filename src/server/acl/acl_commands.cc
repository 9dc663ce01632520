// ACL and its subcommands.
#include <fmt/format.h>
#include <glog/logging.h>

#include "base/random.h"
#include "command/call.h"
#include "server/acl/acl.h"
#include "server/authentication.h"
#include "server/server.h"
#include "server/server_commands.h"

namespace basalt {

namespace {

constexpr std::string_view kHelp[] = {
    "CAT [<category>]",
    "    List all commands that belong to <category>, or all command categories",
    "    when no category is specified.",
    "DELUSER <username> [<username> ...]",
    "    Delete a list of users.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Returns whether the user can execute the given command without executing the command.",
    "GETUSER <username>",
    "    Get the user's details.",
    "GENPASS [<bits>]",
    "    Generate a secure 256-bit user password. The optional `bits` argument can",
    "    be used to specify a different size.",
    "LIST",
    "    Show users details in config file format.",
    "LOAD",
    "    Reload users from the ACL file.",
    "LOG [<count> | RESET]",
    "    Show the ACL log entries.",
    "SAVE",
    "    Save the current config to the ACL file.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Create or modify a user with the specified attributes.",
    "USERS",
    "    List all the registered usernames.",
    "WHOAMI",
    "    Return the current connection username.",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "ACL", kHelp);
  return kDone;
}

Acl& acl_of(Call& call) { return call.session->server().acl(); }

tl::unexpected<Error> too_many_arguments(const Call& call) {
  return fail(fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try ACL HELP.", call.arg(1)));
}

// ---- users ----

Result<Outcome> setuser_command(Call& call) {
  if (!is_user_name(call.arg(2))) return fail("ERR Usernames can't contain spaces or null characters");
  const auto change = acl_of(call).set_user(call.arg(2), std::span(call.args).subspan(3));
  if (!change) return fail("ERR " + change.error());
  disconnect_subscribers(call.session->server(), *change, *call.session);
  call.reply.ok();
  return kDone;
}

Result<Outcome> deluser_command(Call& call) {
  for (std::string_view name : std::span(call.args).subspan(2))
    if (name == "default") return fail("ERR The 'default' user cannot be removed");
  std::vector<std::shared_ptr<User>> removed;
  for (std::string_view name : std::span(call.args).subspan(2))
    if (auto user = acl_of(call).remove_user(name)) removed.push_back(std::move(user));
  if (!removed.empty()) disconnect_users(call.session->server(), removed, *call.session);
  call.reply.integer(static_cast<int64_t>(removed.size()));
  return kDone;
}

// Three pairs.
void describe_selector(Reply& reply, const Selector& selector) {
  reply.bulk("commands");
  reply.bulk(selector.command_rules());
  reply.bulk("keys");
  reply.bulk(selector.key_rules());
  reply.bulk("channels");
  reply.bulk(selector.channel_rules());
}

Result<Outcome> getuser_command(Call& call) {
  Reply& reply = call.reply;
  const auto user = acl_of(call).find(call.arg(2));
  if (!user) {
    reply.null();
    return kDone;
  }
  const auto rules = user->rules();
  reply.map(6);
  reply.bulk("flags");
  const auto flags = rules->flags();
  reply.set(static_cast<int64_t>(flags.size()));
  for (std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("passwords");
  reply.array(static_cast<int64_t>(rules->password_hashes().size()));
  for (const std::string& hash : rules->password_hashes()) reply.bulk(hash);
  describe_selector(reply, rules->selectors().front());
  reply.bulk("selectors");
  const auto selectors = rules->selectors().subspan(1);
  reply.array(static_cast<int64_t>(selectors.size()));
  for (const Selector& selector : selectors) {
    reply.map(3);
    describe_selector(reply, selector);
  }
  return kDone;
}

Result<Outcome> list_command(Call& call) {
  const auto lines = acl_of(call).lines();
  call.reply.array(static_cast<int64_t>(lines.size()));
  for (const std::string& line : lines) call.reply.bulk("user " + line);
  return kDone;
}

Result<Outcome> users_command(Call& call) {
  const auto users = acl_of(call).users();
  call.reply.array(static_cast<int64_t>(users.size()));
  for (const auto& user : users) call.reply.bulk(user->name());
  return kDone;
}

Result<Outcome> whoami_command(Call& call) {
  call.reply.bulk(call.session->user()->name());
  return kDone;
}

Result<Outcome> dryrun_command(Call& call) {
  const auto user = acl_of(call).find(call.arg(2));
  if (!user) return fail(fmt::format("ERR User '{}' not found", call.arg(2)));
  const Args args(call.args.begin() + 3, call.args.end());
  const CommandTable& commands = call.session->server().commands();
  const auto match = commands.match(args);
  if (!match.spec) return fail(fmt::format("ERR Command '{}' not found", args[0]));
  const std::string& name = commands.full_name(match.index);
  const int arity = match.spec->arity, argc = static_cast<int>(args.size());
  if ((arity > 0 && argc != arity) || argc < -arity)
    return fail(fmt::format("ERR wrong number of arguments for '{}' command", name));
  const auto denial = user->rules()->judge(match, args);
  if (!denial) {
    call.reply.ok();
  } else if (denial->reason == DenialReason::command) {
    call.reply.bulk(fmt::format("This user has no permissions to run the '{}' command", name));
  } else {
    call.reply.bulk(fmt::format("This user has no permissions to access the '{}' {}",
                                args[static_cast<size_t>(denial->argument)],
                                denial->reason == DenialReason::key ? "key" : "channel"));
  }
  return kDone;
}

// ---- the ACL file ----

Result<void> check_has_file(Call& call) {
  if (acl_of(call).has_file()) return {};
  return fail(
      "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
      "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store "
      "users in the Redis configuration.");
}

Result<Outcome> load_command(Call& call) {
  TRY(check_has_file(call));
  const auto removed = acl_of(call).load_file();
  if (!removed) return fail("ERR " + removed.error());
  disconnect_users(call.session->server(), *removed, *call.session);
  call.reply.ok();
  return kDone;
}

Result<Outcome> save_command(Call& call) {
  TRY(check_has_file(call));
  if (auto saved = acl_of(call).save_file(); !saved) {
    LOG(WARNING) << "The ACL file could not be saved: " << saved.error();
    return fail("ERR There was an error trying to save the ACLs. Please check the server logs for more information");
  }
  call.reply.ok();
  return kDone;
}

// ---- what else there is ----

Result<Outcome> cat_command(Call& call) {
  if (call.argc() > 3) return too_many_arguments(call);
  Reply& reply = call.reply;
  if (call.argc() == 2) {
    const auto categories = all_acl_categories();
    reply.array(static_cast<int64_t>(categories.size()));
    for (std::string_view category : categories) reply.bulk(category.substr(1));
    return kDone;
  }
  const auto category = CommandCatalog::category(call.arg(2));
  if (!category) return fail(fmt::format("ERR Unknown category '{:.128}'", call.arg(2)));
  const CommandCatalog& commands = acl_of(call).commands();
  const auto mark = reply.open(Reply::Aggregate::array);
  int64_t n = 0;
  for (uint32_t i = 0; i < call.session->server().commands().index_count(); ++i)
    if (commands.row(i).categories >> *category & 1) reply.bulk(commands.name(i)), ++n;
  reply.close(mark, n);
  return kDone;
}

Result<Outcome> genpass_command(Call& call) {
  constexpr int64_t kMaxBits = 4096;
  if (call.argc() > 3) return too_many_arguments(call);
  const int64_t bits = call.argc() == 3 ? TRY(call.integer(2)) : 256;
  if (bits <= 0 || bits > kMaxBits)
    return fail(
        fmt::format("ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
                    "number up to {}",
                    kMaxBits));
  const size_t digits = static_cast<size_t>(bits + 3) / 4;
  call.reply.bulk(std::string_view(random_hex((digits + 1) / 2)).substr(0, digits));
  return kDone;
}

std::string_view reason_word(DenialReason reason) {
  switch (reason) {
    case DenialReason::command: return "command";
    case DenialReason::key: return "key";
    case DenialReason::auth: return "auth";
    case DenialReason::channel: return "channel";
  }
  return "";
}

Result<Outcome> log_command(Call& call) {
  if (call.argc() > 3) return too_many_arguments(call);
  AclLog& log = acl_of(call).log();
  if (call.argc() == 3 && call.arg_is(2, "reset")) {
    log.reset();
    call.reply.ok();
    return kDone;
  }
  const int64_t count = call.argc() == 3 ? std::max<int64_t>(0, TRY(call.integer(2))) : 10;
  const int64_t now_ms = call.session->server().clock().now_ms();
  const auto entries = log.newest(static_cast<size_t>(count));
  Reply& reply = call.reply;
  reply.array(static_cast<int64_t>(entries.size()));
  for (const RefusedUse& entry : entries) {
    reply.map(7);
    reply.bulk("count");
    reply.integer(static_cast<int64_t>(entry.count));
    reply.bulk("reason");
    reply.bulk(reason_word(entry.reason));
    reply.bulk("context");
    reply.bulk(entry.context);
    reply.bulk("object");
    reply.bulk(entry.object);
    reply.bulk("username");
    reply.bulk(entry.user);
    reply.bulk("age-seconds");
    reply.number(static_cast<double>(now_ms - entry.time_ms) / 1000);
    reply.bulk("client-info");
    reply.bulk(entry.client);
  }
  return kDone;
}

constexpr uint64_t kOpen = kNoScript | kLoading | kStale | kNoTxn;
constexpr uint64_t kRestricted = kOpen | kAdmin;

constexpr KeylessRows row{Group::server};

constexpr std::string_view kPerUser = "O(N). Where N is the number of configured users.";

constexpr CommandSpec kSubcommands[] = {
    row("cat", -2, kOpen, "6.0.0", "List the ACL categories or the commands inside a category",
        "O(1) since the categories and commands are a fixed set.", cat_command),
    row("deluser", -3, kRestricted, "6.0.0", "Remove the specified ACL users and the associated rules",
        "O(1) amortized time considering the typical user.", deluser_command),
    row("dryrun", -4, kRestricted, "7.0.0",
        "Returns whether the user can execute the given command without executing the command.", "O(1).",
        dryrun_command),
    row("genpass", -2, kOpen, "6.0.0", "Generate a pseudorandom secure password to use for ACL users", "O(1)",
        genpass_command),
    row("getuser", 3, kRestricted, "6.0.0", "Get the rules for a specific ACL user",
        "O(N). Where N is the number of password, command and pattern rules that the user has.", getuser_command),
    row("help", 2, kLoading | kStale | kNoTxn, "6.0.0", "Show helpful text about the different subcommands", "O(1)",
        help_command),
    row("list", 2, kRestricted, "6.0.0", "List the current ACL rules in ACL config file format", kPerUser,
        list_command),
    row("load", 2, kRestricted | kOffload, "6.0.0", "Reload the ACLs from the configured ACL file", kPerUser,
        load_command),
    row("log", -2, kRestricted, "6.0.0", "List latest events denied because of ACLs in place",
        "O(N) with N being the number of entries shown.", log_command),
    row("save", 2, kRestricted | kOffload, "6.0.0", "Save the current ACL rules in the configured ACL file", kPerUser,
        save_command),
    row("setuser", -3, kRestricted, "6.0.0", "Modify or create the rules for a specific ACL user",
        "O(N). Where N is the number of rules provided.", setuser_command),
    row("users", 2, kRestricted, "6.0.0", "List the username of all the configured ACL rules", kPerUser, users_command),
    row("whoami", 2, kOpen, "6.0.0", "Return the name of the user associated to the current connection", "O(1)",
        whoami_command),
};

constexpr CommandSpec kCommands[] = {
    row("acl", -2, 0, "6.0.0", "A container for Access List Control commands ", "Depends on subcommand.", nullptr,
        kSubcommands),
};

}  // namespace

std::span<const CommandSpec> acl_commands() { return kCommands; }

}  // namespace basalt
