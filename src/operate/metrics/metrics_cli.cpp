#include "operate/metrics/metrics_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/process/files.hpp"

namespace acme::metrics {
namespace {

Result<std::vector<Target>> targets_in(const std::string& path) {
    const auto text = process::read_file(path);
    if (!text) {
        return refuse(
            ErrorKind::not_found, "fleet.no_file", "There is no file " + path + " that can be read."
        );
    }
    deploy::Findings findings;
    const deploy::Fleet fleet = deploy::read_fleet(*text, findings);
    deploy::check_fleet(fleet, findings);
    if (deploy::failures_in(findings) == 0) return targets_of(fleet);
    return refuse(
        ErrorKind::invalid,
        "fleet.invalid",
        "The fleet has mistakes; acme fleet check " + path + " tells them."
    );
}

Result<Options> options_of(const cli::Call& call) {
    Options options{
        .rules_file = call.value("--rules", "acme.rules.yml"),
        .certificate =
            {.ca = call.value("--ca"),
             .certificate = call.value("--cert"),
             .key = call.value("--key")},
    };
    if (call.has("--release-window")) options.interval = release_interval;
    const auto& own = options.certificate;
    const bool has_none = own.ca.empty() && own.certificate.empty() && own.key.empty();
    const bool has_all = !own.ca.empty() && !own.certificate.empty() && !own.key.empty();
    if (has_none || has_all) return options;
    return refuse(
        ErrorKind::invalid, "metrics.option", "--ca, --cert and --key are given together."
    );
}

void print_text(const cli::Call& call, std::string text) {
    text.pop_back();  // print() ends the line
    call.print(text);
}

Task<Result<>> prometheus(const cli::Call& call, TargetsHere targets_here) {
    const Options options = ACME_TRY(options_of(call));
    const std::string& file = call.operands.at(0);
    std::vector<Target> targets;
    if (file.empty())
        targets = targets_here();
    else
        targets = ACME_TRY(targets_in(file));
    if (targets.empty()) {
        co_return refuse(
            ErrorKind::not_found,
            "metrics.no_target",
            "There is nobody to scrape. Name a fleet file, or start the platform: ./dev up"
        );
    }
    print_text(call, render_prometheus(targets, options));
    co_return done;
}

Task<Result<>> rules(const cli::Call& call) {
    print_text(call, render_rules());
    co_return done;
}

}  // namespace

void add_commands(cli::Commands& commands, TargetsHere targets_here) {
    commands.add_group("metrics", "What a Prometheus beside the platform needs.");
    commands.add({
        .name = "metrics render prometheus",
        .operands = {"[FILE]"},
        .options =
            {
                {"--release-window", "", "scrape every 5 s, as while a release rolls out"},
                {"--rules", "FILE", "where the rules lie (acme.rules.yml)"},
                {"--ca", "FILE", "whom the scraper trusts; asks for https"},
                {"--cert", "FILE", "the scraper's own certificate"},
                {"--key", "FILE", "the key that belongs to it"},
            },
        .about = "Prints a prometheus.yml that scrapes a fleet, or what `acme up` runs.",
        .example = "acme metrics render prometheus ops/fleet.example.toml > prometheus.yml",
        .run = [targets_here = std::move(targets_here)](const cli::Call& call
               ) { return prometheus(call, targets_here); },
        .needs_configuration = false,
    });
    commands.add({
        .name = "metrics render rules",
        .about = "Prints the recording rules: p50, p95 and p99 of answers, by environment.",
        .example = "acme metrics render rules > acme.rules.yml",
        .run = [](const cli::Call& call) { return rules(call); },
        .needs_configuration = false,
    });
}

}  // namespace acme::metrics
