#include "operate/deploy/show.hpp"

#include <algorithm>
#include <array>

namespace acme::deploy {
namespace {

namespace json = boost::json;

constexpr std::size_t commit_shown = 12;

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

std::string text_of(const json::object& data, std::string_view name) {
    const auto* const found = data.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
}

std::string indented(std::string_view text) {
    std::string out = "              ";
    for (const char c : text) {
        out.push_back(c);
        if (c == '\n') out += "              ";
    }
    return out;
}

std::string words_of_sample(const json::object& data) {
    const std::string summary = text_of(data, "summary");
    if (summary.empty()) return "";
    const auto* const remaining = data.if_contains("remaining_ms");
    std::string text = summary;
    const auto* const held = data.if_contains("held");
    const bool is_held = held != nullptr && held->is_bool() && held->get_bool();
    if (is_held) text += " | held";
    if (!is_held && remaining != nullptr && remaining->is_int64()) {
        text += " | " + duration_of(std::chrono::milliseconds(remaining->get_int64())) + " left";
    }
    const std::string outlook = text_of(data, "outlook");
    if (!outlook.empty()) text += "\n  " + outlook;
    return indented(text);
}

std::string words_of_state(const json::object& data) {
    const std::string state = text_of(data, "state");
    const std::string outcome = text_of(data, "outcome");
    const std::array<std::string_view, 7> told = {
        "rolling_back",
        "rolled_back",
        "rollback_failed",
        "succeeded",
        "good",
        "refused",
        "cancelled"
    };
    if (std::ranges::find(told, state) == told.end()) return "";
    // Why stands in the line above it.
    if (state == "rolling_back")
        return "==> rolling_back: every node returns to the known-good release";
    return "==> " + state + (outcome.empty() ? "" : ": " + outcome);
}

}  // namespace

std::string short_of(std::string_view release) {
    if (release.starts_with("dev-")) return std::string(release);
    return std::string(release.substr(0, commit_shown));
}

std::string clock_of(WallTime time) { return to_rfc3339(time).substr(11, 8); }

std::string duration_of(std::chrono::milliseconds time) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(time).count();
    if (seconds < 60) return std::to_string(seconds) + " s";
    std::string text = std::to_string(seconds / 60) + " min";
    if (seconds % 60 != 0) text += " " + std::to_string(seconds % 60) + " s";
    return text;
}

std::string words_of(const Record& record) {
    const json::object& data = record.data;
    const std::string at = clock_of(record.at) + "  ";
    if (record.kind == "begun") {
        const std::string load = text_of(data, "load");
        return at + text_of(data, "kind") + " " + record.deployment.str() + ": " +
               short_of(text_of(data, "from")) + " -> " + short_of(text_of(data, "release")) +
               (load.empty() ? "" : "\n" + std::string(at.size(), ' ') + load);
    }
    if (record.kind == "step_begun") {
        return at + padded(text_of(data, "kind"), 12) + text_of(data, "about");
    }
    if (record.kind == "step_ended") {
        const std::string evidence = text_of(data, "evidence");
        const bool is_done = text_of(data, "result") == "done";
        return indented((is_done ? "" : "FAILED: ") + (evidence.empty() ? "done" : evidence));
    }
    if (record.kind == "sample") return words_of_sample(data);
    if (record.kind == "note") return at + text_of(data, "text");
    if (record.kind == "state") {
        const std::string words = words_of_state(data);
        return words.empty() ? "" : at + words;
    }
    return "";
}

std::vector<std::string> words_of(const Plan& plan) {
    std::vector<std::string> lines;
    lines.push_back(
        std::string(plan.is_return ? "Return" : "Release") + "  " + short_of(plan.from) + " -> " +
        short_of(plan.release)
    );
    int number = 0;
    for (const Step& step : plan.steps) {
        lines.push_back(
            padded("  " + std::to_string(++number), 5) +
            padded(std::string(name_of(step.kind)), 12) + step.about
        );
        if (!step.undo.empty()) lines.push_back("                 undo: " + step.undo);
    }
    if (!plan.load.empty()) lines.push_back("Load      " + plan.load);
    lines.push_back("Expected  " + duration_of(plan.expected()));
    lines.push_back("Plan      " + plan.digest());
    return lines;
}

std::vector<std::string> words_of(const std::vector<NodeNow>& nodes) {
    std::vector<std::string> lines;
    for (const NodeNow& node : nodes) {
        std::string state = !node.is_running     ? "stopped"
                            : !node.is_ready     ? "not ready"
                            : node.takes_traffic ? "ready"
                                                 : "drained";
        std::string line = "  " + padded(node.name, 13) + padded(node.role, 11) +
                           padded(short_of(node.release), 22) + padded(node.track, 8) +
                           padded(std::move(state), 11);
        if (node.role == "serve") line += "weight " + std::to_string(node.weight);
        if (node.is_sticky) line += ", and 5 % of the users";
        while (line.ends_with(' ')) line.pop_back();
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string words_of(const Deployment& deployment) {
    const WallTime end = deployment.ended_at.value_or(deployment.begun_at);
    std::string line = to_rfc3339(deployment.begun_at).substr(0, 19) + "Z  " + deployment.id.str() +
                       "  " + padded(deployment.kind, 9) +
                       padded(short_of(deployment.release), 22) + padded(deployment.state, 16);
    if (deployment.ended_at) {
        line += duration_of(
            std::chrono::duration_cast<std::chrono::milliseconds>(end - deployment.begun_at)
        );
    }
    if (!deployment.outcome.empty()) {
        line += "  " + deployment.outcome.substr(0, deployment.outcome.find('\n'));
    }
    return line;
}

}  // namespace acme::deploy
