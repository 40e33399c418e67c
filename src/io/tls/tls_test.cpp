// A server that speaks TLS, and libcurl as its client, which trusts one certificate only.
#include "io/tls/context.hpp"
#include "testing/server_bench.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <curl/curl.h>

namespace acme::tls {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

struct Certificate {
    std::string chain;
    std::string key;
};

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

/// Signed by itself, for localhost.
Certificate make_certificate() {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509* const x509 = certificate.get();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -60);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key.get());
    X509_NAME* const name = X509_get_subject_name(x509);
    const std::string host = "localhost";
    const auto* const bytes =
        static_cast<const unsigned char*>(static_cast<const void*>(host.c_str()));
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, bytes, -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509, key.get(), EVP_sha256());
    BIO* const chain = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(chain, x509);
    BIO* const secret = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(secret, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(chain), text_of(secret)};
}

Task<Result<http::Response>> echo(const http::Call& call) {
    auto body = ACME_TRY(co_await call.request.body.read_all(4 << 20));
    co_return http::Response{.body = std::move(body), .content_type = "text/plain"};
}

std::size_t keep(const char* data, std::size_t one, std::size_t count, void* into) {
    static_cast<std::string*>(into)->append(data, one * count);
    return one * count;
}

struct TlsBench : testing::ServerBench {
    TlsBench() {
        add(http::Method::post, "/echo", 4 << 20, [](const http::Call& call) { return echo(call); }
        );
        server.use_tls(make_server_context(certificate.chain, Secret(std::string(certificate.key)))
        );
        serve();
    }

    ~TlsBench() { drain(); }

    /// What libcurl says, "" when all is well; the body into `answer`.
    std::string post(
        const std::string& body, std::string& answer, long version = CURL_SSLVERSION_DEFAULT
    ) {
        const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(
            curl_easy_init(), curl_easy_cleanup
        );
        const std::string url = "https://localhost:" + std::to_string(port) + "/echo";
        std::string trusted = certificate.chain;
        curl_blob blob{.data = trusted.data(), .len = trusted.size(), .flags = CURL_BLOB_COPY};
        const std::string here = "localhost:" + std::to_string(port) + ":127.0.0.1";
        curl_slist* const hosts = curl_slist_append(nullptr, here.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl.get(), CURLOPT_RESOLVE, hosts);
        curl_easy_setopt(curl.get(), CURLOPT_CAINFO_BLOB, &blob);
        curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, version);
        curl_easy_setopt(
            curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size())
        );
        curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
        curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 20L);
        const CURLcode code = curl_easy_perform(curl.get());
        curl_slist_free_all(hosts);
        return code == CURLE_OK ? "" : curl_easy_strerror(code);
    }

    Certificate certificate = make_certificate();
};

TEST(Tls, AClientThatTrustsTheCertificateIsServedBothWays) {
    TlsBench bench;
    const std::string body(3 << 20, 'x');
    std::string answer;
    EXPECT_EQ(bench.post(body, answer), "");
    EXPECT_TRUE(answer == body);
}

TEST(Tls, NothingWeakerThanTls13IsSpoken) {
    TlsBench bench;
    std::string answer;
    EXPECT_NE(
        bench.post("x", answer, CURL_SSLVERSION_TLSv1_2 | long{CURL_SSLVERSION_MAX_TLSv1_2}), ""
    );
    EXPECT_EQ(answer, "");
    testing::HttpClient plain(bench.port);
    plain.send(testing::head("GET", "/echo"));
    EXPECT_EQ(plain.receive_all().find("HTTP/1.1"), std::string::npos);
}

TEST(Tls, ADrainEndsTlsConnectionsToo) {
    TlsBench bench;
    std::string answer;
    EXPECT_EQ(bench.post("x", answer), "");
    bench.drain_and_join();
}

TEST(Tls, AKeyThatIsNotThatOfTheCertificateIsNamedAndNotShown) {
    const Certificate one = make_certificate();
    const Certificate two = make_certificate();
    const auto what = [](const std::string& chain, const std::string& key) {
        try {
            make_server_context(chain, Secret(std::string(key)));
        } catch (const std::exception& thrown) {
            return std::string(thrown.what());
        }
        return std::string();
    };
    EXPECT_EQ(what(one.chain, one.key), "");
    EXPECT_NE(what(one.chain, two.key).find("key"), std::string::npos);
    EXPECT_NE(what("nonsense", one.key).find("certificate"), std::string::npos);
    EXPECT_NE(what(one.chain, "nonsense").find("key"), std::string::npos);
}

}  // namespace
}  // namespace acme::tls
