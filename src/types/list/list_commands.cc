// The table of the list commands; their handlers are declared in list_handlers.h.
#include <span>

#include "command/spec.h"
#include "types/common/copied_reply.h"
#include "types/common/counted_keys.h"
#include "types/common/size_reply.h"
#include "types/list/list_handlers.h"

namespace basalt {

std::span<const CommandSpec> list_commands() {
  using namespace list;
  // clang-format off
  static constexpr CommandSpec kCommands[] = {
    {"lpush", -3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert",
     Group::list, "1.0.0",
     "Prepend one or multiple elements to a list",
     "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", lpush},
    {"rpush", -3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert",
     Group::list, "1.0.0",
     "Append one or multiple elements to a list",
     "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", rpush},
    {"lpushx", -3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert",
     Group::list, "2.2.0",
     "Prepend an element to a list, only if the list exists",
     "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", lpushx},
    {"rpushx", -3, kWrite | kDenyOom | kFast, {1, 1, 1}, "RW insert",
     Group::list, "2.2.0",
     "Append an element to a list, only if the list exists",
     "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.", rpushx},
    {"llen", 2, kReadonly | kFast, {1, 1, 1}, "RO",
     Group::list, "1.0.0",
     "Get the length of a list",
     "O(1)", reply_size<Type::list>},
    {"lindex", 3, kReadonly, {1, 1, 1}, "RO access",
     Group::list, "1.0.0",
     "Get an element from a list by its index",
     "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for "
     "the first or the last element of the list O(1).", lindex},
    {"lset", 4, kWrite | kDenyOom, {1, 1, 1}, "RW update",
     Group::list, "1.0.0",
     "Set the value of an element in a list by its index",
     "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).", lset},
    {"lrange", 4, kReadonly, {1, 1, 1}, "RO access",
     Group::list, "1.0.0",
     "Get a range of elements from a list",
     "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) "
     "for large lists; and N is the number of elements in the specified range.", copied<lrange>},
    {"ltrim", 4, kWrite, {1, 1, 1}, "RW delete",
     Group::list, "1.0.0",
     "Trim a list to the specified range",
     "O(N) where N is the number of elements to be removed by the operation.", ltrim},
    {"linsert", 5, kWrite | kDenyOom, {1, 1, 1}, "RW insert",
     Group::list, "2.2.0",
     "Insert an element before or after another element in a list",
     "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that "
     "inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on "
     "the right end (tail) is O(N).", linsert},
    {"lrem", 4, kWrite, {1, 1, 1}, "RW delete",
     Group::list, "1.0.0",
     "Remove elements from a list",
     "O(N+M) where N is the length of the list and M is the number of elements removed.", lrem},
    {"lpos", -3, kReadonly, {1, 1, 1}, "RO access",
     Group::list, "6.0.6",
     "Return the index of matching elements on a list",
     "O(N) where N is the number of elements in the list, for the average case. When searching for elements near "
     "the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant "
     "time.", lpos},
    {"lpop", -2, kWrite | kFast, {1, 1, 1}, "RW access delete",
     Group::list, "1.0.0",
     "Remove and get the first elements in a list",
     "O(N) where N is the number of elements returned", lpop},
    {"rpop", -2, kWrite | kFast, {1, 1, 1}, "RW access delete",
     Group::list, "1.0.0",
     "Remove and get the last elements in a list",
     "O(N) where N is the number of elements returned", rpop},
    {"lmpop", -4, kWrite | kMovableKeys, {0, 0, 0, find_counted_keys<1>}, "RW access delete",
     Group::list, "7.0.0",
     "Pop elements from a list",
     "O(N+M) where N is the number of provided keys and M is the number of elements returned.", lmpop},
    {"lmove", 5, kWrite | kDenyOom, {1, 2, 1}, "RW access delete;RW insert",
     Group::list, "6.2.0",
     "Pop an element from a list, push it to another list and return it",
     "O(1)", lmove},
    {"rpoplpush", 3, kWrite | kDenyOom, {1, 2, 1}, "RW access delete;RW insert",
     Group::list, "1.2.0",
     "Remove the last element in a list, prepend it to another list and return it",
     "O(1)", rpoplpush},
    {"blpop", -3, kWrite | kNoScript | kBlocking, {1, -2, 1}, "RW access delete",
     Group::list, "2.0.0",
     "Remove and get the first element in a list, or block until one is available",
     "O(N) where N is the number of provided keys.", blpop},
    {"brpop", -3, kWrite | kNoScript | kBlocking, {1, -2, 1}, "RW access delete",
     Group::list, "2.0.0",
     "Remove and get the last element in a list, or block until one is available",
     "O(N) where N is the number of provided keys.", brpop},
    {"blmpop", -5, kWrite | kBlocking | kMovableKeys, {0, 0, 0, find_counted_keys<2>}, "RW access delete",
     Group::list, "7.0.0",
     "Pop elements from a list, or block until one is available",
     "O(N+M) where N is the number of provided keys and M is the number of elements returned.", blmpop},
    {"blmove", 6, kWrite | kDenyOom | kNoScript | kBlocking, {1, 2, 1}, "RW access delete;RW insert",
     Group::list, "6.2.0",
     "Pop an element from a list, push it to another list and return it; or block until one is available",
     "O(1)", blmove},
    {"brpoplpush", 4, kWrite | kDenyOom | kNoScript | kBlocking, {1, 2, 1}, "RW access delete;RW insert",
     Group::list, "2.2.0",
     "Pop an element from a list, push it to another list and return it; or block until one is available",
     "O(1)", brpoplpush},
  };
  // clang-format on
  return kCommands;
}

}  // namespace basalt
