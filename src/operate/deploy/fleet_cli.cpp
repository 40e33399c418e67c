#include "operate/deploy/fleet_cli.hpp"

#include "io/cli/commands.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <tuple>

namespace acme::deploy {
namespace {

namespace json = boost::json;

std::string_view status_of(const Finding& finding) { return finding.is_failure ? "fail" : "warn"; }

/// "ops/fleet.toml:12: fail: machine.app-1.rolse is no key here  (fleet.unknown_key)"
std::string line_of(const std::string& file, const Finding& finding) {
    std::string line = file;
    if (finding.line > 0) line += ":" + std::to_string(finding.line);
    line.append(": ").append(status_of(finding)).append(": ");
    if (!finding.where.empty()) line.append(finding.where).append(" ");
    return line + finding.text + "  (" + finding.id + ")";
}

json::object to_json(const std::string& file, const Findings& findings) {
    json::array list;
    for (const Finding& finding : findings) {
        list.push_back(json::object{
            {"status", status_of(finding)},
            {"id", finding.id},
            {"line", finding.line == 0 ? json::value(nullptr) : json::value(finding.line)},
            {"where", finding.where},
            {"text", finding.text},
        });
    }
    const bool is_failed = failures_in(findings) > 0;
    return {
        {"file", file},
        {"status",
         is_failed          ? "fail"
         : findings.empty() ? "pass"
                            : "warn"},
        {"findings", std::move(list)},
    };
}

std::string count_of(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Result<> tell(const cli::Call& call, const std::string& file, const Findings& findings) {
    const std::size_t failures = failures_in(findings);
    const std::string counts =
        count_of(failures, "failure") + " and " + count_of(findings.size() - failures, "warning");
    if (call.has("--json")) {
        call.print(json::serialize(to_json(file, findings)));
    } else {
        for (const Finding& finding : findings) call.print(line_of(file, finding));
        if (failures == 0) call.print(findings.empty() ? file + ": nothing is wrong" : counts);
    }
    if (failures == 0) return {};
    return refuse(ErrorKind::invalid, "fleet.invalid", "The fleet has " + counts + ".");
}

Task<Result<>> check_here(LookAtRunning look, const cli::Call& call) {
    Result<Findings> findings = refuse(ErrorKind::not_found, "local.not_running", "");
    if (look) findings = co_await look(call.context);
    if (findings) co_return tell(call, "what runs here", *findings);
    if (findings.error().kind != ErrorKind::not_found) {
        co_return std::unexpected(findings.error());
    }
    co_return refuse(
        ErrorKind::invalid,
        "fleet.no_file",
        "Nothing runs here, so it takes a file: acme fleet check ops/fleet.example.toml"
    );
}

Task<Result<>> check(LookAtRunning look, const cli::Call& call) {
    const std::string& path = call.operands.at(0);
    if (path.empty()) co_return co_await check_here(std::move(look), call);
    const std::string text = ACME_TRY(fleet_text(path));
    Findings findings;
    const Fleet fleet = read_fleet(text, findings);
    const bool is_readable = std::ranges::none_of(findings, [](const Finding& one) {
        return one.id == "fleet.syntax" || one.id == "fleet.too_large";
    });
    if (is_readable) check_fleet(fleet, findings);
    std::ranges::sort(findings, {}, [](const Finding& one) {
        return std::tie(one.line, one.where, one.text);
    });
    co_return tell(call, path, findings);
}

}  // namespace

void add_fleet_commands(cli::Commands& commands, LookAtRunning look) {
    commands.add_group("fleet", "The machines, and what the guide asks of them.");
    commands.add({
        .name = "fleet check",
        .operands = {"[FILE]"},
        .options = {{"--json", "", "one JSON object"}},
        .about = "Reports all that is wrong with a fleet file, or with what `acme up` runs.",
        .example = "acme fleet check ops/fleet.example.toml",
        .run = [look](const cli::Call& call) { return check(look, call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::deploy
