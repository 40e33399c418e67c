#include "platform/files/remote_cli.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "platform/files/remote.hpp"

#include <boost/json/serialize.hpp>

#include <cstdio>
#include <unistd.h>

namespace acme::files {
namespace {

constexpr cli::Option as_json{.name = "--json", .about = "as a JSON object"};

Result<Remote> remote_of(const RemoteParts& parts, const cli::Call& call) {
    auto credential = cli::credential_of(parts.profile, call);
    if (!credential) return std::unexpected(std::move(credential).error());
    return Remote(
        parts.fetch, {.url = std::move(credential->url), .key = std::move(credential->key)}
    );
}

/// Ids of ours stand in a path as they are.
Result<std::string> id_in(const cli::Call& call) {
    const auto id = FileId::parse(call.operands.at(0));
    if (id) return id->str();
    return refuse(ErrorKind::not_found, "files.not_found", "A file is fil_ and an id.");
}

/// A line that writes itself anew, for people only.
class Bar {
public:
    Bar() : is_watched_(::isatty(STDERR_FILENO) == 1) {}
    ~Bar() {
        if (is_watched_ && shown_ >= 0) std::fputs("\r\033[K", stderr);
    }
    Bar(const Bar&) = delete;
    Bar& operator=(const Bar&) = delete;

    void show(std::uint64_t bytes, std::uint64_t of) {
        const int percent = of == 0 ? 100 : static_cast<int>(bytes * 100 / of);
        if (!is_watched_ || percent == shown_) return;
        shown_ = percent;
        std::fprintf(
            stderr,
            "\r\033[K%3d %%  %llu of %llu bytes",
            percent,
            static_cast<unsigned long long>(bytes),
            static_cast<unsigned long long>(of)
        );
    }

private:
    bool is_watched_;
    int shown_ = -1;
};

std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

Task<Result<>> up(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    Bar bar;
    const auto file = ACME_TRY(co_await remote.upload(
        call.context,
        call.operands.at(0),
        call.value("--name"),
        call.value("--resume"),
        [](std::string_view address) {
            std::fprintf(
                stderr,
                "If this is broken off, it goes on with --resume %.*s\n",
                static_cast<int>(address.size()),
                address.data()
            );
        },
        [&](std::uint64_t bytes, std::uint64_t of) { bar.show(bytes, of); }
    ));
    call.print(call.has("--json") ? boost::json::serialize(file) : text_in(file, "id"));
    co_return done;
}

Task<Result<>> down(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(id_in(call));
    Bar bar;
    const auto file = ACME_TRY(co_await remote.download(
        call.context,
        id,
        call.value("--out"),
        [&](std::uint64_t bytes, std::uint64_t of) { bar.show(bytes, of); }
    ));
    call.print(call.has("--json") ? boost::json::serialize(file) : text_in(file, "path"));
    co_return done;
}

Task<Result<>> link(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(id_in(call));
    const auto ttl = parse_number<std::int64_t>(call.value("--ttl", "3600"));
    if (!ttl) {
        co_return refuse(ErrorKind::invalid, "files.link_ttl", "--ttl is 60 to 604800 seconds.");
    }
    const auto made = ACME_TRY(co_await remote.ask(
        call.context,
        "POST",
        "/v1/files/" + id + "/links",
        R"({"ttl_seconds":)" + std::to_string(*ttl) + "}"
    ));
    call.print(call.has("--json") ? boost::json::serialize(made) : text_in(made, "url"));
    co_return done;
}

Task<Result<>> remove(const RemoteParts& parts, const cli::Call& call) {
    Remote remote = ACME_TRY(remote_of(parts, call));
    const std::string id = ACME_TRY(id_in(call));
    ACME_TRY(co_await remote.ask(call.context, "DELETE", "/v1/files/" + id));
    const boost::json::object removed{{"id", id}, {"state", "deleted"}};
    call.print(call.has("--json") ? boost::json::serialize(removed) : id + "  deleted");
    co_return done;
}

void add_bytes(cli::Commands& commands, const RemoteParts& parts) {
    commands.add({
        .name = "files up",
        .operands = {"FILE"},
        .options =
            {cli::url_option,
             cli::key_option,
             {.name = "--name", .value = "NAME", .about = "what to call it there"},
             {.name = "--resume", .value = "ADDRESS", .about = "go on with an upload broken off"},
             as_json},
        .about = "Uploads a file, in parts that need not be sent twice, and prints its id.",
        .example = "acme files up report.pdf --url https://acme.example.com --key-file key",
        .run = [parts](const cli::Call& call) { return up(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "files down",
        .operands = {"ID"},
        .options =
            {cli::url_option,
             cli::key_option,
             {.name = "--out", .value = "FILE", .about = "where to (its own name)"},
             as_json},
        .about = "Downloads a file, going on where an earlier run was broken off.",
        .example = "acme files down fil_01jd7m3kt5f9a8q2w4e6r8t0y1 --key-file key --out report.pdf",
        .run = [parts](const cli::Call& call) { return down(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace

void add_remote_commands(cli::Commands& commands, RemoteParts parts) {
    add_bytes(commands, parts);
    commands.add({
        .name = "files link",
        .operands = {"ID"},
        .options =
            {cli::url_option,
             cli::key_option,
             {.name = "--ttl",
              .value = "SECONDS",
              .about = "how long it is good, 604800 at most "
                       "(3600)"},
             as_json},
        .about = "Prints a link by which anybody may fetch a file until it ends.",
        .example = "acme files link fil_01jd7m3kt5f9a8q2w4e6r8t0y1 --key-file key --ttl 86400",
        .run = [parts](const cli::Call& call) { return link(parts, call); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "files rm",
        .operands = {"ID"},
        .options = {cli::url_option, cli::key_option, as_json},
        .about = "Deletes a file.",
        .example = "acme files rm fil_01jd7m3kt5f9a8q2w4e6r8t0y1 --key-file key",
        .run = [parts](const cli::Call& call) { return remove(parts, call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::files
