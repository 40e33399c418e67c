#include "io/tls/context.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // the compiled part of Asio's TLS, in this file alone

#include <stdexcept>

namespace acme::tls {

std::shared_ptr<Context> make_server_context(const std::string& chain, const Secret& key) {
    auto context = std::make_shared<Context>(Context::tls_server);
    boost::system::error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context->native_handle(), 1);
    context->use_certificate_chain(boost::asio::buffer(chain), error);
    if (error) throw std::runtime_error("the TLS certificate is not a chain of PEM certificates");
    context->use_private_key(boost::asio::buffer(key.reveal()), Context::pem, error);
    if (error || SSL_CTX_check_private_key(context->native_handle()) != 1) {
        throw std::runtime_error("the TLS key is not a PEM key, or not that of the certificate");
    }
    return context;
}

std::shared_ptr<Context> make_client_context(const std::string& authorities) {
    auto context = std::make_shared<Context>(Context::tls_client);
    boost::system::error_code error;
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    context->set_verify_mode(boost::asio::ssl::verify_peer, error);
    if (authorities.empty()) {
        context->set_default_verify_paths(error);
    } else {
        context->add_certificate_authority(boost::asio::buffer(authorities), error);
    }
    if (error) throw std::runtime_error("the TLS authorities are no PEM certificates");
    return context;
}

}  // namespace acme::tls
