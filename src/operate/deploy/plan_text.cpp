// A plan as text: its words, its JSON, its digest.
#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/deploy/plan.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace acme::deploy {
namespace {

using std::chrono::milliseconds;

constexpr std::array names = {
    "migrate",
    "shed",
    "canary",
    "judge",
    "replace",
    "watch_batch",
    "balance",
    "smoke",
    "record",
    "watch",
};

}  // namespace

std::string_view name_of(StepKind kind) { return names.at(static_cast<std::size_t>(kind)); }

std::optional<StepKind> step_kind_of(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<StepKind>(found - names.begin());
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::string most_common(const std::vector<std::string>& words) {
    std::map<std::string, int> counts;
    for (const std::string& word : words) {
        if (!word.empty()) ++counts[word];
    }
    const auto most = std::ranges::max_element(counts, {}, [](auto& pair) { return pair.second; });
    return most == counts.end() ? "" : most->first;
}

milliseconds Plan::expected() const {
    milliseconds sum{0};
    for (const Step& step : steps) sum += step.expected;
    return sum;
}

boost::json::object Plan::json() const {
    boost::json::array list;
    for (const Step& step : steps) {
        boost::json::array touched;
        for (const std::string& node : step.nodes) touched.emplace_back(node);
        list.push_back(boost::json::object{
            {"kind", name_of(step.kind)},
            {"nodes", std::move(touched)},
            {"about", step.about},
            {"undo", step.undo},
            {"time_max_ms", step.time_max.count()},
            {"expected_ms", step.expected.count()},
        });
    }
    return {
        {"release", release},
        {"from", from},
        {"is_return", is_return},
        {"steps", std::move(list)},
        {"expected_ms", expected().count()},
    };
}

std::string Plan::digest() const {
    return "sha256:" + to_hex(sha256(boost::json::serialize(json()) + made_from));
}

std::string_view name_of(Strategy strategy) {
    return strategy == Strategy::start_first ? "start-first" : "drain-first";
}

std::optional<Strategy> strategy_of(std::string_view name) {
    for (const Strategy strategy : {Strategy::drain_first, Strategy::start_first}) {
        if (name == name_of(strategy)) return strategy;
    }
    return std::nullopt;
}

Limits Limits::of_return() {
    Limits limits;
    limits.drain = std::chrono::seconds(15);
    limits.job_drain = std::chrono::seconds(15);
    limits.ready = std::chrono::seconds(30);
    limits.floor_wait = milliseconds(0);
    return limits;
}

}  // namespace acme::deploy
