#include "operate/local/running.hpp"

#include "io/process/machine.hpp"
#include "operate/local/files.hpp"
#include "operate/local/plan.hpp"

#include <boost/json/parse.hpp>

#include <filesystem>

namespace acme::local {

std::string url_of_running(const std::string& home) {
    const std::string whole = std::filesystem::absolute(home).lexically_normal();
    const auto text = read_file(make_layout(whole, process::own_user()).state());
    boost::system::error_code malformed;
    const auto state = boost::json::parse(text.value_or("null"), malformed);
    if (malformed || !state.is_object()) return "";
    const auto* const url = state.get_object().if_contains("url");
    return url != nullptr && url->is_string() ? std::string(url->get_string()) : "";
}

}  // namespace acme::local
