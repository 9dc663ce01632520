#include "types/string/string_value.h"

#include <algorithm>
#include <cstring>

#include "base/number.h"
#include "layout/record_key.h"

namespace basalt {

Result<void> check_string_size(const Txn& txn, uint64_t offset, uint64_t length) {
  auto limit = static_cast<uint64_t>(txn.limits().proto_max_bulk_len.load(std::memory_order_relaxed));
  if (length > limit || offset > limit - length) {
    return fail("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  return {};
}

Result<void> check_inline_bytes(const Txn& txn, uint64_t bytes) {
  if (txn.access() == Access::inline_ && bytes > StringValue::kInlineBytes) return would_block();
  return {};
}

namespace {

uint64_t chunk_threshold(const Txn& txn) {
  return static_cast<uint64_t>(txn.limits().string_chunk_threshold.load(std::memory_order_relaxed));
}

KeyBuffer chunk_key(ObjectId object, uint64_t chunk) { return layout::chunk_key(object, static_cast<uint32_t>(chunk)); }

}  // namespace

Result<StringValue> StringValue::open(Txn& txn, Key key) {
  return StringValue(txn, key, TRY(txn.find_frozen(key, Type::string)));
}

StringValue::StringValue(Txn& txn, Key key, std::optional<Record> record)
    : txn_(&txn), key_(key), record_(std::move(record)) {
  take_shape();
}

StringValue::StringValue(Txn& txn, Key key, const Record& record) : txn_(&txn), key_(key), borrowed_(&record) {
  take_shape();
}

void StringValue::take_shape() {
  if (!record()) return;
  size_ = record()->head.size;
  if (record()->head.spread()) object_ = record()->head.object;
}

std::string_view StringValue::body() const {
  if (body_) return *body_;
  return record() ? record()->head.body : std::string_view();
}

Result<std::string_view> StringValue::read(uint64_t offset, uint64_t length) {
  if (offset >= size_) return std::string_view();
  length = std::min(length, size_ - offset);
  if (!spread()) return body().substr(offset, length);
  const uint64_t chunk = offset / kChunkBytes;
  const uint64_t start = offset % kChunkBytes;
  if (start + length <= kChunkBytes && (holds(chunk) || txn_->holds(key_))) {  // a writer will change it next
    TRY(hold(chunk, true));
    buffer_ = held_->bytes.size() > start ? held_->bytes.substr(start, length) : "";
    buffer_.resize(length);
    return buffer_;
  }
  TRY(check_inline_bytes(*txn_, length));
  buffer_.assign(length, '\0');
  TRY(visit(offset, length, [&](uint64_t position, std::string_view bytes) {
    std::memcpy(buffer_.data() + (position - offset), bytes.data(), bytes.size());
    return true;
  }));
  return buffer_;
}

Result<void> StringValue::visit(uint64_t offset, uint64_t length, Visitor visitor) {
  if (offset >= size_) return {};
  const uint64_t end = offset + std::min(length, size_ - offset);
  TRY(check_inline_bytes(*txn_, end - offset));
  if (!spread()) {
    visitor(offset, body().substr(offset, end - offset));
    return {};
  }
  release();
  // Hands over what of a chunk's bytes lies inside the range.
  auto clip = [&](uint64_t chunk, std::string_view bytes) {
    const uint64_t start = chunk * kChunkBytes;
    const uint64_t from = std::max(start, offset);
    const uint64_t to = std::min(start + std::min(bytes.size(), kChunkBytes), end);
    return from >= to || visitor(from, bytes.substr(from - start, to - from));
  };
  const uint64_t first = offset / kChunkBytes;
  const uint64_t last = (end - 1) / kChunkBytes;
  if (first == last) {
    Value value;
    if (TRY(txn_->get(Column::items, chunk_key(*object_, first), &value))) {
      clip(first, value.view());
    }
    return {};
  }
  const KeyBuffer lower = chunk_key(*object_, first);
  const KeyBuffer upper = chunk_key(*object_, last + 1);
  Cursor cursor = txn_->cursor(Column::items, {.lower = lower, .upper = upper});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    auto key = layout::decode_chunk_key(cursor.key());
    if (key && !clip(key->chunk, cursor.value())) return {};
  }
  return cursor.status();
}

// Makes `chunk` the one that is changed; its bytes are read unless all of them will be overwritten.
Result<void> StringValue::hold(uint64_t chunk, bool keep_bytes) {
  if (holds(chunk)) return {};
  release();
  HeldChunk held{chunk, {}};
  Value value;
  if (keep_bytes && TRY(txn_->get(Column::items, chunk_key(*object_, chunk), &value))) {
    held.bytes = value.view().substr(0, kChunkBytes);
  }
  held_ = std::move(held);
  return {};
}

void StringValue::release() {
  if (held_ && held_->changed) txn_->put_item(Column::items, chunk_key(*object_, held_->number), held_->bytes);
  held_.reset();
}

// From one record to chunks, of a new object.
Result<void> StringValue::spread_out() {
  const std::string_view bytes = body();
  object_ = txn_->new_object(key_);
  for (uint64_t start = 0; start < bytes.size(); start += kChunkBytes) {
    TRY(hold(start / kChunkBytes, false));
    held_->bytes = bytes.substr(start, kChunkBytes);
    held_->changed = true;
  }
  body_.reset();
  return {};
}

Result<void> StringValue::grow(uint64_t size) {
  if (!spread() && std::max(size, size_) > chunk_threshold(*txn_)) TRY(spread_out());
  if (!spread() && !body_) body_ = std::string(body());
  size_ = std::max(size_, size);
  if (!spread()) body_->resize(size_);
  return {};
}

Result<void> StringValue::write(uint64_t offset, std::string_view bytes) {
  const uint64_t old_size = size_;
  TRY(grow(offset + bytes.size()));
  if (!spread()) {
    body_->replace(offset, bytes.size(), bytes);
    return {};
  }
  while (!bytes.empty()) {
    const uint64_t start = offset % kChunkBytes;
    const uint64_t length = std::min<uint64_t>(bytes.size(), kChunkBytes - start);
    const uint64_t chunk = offset / kChunkBytes;
    const bool all = start == 0 && (length == kChunkBytes || offset + length >= old_size);
    TRY(hold(chunk, !all));
    if (held_->bytes.size() < start + length) held_->bytes.resize(start + length);
    std::memcpy(held_->bytes.data() + start, bytes.data(), length);
    held_->changed = true;
    offset += length;
    bytes.remove_prefix(length);
  }
  return {};
}

void StringValue::save() {
  const Record* previous = record();
  if (!spread()) {
    if (body_) replace(*txn_, key_, *body_, previous);
    return;
  }
  release();
  if (previous && previous->head.object == object_ && previous->head.size == size_) return;
  Head head;
  head.encoding = Encoding::spread;
  head.object = *object_;
  head.size = size_;
  head.expire_ms = previous ? previous->head.expire_ms : 0;
  txn_->put(key_, head, previous);
}

void StringValue::replace(Txn& txn, Key key, std::string_view bytes, const Record* previous) {
  Head head;
  head.body = bytes;
  head.size = bytes.size();
  head.expire_ms = previous ? previous->head.expire_ms : 0;
  txn.put(key, head, previous);
}

StringWriter::StringWriter(Txn& txn, Key key, uint64_t size) : txn_(&txn), key_(key), size_(size) {
  if (size > chunk_threshold(txn)) object_.emplace(txn, key, Type::string);
}

// Chunks of zeros are left out.
Result<void> StringWriter::put_chunk(std::string_view bytes) {
  const uint32_t chunk = chunk_++;
  if (bytes.find_first_not_of('\0') == std::string_view::npos) return {};
  return object_->put(Column::items, layout::chunk_key(object_->object(), chunk), bytes);
}

Result<void> StringWriter::append(std::string_view bytes) {
  rest_.append(bytes);
  if (!object_) return {};
  std::string_view left = rest_;
  for (; left.size() >= kChunkBytes; left.remove_prefix(kChunkBytes)) TRY(put_chunk(left.substr(0, kChunkBytes)));
  rest_.erase(0, rest_.size() - left.size());
  return {};
}

Result<void> StringWriter::finish(const Record* previous) {
  Head head;
  head.size = size_;
  head.body = rest_;
  if (object_) {
    if (!rest_.empty()) TRY(put_chunk(rest_));
    TRY(object_->finish());
    head.encoding = Encoding::spread;
    head.object = object_->object();
  }
  txn_->put(key_, head, previous);
  return {};
}

Result<void> reply_string(Reply& reply, Txn& txn, Key key, const Record& record) {
  StringValue value(txn, key, record);
  return reply_bytes(reply, value, 0, value.size());
}

Result<void> reply_bytes(Reply& reply, StringValue& value, uint64_t offset, uint64_t length) {
  if (length <= kChunkBytes) {
    reply.bulk(TRY(value.read(offset, length)));
    return {};
  }
  reply.raw("$" + int64_to_string(static_cast<int64_t>(length)) + "\r\n");
  const uint64_t end = offset + length;
  auto skip_to = [&](uint64_t position) {
    static constexpr char kZeros[kChunkBytes] = {};
    while (offset < position) {
      const uint64_t zeros = std::min(position - offset, kChunkBytes);
      reply.raw({kZeros, zeros});
      offset += zeros;
    }
  };
  TRY(value.visit(offset, length, [&](uint64_t position, std::string_view bytes) {
    skip_to(position);
    reply.raw(bytes);
    offset += bytes.size();
    return true;
  }));
  skip_to(end);
  reply.raw("\r\n");
  return {};
}

}  // namespace basalt
