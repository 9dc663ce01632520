// How the options meet OpenSSL: see SSL_CTX_new(3ssl) and the pages it leads to.
#include "net/tls_context.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/split.h"

namespace basalt {
namespace {

// Why the last call of OpenSSL failed, and nothing of it left for the next one.
std::string cause() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "unknown cause";
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  if (ERR_GET_REASON(error) == ERR_R_UNSUPPORTED) return "not what it should be, in PEM";
  const char* reason = ERR_reason_error_string(error);
  return reason ? reason : fmt::format("OpenSSL's error {:08X}", error);
}

tl::unexpected<std::string> wrong(std::string_view option, std::string_view value, std::string_view why) {
  return tl::unexpected(fmt::format("{} '{}': {}", option, value, why));
}

struct Password {
  std::string text;
  bool was_asked_for = false;
};

// For a key file in need of a password. Without this OpenSSL would ask on the terminal.
int give_password(char* buffer, int size, int, void* argument) {
  auto& password = *static_cast<Password*>(argument);
  password.was_asked_for = true;
  if (password.text.empty() || password.text.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, password.text.data(), password.text.size());
  return static_cast<int>(password.text.size());
}

Checked<void> set_protocols(SSL_CTX* context, const std::string& protocols) {
  struct Protocol {
    std::string_view name;
    uint64_t without;
  };
  constexpr Protocol kProtocols[] = {{"tlsv1", SSL_OP_NO_TLSv1},
                                     {"tlsv1.1", SSL_OP_NO_TLSv1_1},
                                     {"tlsv1.2", SSL_OP_NO_TLSv1_2},
                                     {"tlsv1.3", SSL_OP_NO_TLSv1_3}};
  uint64_t without = 0;
  for (const Protocol& protocol : kProtocols) without |= protocol.without;
  for (std::string_view word : split_nonempty(protocols.empty() ? "TLSv1.2 TLSv1.3" : protocols, ' ')) {
    const auto* named = std::find_if(std::begin(kProtocols), std::end(kProtocols),
                                     [word](const Protocol& known) { return equals_ignore_case(known.name, word); });
    if (named == std::end(kProtocols))
      return wrong("tls-protocols", protocols, "expected a combination of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3");
    without &= ~named->without;
  }
  SSL_CTX_set_options(context, without);
  return {};
}

Checked<void> set_certificate(SSL_CTX* context, const Settings& settings) {
  const std::string certificate = settings.tls_cert_file.get(), key = settings.tls_key_file.get();
  Password password{settings.tls_key_file_pass.get()};
  if (certificate.empty()) return tl::unexpected(std::string("tls-cert-file is not set"));
  if (key.empty()) return tl::unexpected(std::string("tls-key-file is not set"));
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool certified = SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) == 1;
  const bool keyed = certified && SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!certified) return wrong("tls-cert-file", certificate, cause());
  if (!keyed && password.was_asked_for && password.text.empty())
    return wrong("tls-key-file", key, "it is encrypted, and tls-key-file-pass is not set");
  if (!keyed) return wrong("tls-key-file", key, cause());
  return {};
}

Checked<void> set_authorities(SSL_CTX* context, const Settings& settings) {
  const std::string file = settings.tls_ca_cert_file.get(), directory = settings.tls_ca_cert_dir.get();
  const TlsAuthClients clients = settings.tls_auth_clients;
  if (clients != TlsAuthClients::no && file.empty() && directory.empty())
    return tl::unexpected(
        std::string("tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir to know clients by; or set it to no"));
  if (!file.empty() && SSL_CTX_load_verify_file(context, file.c_str()) != 1)
    return wrong("tls-ca-cert-file", file, cause());
  if (!directory.empty()) {
    // OpenSSL looks for certificates when it wants one, so it would not complain now.
    std::error_code bad;
    if (!std::filesystem::is_directory(directory, bad))
      return wrong("tls-ca-cert-dir", directory, bad ? bad.message() : "not a directory");
    if (SSL_CTX_load_verify_dir(context, directory.c_str()) != 1) return wrong("tls-ca-cert-dir", directory, cause());
  }
  int verify = SSL_VERIFY_NONE;
  if (clients == TlsAuthClients::optional) verify = SSL_VERIFY_PEER;
  if (clients == TlsAuthClients::yes) verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, verify, nullptr);
  return {};
}

Checked<void> set_ciphers(SSL_CTX* context, const Settings& settings) {
  const std::string ciphers = settings.tls_ciphers.get(), suites = settings.tls_ciphersuites.get();
  if (!ciphers.empty() && SSL_CTX_set_cipher_list(context, ciphers.c_str()) != 1)
    return wrong("tls-ciphers", ciphers, cause());
  if (!suites.empty() && SSL_CTX_set_ciphersuites(context, suites.c_str()) != 1)
    return wrong("tls-ciphersuites", suites, cause());
  if (settings.tls_prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  return {};
}

Checked<void> set_key_exchange(SSL_CTX* context, const Settings& settings) {
  const std::string file = settings.tls_dh_params_file.get();
  if (file.empty()) {
    SSL_CTX_set_dh_auto(context, 1);
    return {};
  }
  const std::unique_ptr<BIO, ReleaseWith<BIO_free>> text(BIO_new_file(file.c_str(), "r"));
  if (!text) return wrong("tls-dh-params-file", file, cause());
  EVP_PKEY* parameters = PEM_read_bio_Parameters(text.get(), nullptr);
  if (!parameters) return wrong("tls-dh-params-file", file, cause());
  if (SSL_CTX_set0_tmp_dh_pkey(context, parameters) == 1) return {};  // which owns them now
  EVP_PKEY_free(parameters);
  return wrong("tls-dh-params-file", file, cause());
}

void set_session_cache(SSL_CTX* context, const Settings& settings) {
  if (!settings.tls_session_caching) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return;
  }
  constexpr unsigned char kName[] = "basalt";
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, settings.tls_session_cache_size.load());
  SSL_CTX_set_timeout(context, settings.tls_session_cache_timeout_s.load());
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
}

}  // namespace

Checked<TlsContext> TlsContext::load(const Settings& settings) {
  ERR_clear_error();
  Context made(SSL_CTX_new(TLS_server_method()));
  if (!made) return tl::unexpected("OpenSSL: " + cause());
  SSL_CTX* context = made.get();
  // A peer that goes without a goodbye is everyday; commands say themselves how long they are.
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // The buffer of replies grows, and so moves, while OpenSSL waits to send its start. Idle clients keep no buffers.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // one system call a record, not two
  for (auto set : {set_certificate, set_authorities, set_ciphers, set_key_exchange})
    if (auto done = set(context, settings); !done) return tl::unexpected(std::move(done).error());
  if (auto done = set_protocols(context, settings.tls_protocols.get()); !done)
    return tl::unexpected(std::move(done).error());
  set_session_cache(context, settings);
  return TlsContext(std::move(made));
}

TlsState TlsContext::accept_on(int socket) const {
  TlsState state(SSL_new(context_.get()));
  if (!state || SSL_set_fd(state.get(), socket) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_accept_state(state.get());
  return state;
}

}  // namespace basalt
