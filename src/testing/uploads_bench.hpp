#pragma once

/// The room of uploads behind the router of files: what it makes are files.

#include "platform/uploads/tus_http.hpp"
#include "platform/uploads/uploads_jobs.hpp"
#include "testing/files_bench.hpp"

namespace acme::testing {

inline constexpr pg::Query count_uploads{
    "test.uploads", "SELECT count(*) FROM uploads WHERE state = $1"
};

/// Pauses before each piece for what a test does then.
class WatchedBody final : public http::Body {
public:
    WatchedBody(PiecesBody body, std::function<Task<>(std::size_t at)> before_piece)
        : body_(std::move(body)), before_piece_(std::move(before_piece)) {}

    Result<> limit(std::size_t bytes_max) override { return body_.limit(bytes_max); }

    Task<Result<std::string_view>> read() override {
        co_await before_piece_(body_.at);
        co_return co_await body_.read();
    }

private:
    PiecesBody body_;
    std::function<Task<>(std::size_t at)> before_piece_;
};

struct UploadsBench : FilesBench {
    explicit UploadsBench(const Driver& driver, files::Options options = {})
        : FilesBench(driver, options), uploads(db, backend->store(), files, telemetry) {
        add_routes(router, uploads, idempotency);
        add_jobs(jobs, uploads);
    }

    ~UploadsBench() { wait(uploads.close()); }

    static constexpr http::Header version{"Tus-Resumable", "1.0.0"};

    http::Response create(std::vector<http::Header> headers, std::string bytes = "") {
        headers.push_back(version);
        PiecesBody body(std::move(bytes));
        return send(http::Method::post, "/v1/uploads", std::move(headers), &body);
    }

    /// The path of a new upload.
    std::string begin(std::size_t length) {
        const std::string text = std::to_string(length);
        const http::Response made = create({{"Upload-Length", text}});
        EXPECT_EQ(made.status, 201) << made.body;
        return header(made, "Location");
    }

    http::Response append(
        const std::string& path,
        std::size_t offset,
        http::Body& body,
        std::vector<http::Header> headers = {}
    ) {
        const std::string at = std::to_string(offset);
        headers.push_back(version);
        headers.push_back({"Upload-Offset", at});
        headers.push_back({"Content-Type", "application/offset+octet-stream"});
        return send(http::Method::patch, path, std::move(headers), &body);
    }

    http::Response append(
        const std::string& path,
        std::size_t offset,
        std::string bytes,
        std::vector<http::Header> headers = {}
    ) {
        PiecesBody body(std::move(bytes));
        return append(path, offset, body, std::move(headers));
    }

    /// What came before it broke off.
    void break_off(const std::string& path, std::size_t offset, std::string bytes) {
        PiecesBody body(std::move(bytes), 50'000, true);
        EXPECT_EQ(append(path, offset, body).status, 400);
    }

    http::Response head(const std::string& path) {
        return send(http::Method::head, path, {version});
    }

    std::string offset_of(const std::string& path) { return header(head(path), "Upload-Offset"); }

    http::Response end(const std::string& path) { return send(http::Method::del, path, {version}); }

    boost::json::value usage() {
        const auto answer = send(http::Method::get, "/v1/orgs/" + me->org.str() + "/usage");
        return boost::json::parse(answer.body);
    }

    std::size_t unfinished() {
        return wait(backend->store().unfinished(context, "", std::nullopt))->uploads.size();
    }

    std::int64_t uploads_in(std::string_view state) {
        return wait(db.run(context, count_uploads, state))[0].integer();
    }

    void sweep() {
        EXPECT_TRUE(wait(uploads.sweep(context)));
        run_jobs();
        EXPECT_TRUE(wait(files.sweep(context)));
    }

    uploads::Uploads uploads;
};

}  // namespace acme::testing
