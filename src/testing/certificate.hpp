#pragma once

#include <string>

namespace acme::testing {

/// As PEM.
struct Certificate {
    std::string chain;
    std::string key;
};

/// Signed by itself, for an hour. `names` as OpenSSL's subjectAltName has them.
Certificate make_certificate(const std::string& names = "DNS:localhost,IP:127.0.0.1");

}  // namespace acme::testing
