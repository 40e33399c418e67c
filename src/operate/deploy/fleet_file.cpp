// The fleet file of whoever deploys.
#include "operate/deploy/fleet.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace acme::deploy {
namespace {

std::string words_of(const Finding& finding) {
    std::string text = finding.line > 0 ? "line " + std::to_string(finding.line) + ": " : "";
    if (!finding.where.empty()) text += finding.where + " ";
    return text + finding.text;
}

}  // namespace

Result<std::string> fleet_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(fleet_bytes_max + 1, '\0');
    if (file.read(text.data(), static_cast<std::streamsize>(text.size())) || file.eof()) {
        text.resize(static_cast<std::size_t>(file.gcount()));
        return text;
    }
    return refuse(
        ErrorKind::not_found, "fleet.no_file", "There is no file " + path + " that can be read."
    );
}

Result<FleetEnvironment> asked_by_fleet(const std::string& path, const std::string& environment) {
    std::error_code unreadable;
    if (!std::filesystem::exists(path, unreadable) && !unreadable) return FleetEnvironment{};
    const auto text = fleet_text(path);
    if (!text) return std::unexpected(text.error());
    Findings findings;
    const Fleet fleet = read_fleet(*text, findings);
    check_fleet(fleet, findings);
    const auto failure = std::ranges::find(findings, true, &Finding::is_failure);
    if (failure != findings.end()) {
        return refuse(
            ErrorKind::invalid,
            "fleet.invalid",
            path + " is wrong, " + words_of(*failure) + ". acme fleet check " + path + " tells all."
        );
    }
    const auto found = std::ranges::find(fleet.environments, environment, &FleetEnvironment::name);
    if (found != fleet.environments.end()) return *found;
    return refuse(
        ErrorKind::invalid,
        "fleet.unknown_environment",
        path + " has no environment " + environment + "."
    );
}

}  // namespace acme::deploy
