#include "server/redaction.h"

#include <algorithm>

#include "base/bytes.h"

namespace basalt {

namespace {

constexpr std::string_view kRedacted = "(redacted)";
constexpr std::string_view kSecretOptions[] = {"requirepass", "masterauth", "masteruser", "tls-key-file-pass",
                                               "tls-client-key-file-pass"};

void redact_from(Args& args, size_t first) {
  for (size_t i = first; i < args.size(); ++i) args[i] = kRedacted;
}

// The `count` arguments that follow each `word`.
void redact_after(Args& args, std::string_view word, size_t count) {
  for (size_t i = 1; i < args.size(); ++i) {
    if (!equals_ignore_case(args[i], word)) continue;
    for (size_t next = i + 1; next <= i + count && next < args.size(); ++next) args[next] = kRedacted;
    i += count;
  }
}

void redact_options(Args& args) {
  for (size_t i = 2; i + 1 < args.size(); i += 2) {
    const bool secret = std::any_of(std::begin(kSecretOptions), std::end(kSecretOptions),
                                    [&](std::string_view option) { return equals_ignore_case(args[i], option); });
    if (secret) args[i + 1] = kRedacted;
  }
}

}  // namespace

Args redacted(std::string_view full_name, const Args& args) {
  Args shown = args;
  if (full_name == "auth") redact_from(shown, 1);
  else if (full_name == "acl|setuser" || full_name == "acl|deluser") redact_from(shown, 2);
  else if (full_name == "acl|getuser") redact_from(shown, 2);
  else if (full_name == "hello") redact_after(shown, "auth", 2);
  else if (full_name == "config|set") redact_options(shown);
  else if (full_name == "migrate") redact_after(shown, "auth", 1), redact_after(shown, "auth2", 2);
  return shown;
}

}  // namespace basalt
