#include "platform/files/files_cli.hpp"

#include "io/http/time.hpp"
#include "platform/files/files_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::files {
namespace {

constexpr int shown_max = 200;

Task<Result<>> list(Files& files, const cli::Call& call) {
    std::optional<OrgId> org;
    if (call.has("--org")) {
        org = OrgId::parse(call.value("--org"));
        if (!org) {
            co_return refuse(ErrorKind::invalid, "files.org", "An organization is org_ and an id.");
        }
    }
    const auto newest = co_await files.list_newest(call.context, org, shown_max);
    if (call.has("--json")) {
        boost::json::array all;
        for (const File& file : newest) all.push_back(to_json(file));
        call.print(boost::json::serialize(all));
        co_return done;
    }
    for (const File& file : newest) {
        call.print(
            file.id.str() + "  " + http::to_json(file.created_at) + "  " +
            std::to_string(file.bytes) + "  " + file.name
        );
    }
    co_return done;
}

}  // namespace

void add_commands(cli::Commands& commands, Files& files) {
    commands.add_group("files", "Uploaded files.");
    commands.add({
        .name = "files list",
        .options =
            {{.name = "--org", .value = "ORG", .about = "only those of one organization"},
             {.name = "--json", .about = "as a JSON array"}},
        .about = "Lists the 200 newest files.",
        .example = "acme files list --json",
        .run = [&](const cli::Call& call) { return list(files, call); },
    });
}

}  // namespace acme::files
