// A server that speaks TLS, and libcurl as its client, which trusts one certificate only.
#include "io/tls/context.hpp"
#include "testing/certificate.hpp"
#include "testing/server_bench.hpp"

#include <curl/curl.h>

namespace acme::tls {
namespace {

using testing::Certificate;
using testing::make_certificate;

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
