// Every family of the server's own commands. A new family adds one line here and one in server_commands.cc.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command/help.h"
#include "command/spec.h"
#include "command/table.h"
#include "resp/reply.h"

namespace basalt {

/// The Redis whose behaviour this server has: clients look at it to know what they may ask.
inline constexpr std::string_view kRedisVersion = "7.0.15";

std::span<const CommandSpec> connection_commands();   // connection_commands.cc
std::span<const CommandSpec> client_commands();       // client_commands.cc
std::span<const CommandSpec> transaction_commands();  // transaction.cc
std::span<const CommandSpec> admin_commands();        // admin_commands.cc
std::span<const CommandSpec> command_commands();      // command_commands.cc
std::span<const CommandSpec> pubsub_commands();       // pubsub_commands.cc
std::span<const CommandSpec> debug_commands();        // debug_commands.cc
std::span<const CommandSpec> observation_commands();  // observation_commands.cc
std::span<const CommandSpec> memory_commands();       // memory_commands.cc
std::span<const CommandSpec> about_commands();        // about_commands.cc
std::span<const CommandSpec> basalt_commands();       // basalt_commands.cc
std::span<const CommandSpec> acl_commands();          // acl/acl_commands.cc

void add_server_commands(CommandTable& table);

/// Makes the rows of a group's commands without keys: `constexpr KeylessRows row{Group::server};`
struct KeylessRows {
  Group group;
  constexpr CommandSpec operator()(std::string_view name, int arity, uint64_t flags, std::string_view since,
                                   std::string_view summary, std::string_view complexity, Handler handler,
                                   std::span<const CommandSpec> subcommands = {}, std::string_view acl = {}) const {
    return {name, arity, flags, {}, "", group, since, summary, complexity, handler, subcommands, acl};
  }
};

}  // namespace basalt
