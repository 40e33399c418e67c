#include "operate/local/release_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/process/machine.hpp"
#include "operate/local/engine.hpp"
#include "operate/local/files.hpp"
#include "operate/local/plan.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

namespace acme::local {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t commit_digits = 40;

Layout layout_of(const cli::Call& call, const std::string& home) {
    const fs::path folder = fs::absolute(call.value("--home", home)).lexically_normal();
    return make_layout(folder, process::own_user());
}

bool is_commit(std::string_view text) {
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == commit_digits && std::ranges::all_of(text, is_digit);
}

/// Release -> nodes that were last started with it.
std::map<std::string, std::vector<std::string>> places(const std::string& facts_folder) {
    std::map<std::string, std::vector<std::string>> nodes;
    for (const Facts& facts : all_facts(facts_folder)) {
        nodes[facts.release].push_back(facts.node);
    }
    return nodes;
}

/// What runs on most of the nodes that serve; "" when none was ever started.
std::string current_of(const std::string& facts_folder) {
    std::map<std::string, int> counts;
    for (const Facts& facts : all_facts(facts_folder)) {
        if (facts.role == "serve") ++counts[facts.release];
    }
    const auto most = std::ranges::max_element(counts, {}, [](auto& pair) { return pair.second; });
    return most == counts.end() ? "" : most->first;
}

/// "3 days", the largest unit alone.
std::string age_of(WallTime::duration age) {
    using std::chrono::duration_cast;
    const auto text = [](auto count, std::string_view unit) {
        return std::to_string(count).append(" ").append(unit).append(count == 1 ? "" : "s");
    };
    if (age >= std::chrono::days(1)) {
        return text(duration_cast<std::chrono::days>(age).count(), "day");
    }
    if (age >= std::chrono::hours(1)) {
        return text(duration_cast<std::chrono::hours>(age).count(), "hour");
    }
    return text(duration_cast<std::chrono::minutes>(age).count(), "minute");
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::string as_json(
    const deploy::Stored& release, const std::vector<std::string>& nodes, bool is_current
) {
    return json::serialize(json::object{
        {"id", release.id},
        {"digest", release.digest},
        {"added_at", to_rfc3339(release.added_at)},
        {"good", release.is_good},
        {"current", is_current},
        {"nodes", json::array(nodes.begin(), nodes.end())},
    });
}

std::string as_line(
    const deploy::Stored& release,
    const std::vector<std::string>& nodes,
    bool is_current,
    WallTime::duration age
) {
    std::string line = release.id;
    line.resize(std::max<std::size_t>(line.size(), commit_digits), ' ');
    line.append(release.is_good ? "  good" : "      ");
    line.append(is_current ? "  current  " : "           ").append(age_of(age));
    if (!nodes.empty()) line.append("  on ").append(joined(nodes));
    return line;
}

Task<Result<>> add(const cli::Call& call, const Clock& clock, std::string home) {
    const std::string sha = call.value("--sha");
    if (call.has("--sha") && !is_commit(sha)) {
        co_return refuse(
            ErrorKind::invalid, "release.malformed", "--sha is a whole commit: 40 hex digits."
        );
    }
    const Layout layout = layout_of(call, home);
    make_private_folder(layout.releases());
    Releases releases(clock, layout.releases());
    const std::string source = fs::absolute(call.operands.at(0)).lexically_normal();
    const Release release = ACME_TRY(releases.add(source, sha));
    auto named = releases_in_use(layout.nodes());
    named.insert(release.id);
    releases.remove_old(named);
    if (call.has("--json")) {
        call.print(json::serialize(json::object{{"id", release.id}, {"digest", release.digest}}));
    } else {
        call.print("Release " + release.id);
    }
    co_return done;
}

Task<Result<>> list(const cli::Call& call, const Clock& clock, std::string home) {
    const Layout layout = layout_of(call, home);
    const auto nodes = places(layout.nodes());
    const std::string current = current_of(layout.nodes());
    const auto all = Releases(clock, layout.releases()).list();
    for (const deploy::Stored& release : all) {
        const auto found = nodes.find(release.id);
        const auto where = found == nodes.end() ? std::vector<std::string>() : found->second;
        const auto age = clock.now() - release.added_at;
        const bool is_current = release.id == current;
        call.print(
            call.has("--json") ? as_json(release, where, is_current)
                               : as_line(release, where, is_current, age)
        );
    }
    if (all.empty() && !call.has("--json")) {
        call.print("There is no release yet: acme release add FOLDER");
    }
    co_return done;
}

const cli::Option home_option{"--home", "FOLDER", "where its data lie (ACME_HOME, .acme)"};

}  // namespace

void add_release_commands(cli::Commands& commands, const Clock& clock, const std::string& home) {
    commands.add({
        .name = "release add",
        .operands = {"PROGRAM"},
        .options =
            {
                {"--sha", "COMMIT", "that it was built from; else it is named by its content"},
                {"--json", "", "one JSON object"},
                home_option,
            },
        .about = "Unpacks a program, or a folder with `acme` in it, so that it can be deployed.",
        .example = "acme release add build/release/acme",
        .run = [&clock, home](const cli::Call& call) { return add(call, clock, home); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "release list",
        .options = {{"--json", "", "one JSON object a line"}, home_option},
        .about = "Shows what can be deployed from this machine, the newest first.",
        .run = [&clock, home](const cli::Call& call) { return list(call, clock, home); },
        .needs_configuration = false,
    });
}

}  // namespace acme::local
