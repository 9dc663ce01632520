// A string as commands see it: one run of bytes, whichever way it is stored.
//
//   plain    the bytes are the body of one record (`strings`).
//   spread   the head (`heads`) has the size, and the bytes lie in chunks of kChunkBytes (`items`, keyed by
//            layout::chunk_key). Sparse: where no chunk is, and behind the end of a chunk, there are zeros.
//
// SET and its kin write plain strings of any length. A change in place (APPEND, SETRANGE, SETBIT, …) spreads a
// string longer than string_chunk_threshold, so that it and all later ones write the chunks they touch only.
//
// Thread rules: belongs to one command and its Txn.
//
// Invariants:
// 1. Nothing reaches the Txn before save(), but for chunks of the object being written.
// 2. Inline, more than kInlineBytes at a time are not looked at: WouldBlock sends the command to the pool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "keyspace/txn.h"
#include "resp/reply.h"
#include "types/common/object_writer.h"

namespace basalt {

/// Size of a chunk. The layout on disk depends on it. A changed bit rewrites its chunk, and writes are bound by
/// their bytes: with chunks four times as large SETBIT takes four times as long when it is bound by the disk.
inline constexpr uint64_t kChunkBytes = 1024;

class StringValue {
 public:
  static constexpr uint64_t kInlineBytes = 1 << 20;

  /// The key's string, or an empty one that does not exist yet. Fails with WRONGTYPE. Reads of several
  /// chunks see one moment.
  static Result<StringValue> open(Txn& txn, Key key);
  /// The same for a string that was found already, by the holder of the key's lock or after Txn::freeze.
  /// The record is borrowed.
  StringValue(Txn& txn, Key key, const Record& record);

  /// As it was found; null for a key that does not exist yet.
  const Record* record() const { return borrowed_ ? borrowed_ : record_ ? &*record_ : nullptr; }
  bool exists() const { return record() != nullptr; }
  uint64_t size() const { return size_; }

  /// The bytes from `offset` on, `length` of them or as many as there are. Valid until the next call.
  Result<std::string_view> read(uint64_t offset, uint64_t length);
  Result<std::string_view> read_all() { return read(0, size_); }

  /// Walks the stored pieces of [offset, offset + length) in order, until the visitor says false. What lies
  /// between two pieces is zeros. The visitor may not use this string.
  using Visitor = absl::FunctionRef<bool(uint64_t position, std::string_view bytes)>;
  Result<void> visit(uint64_t offset, uint64_t length, Visitor visitor);

  /// Puts `bytes` at `offset`; the string grows to hold them, with zeros in between.
  Result<void> write(uint64_t offset, std::string_view bytes);
  /// Makes it at least `size` bytes long, with zeros.
  Result<void> grow(uint64_t size);
  /// Hands the changes to the Txn. Once, at the end, if anything was changed.
  void save();

  /// Puts a plain string in the key's place, now; the expiry stays.
  static void replace(Txn& txn, Key key, std::string_view bytes, const Record* previous);

 private:
  StringValue(Txn& txn, Key key, std::optional<Record> record);
  void take_shape();
  bool spread() const { return object_.has_value(); }
  std::string_view body() const;
  bool holds(uint64_t chunk) const { return held_ && held_->number == chunk; }
  Result<void> hold(uint64_t chunk, bool keep_bytes);
  void release();
  Result<void> spread_out();

  Txn* txn_;
  Key key_;
  std::optional<Record> record_;      // as it was found
  const Record* borrowed_ = nullptr;  // likewise
  uint64_t size_ = 0;
  std::optional<ObjectId> object_;   // spread
  std::optional<std::string> body_;  // a plain string once it was changed
  // The one chunk being changed: changes to neighbouring bytes cost one read and one write.
  struct HeldChunk {
    uint64_t number;
    std::string bytes;
    bool changed = false;
  };
  std::optional<HeldChunk> held_;
  std::string buffer_;
};

/// Writes a whole new string from its start to its end, in bounded memory: plain or spread, by its size.
class StringWriter {
 public:
  StringWriter(Txn& txn, Key key, uint64_t size);
  /// Pieces of any length; together they are `size` bytes.
  Result<void> append(std::string_view bytes);
  /// Puts the string in the key's place, without expiry. Once, after the last piece.
  Result<void> finish(const Record* previous);

 private:
  Result<void> put_chunk(std::string_view bytes);

  Txn* txn_;
  Key key_;
  uint64_t size_;
  std::optional<ObjectWriter> object_;  // spread
  uint32_t chunk_ = 0;
  std::string rest_;  // what does not fill a chunk yet; all of a plain string
};

/// "ERR string exceeds maximum allowed size (proto-max-bulk-len)" for a string of that many bytes.
Result<void> check_string_size(const Txn& txn, uint64_t offset, uint64_t length);
/// Inline, WouldBlock when that many bytes are to be processed.
Result<void> check_inline_bytes(const Txn& txn, uint64_t bytes);

/// Replies with a whole string that was found, by the holder of the key's lock or after Txn::freeze.
Result<void> reply_string(Reply& reply, Txn& txn, Key key, const Record& record);
/// Replies with [offset, offset + length) of the string, which must lie within it, as a bulk.
Result<void> reply_bytes(Reply& reply, StringValue& value, uint64_t offset, uint64_t length);

}  // namespace basalt
