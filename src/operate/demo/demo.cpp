#include "operate/demo/demo.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace acme::demo {
namespace {

namespace json = boost::json;

struct Upload {
    std::string_view name;  // safe in a query as it is
    std::string_view type;
    std::string_view text;
};

struct Person {
    std::string_view email;
    std::string_view name;
    std::array<Upload, 2> files;
};

constexpr std::array<Person, 3> people{{
    {"ada@demo.invalid",
     "Ada Demo",
     {{{"engine-notes.md", "text/markdown", "# Notes\n\nWeave the pattern first, then the cloth.\n"
       },
       {"bernoulli.csv", "text/csv", "n,value\n0,1\n1,-0.5\n2,0.1667\n4,-0.0333\n"}}}},
    {"grace@demo.invalid",
     "Grace Demo",
     {{{"compiler-plan.txt", "text/plain", "1. Words\n2. Tables\n3. Machine code\n"},
       {"moths.csv", "text/csv", "relay,found_at\n70,15:45\n"}}}},
    {"alan@demo.invalid",
     "Alan Demo",
     {{{"tape.txt", "text/plain", "..1.11.1..\n"},
       {"states.csv", "text/csv", "state,read,write,move,next\nA,0,1,R,B\nB,1,0,L,A\n"}}}},
}};

Error refused(std::string_view what, int status) {
    return {
        .kind = ErrorKind::unavailable,
        .code = "demo.refused",
        .message = std::string(what) + " was answered " + std::to_string(status) + ".",
    };
}

/// The names of one's newest files, as many as a page holds.
std::vector<std::string> names_in(std::string_view page) {
    std::vector<std::string> names;
    boost::system::error_code malformed;
    const json::value parsed = json::parse(page, malformed);
    const auto* const data =
        !malformed && parsed.is_object() ? parsed.get_object().if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array()) return names;
    for (const json::value& file : data->get_array()) {
        const auto* const name = file.is_object() ? file.get_object().if_contains("name") : nullptr;
        if (name != nullptr && name->is_string()) names.emplace_back(name->get_string());
    }
    return names;
}

Task<Result<int>> store_missing(
    trace::Context context, smoke::Visitor& visitor, const Person& person
) {
    const auto listed =
        co_await visitor.ask(context, {.name = "demo.files", .path = "/v1/files?limit=200"});
    if (listed.status != 200) co_return std::unexpected(refused("Listing files", listed.status));
    const auto there = names_in(listed.body);
    int stored = 0;
    for (const Upload& upload : person.files) {
        if (std::ranges::find(there, upload.name) != there.end()) continue;
        const auto answer = co_await visitor.ask(
            context,
            {.name = "demo.upload",
             .method = "POST",
             .path = "/v1/files?name=" + std::string(upload.name),
             .body = std::string(upload.text),
             .type = upload.type}
        );
        if (answer.status != 201) {
            co_return std::unexpected(refused("Storing a file", answer.status));
        }
        ++stored;
    }
    co_return stored;
}

Task<Result<int>> add(
    trace::Context context,
    const Parts& parts,
    fetch::Client& client,
    std::string url,
    const Person& person
) {
    const auto account = ACME_TRY(
        co_await parts.make_account(context, std::string(person.email), std::string(person.name))
    );
    smoke::Visitor visitor(client, std::move(url));
    const auto signed_in = co_await visitor.sign_in(context, account);
    if (signed_in.status != 200) {
        co_return std::unexpected(refused("Signing in", signed_in.status));
    }
    const auto stored = co_await store_missing(context, visitor, person);
    co_await visitor.sign_out(context);
    co_return stored;
}

}  // namespace

Task<Result<Made>> fill(trace::Context context, Parts parts, std::string url) {
    fetch::Client client(parts.telemetry, {.user_agent = "acme-demo"});
    Made made;
    try {
        for (const Person& person : people) {
            made.files += ACME_TRY(co_await add(context, parts, client, url, person));
            ++made.people;
        }
    } catch (const fetch::Fault& fault) {
        co_return refuse(ErrorKind::unavailable, "demo.no_answer", fault.what());
    }
    co_return made;
}

}  // namespace acme::demo
