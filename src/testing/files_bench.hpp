#pragma once

/// The room of files behind its router, on a database and a store of its own.

#include "io/http/service.hpp"
#include "platform/files/files_cli.hpp"
#include "platform/files/files_http.hpp"
#include "platform/files/files_jobs.hpp"
#include "platform/files/links_http.hpp"
#include "testing/pieces_body.hpp"
#include "testing/stores.hpp"
#include "work/jobs/worker.hpp"

#include <boost/json/parse.hpp>

namespace acme::testing {

inline constexpr pg::Query count_rows{"test.count", "SELECT count(*) FROM files"};
inline constexpr pg::Query count_audit{
    "test.audit", "SELECT count(*) FROM audit_entries WHERE action = $1"
};

struct FilesBench : Bench {
    explicit FilesBench(const Driver& driver, files::Options options = {})
        : backend(driver.make(*this)), files(db, backend->store(), telemetry, options) {
        add_routes(router, files, idempotency, cursors);
        add_link_routes(router, files, links);
        add_jobs(jobs, files, clock);
        add_commands(commands, files);
        me = somebody();
    }

    ~FilesBench() { wait(backend->store().close()); }

    Identity somebody() {
        return {.user = UserId::make(clock.now(), random), .org = OrgId::make(clock.now(), random)};
    }

    Task<Result<std::optional<Identity>>> identify() { co_return me; }

    http::Response send(
        http::Method method,
        std::string target,
        std::vector<http::Header> headers = {},
        http::Body* body = nullptr
    ) {
        PiecesBody nothing("");
        const http::Request request{
            .method = method,
            .target = target,
            .headers = headers,
            .body = body != nullptr ? *body : nothing,
            .peer = "10.0.0.9",
        };
        return wait(service.answer(request, trace));
    }

    http::Response upload(
        std::string text,
        std::string target = "/v1/files?name=a.bin",
        std::vector<http::Header> headers = {}
    ) {
        PiecesBody body(std::move(text));
        return send(http::Method::post, std::move(target), std::move(headers), &body);
    }

    std::string upload_id(std::string text, std::string target = "/v1/files?name=a.bin") {
        const http::Response response = upload(std::move(text), std::move(target));
        EXPECT_EQ(response.status, 201) << response.body;
        return std::string(boost::json::parse(response.body).at("id").as_string());
    }

    static Task<std::string> read_all(http::Source& source) {
        std::string all;
        for (auto piece = co_await source.read(); !piece.empty(); piece = co_await source.read()) {
            all += piece;
        }
        co_return all;
    }

    std::string bytes_of(const http::Response& response) {
        return response.source ? wait(read_all(*response.source)) : response.body;
    }

    std::string content(const std::string& id) {
        return bytes_of(send(http::Method::get, "/v1/files/" + id + "/content"));
    }

    std::vector<std::string> names() {
        const http::Response response = send(http::Method::get, "/v1/files");
        std::vector<std::string> all;
        const auto page = boost::json::parse(response.body);
        for (const auto& file : page.at("data").as_array()) {
            all.emplace_back(file.at("name").as_string());
        }
        return all;
    }

    std::size_t objects() { return wait(backend->store().list(context, "", ""))->objects.size(); }

    std::int64_t rows() { return wait(db.run(context, count_rows))[0].integer(); }

    std::int64_t audits(std::string_view action) {
        return wait(db.run(context, count_audit, action))[0].integer();
    }

    void run_jobs() {
        acme::jobs::Worker worker(jobs, db, telemetry);
        while (wait(worker.run_one())) continue;
    }

    std::unique_ptr<Backend> backend;
    files::Files files;
    files::Links links{files, telemetry, one_key(), "https://acme.example.com"};
    acme::idempotency::Idempotency idempotency{db, clock};
    std::optional<Identity> me;
    http::Cursors cursors{one_key()};
    http::Router router{[this](const http::Request&, trace::Context) { return identify(); }};
    http::Service service{router, telemetry, [](trace::Trace&) {}};
    acme::jobs::Registry jobs;
    cli::Commands commands;

private:
    static std::vector<Secret> one_key() {
        std::vector<Secret> keys;
        keys.emplace_back("a key of thirty-two bytes length");
        return keys;
    }
};

inline std::string random_bytes(std::size_t count) {
    std::string text(count, '\0');
    SeededRandom random(11);
    random.fill(std::as_writable_bytes(std::span(text)));
    return text;
}

inline std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
        if (key == name) return value;
    }
    return "";
}

inline std::string code_of(const http::Response& response) {
    const auto body = boost::json::parse(response.body);
    return std::string(body.at("code").as_string());
}

}  // namespace acme::testing
