// TLS over a socket that is connected and blocks, as a client of redis-cli's options.
//
// The server must show a certificate that an authority signed; its names are not compared with the address, as in
// redis-cli: tools run beside the server, and call it by addresses that no certificate has.
//
// Thread rules: one thread at a time.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace basalt::tools {

struct TlsFiles {
  std::string authorities;  ///< --cacert; empty: those that the system trusts
  std::string certificate;  ///< --cert and --key; empty: none is shown
  std::string key;
};

class TlsChannel {
 public:
  /// Shakes hands. `descriptor` stays the caller's, and outlives the channel.
  static Result<TlsChannel> open(int descriptor, const TlsFiles& files);

  Result<void> write(std::string_view bytes);
  /// What has come, at least a byte; a peer that has closed is a failure. The view is valid until the next read.
  Result<std::string_view> read();

 private:
  struct Release {
    void operator()(SSL* session) const;
    void operator()(SSL_CTX* context) const;
  };
  explicit TlsChannel(std::unique_ptr<SSL, Release> session) : session_(std::move(session)) {}

  static constexpr size_t kReadBytes = 16 << 10;
  std::unique_ptr<SSL, Release> session_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kReadBytes);
};

}  // namespace basalt::tools
