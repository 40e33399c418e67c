#include "operate/local/fence.hpp"

#include "operate/local/files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <stdexcept>

namespace acme::local {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

deploy::Claim claim_of(const json::value& value) {
    const json::value* const claim = value.as_object().if_contains("claim");
    if (claim == nullptr) return deploy::Claim::deployment;  // of an earlier release
    return static_cast<deploy::Claim>(claim->to_number<std::uint8_t>());
}

}  // namespace

Fences::Fences(const Clock& clock, std::string path) : clock_(clock), path_(std::move(path)) {
    const auto text = read_file(path_);
    if (!text) return;
    try {
        const json::value value = json::parse(*text);
        fence_.number = value.at("number").to_number<std::int64_t>();
        fence_.holder = value.at("holder").as_string();
        claim_ = claim_of(value);
        until_ = clock_.steady() + milliseconds(value.at("time_max_ms").to_number<std::int64_t>());
    } catch (const boost::system::system_error&) {
        // Not begun anew: a number from before would be good again.
        throw std::runtime_error(path_ + " is damaged; it holds who may change what runs here");
    }
}

Result<deploy::Fence> Fences::take(
    const std::string& holder, milliseconds time_max, deploy::Claim claim
) {
    const bool is_sound = !holder.empty() && holder.size() <= holder_bytes_max &&
                          time_max > milliseconds::zero() && time_max <= time_most;
    if (!is_sound) {
        return refuse(
            ErrorKind::invalid, "engine.malformed", "A holder has a name, and up to an hour."
        );
    }
    if (is_held() && fence_.holder != holder && claim <= claim_) {
        return refuse(ErrorKind::unavailable, "engine.held", "Held by: " + fence_.holder);
    }
    const bool is_renewed = fence_.holder == holder;
    write({.number = fence_.number + (is_renewed ? 0 : 1), .holder = holder}, time_max, claim);
    return fence_;
}

deploy::Fence Fences::held() const {
    return {.number = fence_.number, .holder = is_held() ? fence_.holder : ""};
}

void Fences::give_back(const deploy::Fence& fence) {
    if (fence.number != fence_.number || fence_.holder.empty()) return;
    write({.number = fence_.number, .holder = ""}, milliseconds::zero(), deploy::Claim::watch);
}

Result<> Fences::check(const deploy::Fence& fence) const {
    if (fence.number == fence_.number && !fence_.holder.empty()) return {};
    return refuse(
        ErrorKind::conflict,
        "engine.fenced",
        fence_.holder.empty() ? "The machines were given back."
                              : "The machines were taken over by: " + fence_.holder
    );
}

void Fences::write(const deploy::Fence& fence, milliseconds time_max, deploy::Claim claim) {
    const json::object object{
        {"number", fence.number},
        {"holder", fence.holder},
        {"time_max_ms", time_max.count()},
        {"claim", static_cast<std::uint8_t>(claim)},
    };
    write_private(path_, json::serialize(object) + "\n");
    fence_ = fence;
    claim_ = claim;
    until_ = clock_.steady() + time_max;
}

}  // namespace acme::local
