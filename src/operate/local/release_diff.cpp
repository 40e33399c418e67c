#include "operate/local/release_diff.hpp"

#include "io/cli/commands.hpp"
#include "io/process/child.hpp"
#include "io/process/machine.hpp"
#include "operate/deploy/release_name.hpp"
#include "operate/local/plan.hpp"
#include "operate/local/release.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace acme::local {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::chrono::seconds describe_time_max{10};
constexpr std::size_t description_bytes_max = std::size_t{256} * 1024;

/// One of the two.
struct Side {
    deploy::Stored stored;
    std::uintmax_t bytes = 0;
    std::optional<Description> description = std::nullopt;  // nullopt: the program does not say
};

std::uintmax_t size_of(const std::string& folder) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
    }
    return bytes;
}

json::array array_of(const std::vector<std::string>& words) {
    return json::array(words.begin(), words.end());
}

std::vector<std::string> words_in(const json::value& list) {
    std::vector<std::string> words;
    for (const json::value& word : list.as_array()) words.emplace_back(word.as_string());
    return words;
}

std::optional<Description> parse(const std::string& text) {
    try {
        const json::value value = json::parse(text);
        return Description{words_in(value.at("migrations")), words_in(value.at("settings"))};
    } catch (const boost::system::system_error&) {
        return std::nullopt;
    }
}

/// Programs of before this command say something else, or nothing.
Task<std::optional<Description>> ask(Release release) {
    std::string text;
    const auto hear = [&text](std::string_view line) {
        if (text.size() + line.size() <= description_bytes_max) text.append(line);
    };
    process::Spec spec{
        .argv = {release.binary, "release", "describe", "--json"},
        .environment = {{"ACME_RELEASE", release.id}},
    };
    try {
        const auto exit = co_await process::run(std::move(spec), hear, describe_time_max);
        if (!exit || !exit->is_clean()) co_return std::nullopt;
    } catch (const process::Fault&) {
        co_return std::nullopt;
    }
    co_return parse(text);
}

Task<Result<Side>> look_at(Releases releases, std::string name) {
    const auto all = releases.list();
    const std::string id = ACME_TRY(deploy::release_named(all, name));
    const auto release = releases.find(id);
    if (!release) {
        co_return refuse(ErrorKind::not_found, "deploy.unknown_release", "It went away meanwhile.");
    }
    Side side{.stored = *std::ranges::find(all, id, &deploy::Stored::id)};
    side.bytes = size_of(fs::path(release->binary).parent_path());
    side.description = co_await ask(*release);
    co_return side;
}

std::vector<std::string> without(
    const std::vector<std::string>& words, const std::vector<std::string>& others
) {
    std::vector<std::string> rest;
    for (const std::string& word : words) {
        if (std::ranges::find(others, word) == others.end()) rest.push_back(word);
    }
    return rest;
}

json::object to_json(const Side& side) {
    return {
        {"id", side.stored.id},
        {"digest", side.stored.digest},
        {"size_bytes", side.bytes},
        {"added_at", to_rfc3339(side.stored.added_at)},
        {"good", side.stored.is_good},
    };
}

using Words = std::vector<std::string> Description::*;

/// null when one of the two does not say.
json::value change_of(const Side& from, const Side& to, Words words) {
    if (!from.description || !to.description) return nullptr;
    const auto& before = (*from.description).*words;
    const auto& after = (*to.description).*words;
    return json::object{
        {"added", array_of(without(after, before))},
        {"removed", array_of(without(before, after))},
    };
}

std::string megabytes(double bytes) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f MB", bytes / 1e6);
    return text;
}

std::string line_of(std::string_view label, const Side& side) {
    return std::string(label) + side.stored.id + "  " + side.stored.digest.substr(0, 19) + "  " +
           megabytes(static_cast<double>(side.bytes)) + "  added " +
           to_rfc3339(side.stored.added_at).substr(0, 19) + "Z" +
           (side.stored.is_good ? "  good" : "");
}

void print_change(const cli::Call& call, std::string_view label, const json::value& change) {
    if (change.is_null()) {
        call.print(std::string(label) + "not known: one of the two programs does not say");
        return;
    }
    bool is_none = true;
    for (const char* key : {"added", "removed"}) {
        for (const json::value& word : change.at(key).as_array()) {
            is_none = false;
            call.print(std::string(label) + (*key == 'a' ? "+ " : "- ") + word.as_string().c_str());
        }
    }
    if (is_none) call.print(std::string(label) + "the same");
}

Task<Result<>> diff(const cli::Call& call, const Clock& clock, std::string home) {
    const fs::path folder = fs::absolute(call.value("--home", home)).lexically_normal();
    const Releases releases(clock, make_layout(folder, process::own_user()).releases());
    const Side from = ACME_TRY(co_await look_at(releases, call.operands.at(0)));
    const Side to = ACME_TRY(co_await look_at(releases, call.operands.at(1)));
    const bool is_same = from.stored.digest == to.stored.digest;
    const json::value migrations = change_of(from, to, &Description::migrations);
    const json::value settings = change_of(from, to, &Description::settings);
    if (call.has("--json")) {
        call.print(json::serialize(json::object{
            {"from", to_json(from)},
            {"to", to_json(to)},
            {"same_content", is_same},
            {"migrations", migrations},
            {"settings", settings},
        }));
        co_return done;
    }
    call.print(line_of("From        ", from));
    call.print(line_of("To          ", to));
    const double more = static_cast<double>(to.bytes) - static_cast<double>(from.bytes);
    call.print(
        "Content     " +
        (is_same ? "the same" : "differs, " + std::string(more < 0 ? "" : "+") + megabytes(more))
    );
    print_change(call, "Migrations  ", migrations);
    print_change(call, "Settings    ", settings);
    co_return done;
}

Task<Result<>> describe(const cli::Call& call, Description own) {
    if (call.has("--json")) {
        call.print(json::serialize(json::object{
            {"migrations", array_of(own.migrations)}, {"settings", array_of(own.settings)}
        }));
        co_return done;
    }
    for (const std::string& name : own.migrations) call.print("migration  " + name);
    for (const std::string& name : own.settings) call.print("setting    " + name);
    co_return done;
}

}  // namespace

void add_diff_commands(
    cli::Commands& commands,
    const Clock& clock,
    const std::string& home,
    std::function<Description()> own
) {
    commands.add({
        .name = "release describe",
        .options = {{"--json", "", "one JSON object"}},
        .about = "Shows the migrations and settings that this program comes with.",
        .run = [own](const cli::Call& call) { return describe(call, own()); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "deploy diff",
        .operands = {"RELEASE", "OTHER"},
        .options =
            {{"--json", "", "one JSON object"},
             {"--home", "FOLDER", "where its data lie (ACME_HOME, .acme)"}},
        .about = "Shows in what two releases differ: content, size, migrations, settings.",
        .example = "acme deploy diff 7c41e9a 4f2a91c",
        .run = [&clock, home](const cli::Call& call) { return diff(call, clock, home); },
        .needs_configuration = false,
    });
}

}  // namespace acme::local
