// TlsContext: certificate, key and rules for TLS as the tls-* options give them. A connection's own TLS state
// starts from one.
//
// Thread rules: immutable, any thread. A change of the options makes a new context; a connection keeps the one it
// began with as long as it needs it.
#pragma once

#include <memory>

#include <openssl/ssl.h>

#include "server/config/option.h"
#include "server/config/settings.h"

namespace basalt {

template <auto release>
struct ReleaseWith {
  template <typename T>
  void operator()(T* held) const {
    release(held);
  }
};
using TlsState = std::unique_ptr<SSL, ReleaseWith<SSL_free>>;

class TlsContext {
 public:
  /// Reads the files. The error names the option, what it says, and the cause.
  static Checked<TlsContext> load(const Settings& settings);

  /// The server's side of a new connection over `socket`, which stays the caller's; null if memory is out.
  TlsState accept_on(int socket) const;

 private:
  using Context = std::unique_ptr<SSL_CTX, ReleaseWith<SSL_CTX_free>>;
  explicit TlsContext(Context context) : context_(std::move(context)) {}

  Context context_;
};

}  // namespace basalt
