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

}  // namespace acme::tls
