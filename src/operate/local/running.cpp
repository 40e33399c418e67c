#include "operate/local/running.hpp"

#include "io/process/machine.hpp"
#include "operate/local/files.hpp"
#include "operate/local/plan.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>

namespace acme::local {
namespace {

Layout layout_of(const std::string& home) {
    const std::string whole = std::filesystem::absolute(home).lexically_normal();
    return make_layout(whole, process::own_user());
}

}  // namespace

std::string url_of_running(const std::string& home) {
    const auto text = read_file(layout_of(home).state());
    boost::system::error_code malformed;
    const auto state = boost::json::parse(text.value_or("null"), malformed);
    if (malformed || !state.is_object()) return "";
    const auto* const url = state.get_object().if_contains("url");
    return url != nullptr && url->is_string() ? std::string(url->get_string()) : "";
}

std::vector<deploy::Facts> nodes_of_running(const std::string& home) {
    std::vector<deploy::Facts> nodes;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(layout_of(home).nodes(), absent)) {
        if (entry.path().extension() != ".json") continue;
        auto facts = deploy::Facts::parse(read_file(entry.path()).value_or(""));
        // Beside a node may lie what it is to become, under another name.
        if (facts && facts->node == entry.path().stem()) nodes.push_back(*std::move(facts));
    }
    std::ranges::sort(nodes, {}, &deploy::Facts::node);
    return nodes;
}

}  // namespace acme::local
