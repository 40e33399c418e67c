#include "io/cli/plan.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace acme::cli {
namespace {

namespace json = boost::json;

json::object json_of(const Plan& plan) {
    json::array list;
    for (const PlanStep& step : plan.steps) {
        json::array nodes;
        for (const std::string& node : step.nodes) nodes.emplace_back(node);
        list.push_back(json::object{
            {"about", step.about},
            {"undo", step.undo},
            {"nodes", std::move(nodes)},
            {"expected_ms", step.expected.count()},
        });
    }
    return {{"steps", std::move(list)}, {"expected_ms", plan.expected().count()}};
}

}  // namespace

std::chrono::milliseconds Plan::expected() const {
    std::chrono::milliseconds sum{0};
    for (const PlanStep& step : steps) sum += step.expected;
    return sum;
}

std::string Plan::digest() const {
    return "sha256:" + to_hex(sha256(json::serialize(json_of(*this)) + made_from));
}

json::object Plan::json() const {
    json::object object = json_of(*this);
    object["digest"] = digest();
    return object;
}

std::vector<std::string> Plan::words() const {
    if (steps.empty()) return {"Nothing changes.", "Plan      " + digest()};
    std::vector<std::string> lines;
    int number = 0;
    for (const PlanStep& step : steps) {
        lines.push_back("  " + std::to_string(++number) + "  " + step.about);
        lines.push_back("     undo: " + step.undo);
    }
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(expected()).count();
    lines.push_back("Expected  " + std::to_string(seconds) + " s");
    lines.push_back("Plan      " + digest());
    return lines;
}

Result<> expect(const Call& call, const Plan& plan, ErrorCode moved) {
    if (!call.has("--plan") || call.value("--plan") == plan.digest()) return {};
    return refuse(
        ErrorKind::conflict,
        moved,
        "Things are not as they were when this plan was made. --dry-run makes a new one."
    );
}

}  // namespace acme::cli
