#include "layout/packed.h"

#include "base/bytes.h"

namespace basalt::layout {

void append_packed(std::string& body, std::string_view element) {
  append_varint(body, element.size());
  body.append(element);
}

std::optional<std::string_view> PackedReader::next() {
  if (rest_.empty() || damaged_) return std::nullopt;
  ByteReader reader(rest_);
  auto length = reader.varint();
  auto element = length ? reader.take(*length) : std::nullopt;
  if (!element) {
    damaged_ = true;
    return std::nullopt;
  }
  rest_ = reader.rest();
  return element;
}

std::optional<std::vector<std::string_view>> unpack(std::string_view body) {
  std::vector<std::string_view> elements;
  PackedReader reader(body);
  while (auto element = reader.next()) elements.push_back(*element);
  if (reader.damaged()) return std::nullopt;
  return elements;
}

}  // namespace basalt::layout
