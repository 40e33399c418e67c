#include "operate/demo/demo_cli.hpp"

#include "io/cli/commands.hpp"

namespace acme::demo {
namespace {

Task<Result<>> run(const cli::Call& call, Parts parts, std::string url) {
    if (url.empty()) {
        co_return refuse(
            ErrorKind::not_found, "demo.no_platform", "Nothing runs here: acme up --demo"
        );
    }
    const Made made = ACME_TRY(co_await fill(call.context, std::move(parts), std::move(url)));
    call.print(
        std::to_string(made.people) + " people, " + std::to_string(made.files) +
        " new files; acme admin link --email ada@demo.invalid signs in as one of them"
    );
    co_return done;
}

}  // namespace

void add_commands(cli::Commands& commands, Parts parts, std::string url) {
    commands.add({
        .name = "demo",
        .about = "Makes a few people with files, to look around; what is there already stays.",
        .example = "acme demo",
        .run = [parts = std::move(parts),
                url = std::move(url)](const cli::Call& call) { return run(call, parts, url); },
    });
}

}  // namespace acme::demo
