// Pieces of JSON for the tools' --json.
//
// Thread rules: free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace basalt::tools {

/// `text` as a JSON string. It is UTF-8; bytes that are not go through base/quote first.
std::string json_string(std::string_view text);
/// An array, each of the elements (JSON themselves) on a line of its own, `indent` spaces before the closing bracket.
std::string json_lines(const std::vector<std::string>& elements, size_t indent = 0);

}  // namespace basalt::tools
