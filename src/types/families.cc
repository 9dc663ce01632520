#include "types/families.h"

#include "types/hash/hash_writer.h"

namespace basalt {

// One declaration a family; each is defined in types/<type>/<type>_commands.cc.
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> string_set_commands();
std::span<const CommandSpec> string_counter_commands();
std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> expire_commands();
std::span<const CommandSpec> database_commands();
std::span<const CommandSpec> object_commands();
std::span<const CommandSpec> bit_commands();
std::span<const CommandSpec> bitfield_commands();
std::span<const CommandSpec> hyperloglog_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> hash_expiry_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> set_operation_commands();
std::span<const CommandSpec> list_commands();
std::span<const CommandSpec> zset_commands();
std::span<const CommandSpec> geo_commands();
std::span<const CommandSpec> dump_commands();
std::span<const CommandSpec> sort_commands();
std::span<const CommandSpec> stream_commands();

void add_type_commands(CommandTable& table) {
  table.add(string_commands());
  table.add(string_set_commands());
  table.add(string_counter_commands());
  table.add(key_commands());
  table.add(expire_commands());
  table.add(database_commands());
  table.add(object_commands());
  table.add(bit_commands());
  table.add(bitfield_commands());
  table.add(hyperloglog_commands());
  table.add(hash_commands());
  table.add(hash_expiry_commands());
  table.add(set_commands());
  table.add(set_operation_commands());
  table.add(list_commands());
  table.add(zset_commands());
  table.add(geo_commands());
  table.add(dump_commands());
  table.add(sort_commands());
  table.add(stream_commands());
}

void connect_types(Keyspace& keyspace) { keyspace.set_field_expirer(expire_hash_fields); }

}  // namespace basalt
