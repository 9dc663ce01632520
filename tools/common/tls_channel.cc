#include "tools/common/tls_channel.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace basalt::tools {

namespace {

// Why the last call of OpenSSL failed, and nothing of it left for the next one.
std::string cause() {
  const int system_error = errno;
  if (system_error == EAGAIN) return "no answer in time";
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return system_error != 0 ? std::strerror(system_error) : "the server closed the connection";
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  if (ERR_GET_REASON(error) == ERR_R_UNSUPPORTED) return "not what it should be, in PEM";
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : fmt::format("OpenSSL's error {:08X}", error);
}

tl::unexpected<Error> file_problem(std::string_view flag, const std::string& path) {
  return fail(fmt::format("cannot use --{}: {}: {}; it must be a file in PEM that may be read", flag, path, cause()));
}

Result<void> load_files(SSL_CTX* context, const TlsFiles& files) {
  if (files.authorities.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) return fail("cannot load the system's authorities: " + cause());
  } else if (SSL_CTX_load_verify_file(context, files.authorities.c_str()) != 1) {
    return file_problem("cacert", files.authorities);
  }
  if (files.certificate.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return file_problem("cert", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return file_problem("key", files.key);
  return {};
}

}  // namespace

void TlsChannel::Release::operator()(SSL* session) const { SSL_free(session); }
void TlsChannel::Release::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<TlsChannel> TlsChannel::open(int descriptor, const TlsFiles& files) {
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, Release> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail("cannot begin TLS: " + cause());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  TRY(load_files(context.get(), files));
  std::unique_ptr<SSL, Release> session(SSL_new(context.get()));
  if (!session || SSL_set_fd(session.get(), descriptor) != 1) return fail("cannot begin TLS: " + cause());
  errno = 0;
  if (SSL_connect(session.get()) == 1) return TlsChannel(std::move(session));
  const long verified = SSL_get_verify_result(session.get());
  if (verified == X509_V_OK) return fail(fmt::format("no TLS: {}; is it the server's tls-port?", cause()));
  ERR_clear_error();
  return fail(fmt::format("no TLS: the server's certificate: {}; give its authority with --cacert",
                          X509_verify_cert_error_string(verified)));
}

Result<void> TlsChannel::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t most = std::min<size_t>(bytes.size(), std::numeric_limits<int>::max());
    errno = 0;
    const int written = SSL_write(session_.get(), bytes.data(), static_cast<int>(most));
    if (written <= 0) return fail(cause());
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<std::string_view> TlsChannel::read() {
  errno = 0;
  const int taken = SSL_read(session_.get(), buffer_.get(), kReadBytes);
  if (taken <= 0) return fail(cause());
  return std::string_view(buffer_.get(), static_cast<size_t>(taken));
}

}  // namespace basalt::tools
