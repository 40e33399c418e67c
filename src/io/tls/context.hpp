#pragma once

/// TLS contexts out of PEM text in memory.

#include "base/secret.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace acme::tls {

/// Shared by all connections of a server; a renewed certificate is a new Context.
using Context = boost::asio::ssl::context;

/// For a server: TLS 1.3 only, no client certificates. `chain` begins with the server's own
/// certificate. Throws std::runtime_error, which says which of the two is wrong and never shows
/// either.
std::shared_ptr<Context> make_server_context(const std::string& chain, const Secret& key);

/// For a client: TLS 1.2 or later (managed stores still end there), and no peer without a
/// certificate that `authorities`, PEM, have signed. "": those that the system trusts, or, as
/// OpenSSL has it, those of SSL_CERT_FILE and SSL_CERT_DIR. That the certificate is the peer's own
/// is for the stream to check. Throws std::runtime_error for what is no PEM.
std::shared_ptr<Context> make_client_context(const std::string& authorities);

}  // namespace acme::tls
