#include "io/http/client_address.hpp"

#include <algorithm>

namespace acme::http {
namespace {

bool is_forwarded_for(std::string_view name) {
    constexpr std::string_view wanted = "x-forwarded-for";
    return std::ranges::equal(name, wanted, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

/// All headers of that name, in their order: a balancer may add a line instead of a word.
std::string all_hops(const Request& request) {
    std::string hops;
    for (const Header& header : request.headers) {
        if (!is_forwarded_for(header.name)) continue;
        if (!hops.empty()) hops += ',';
        hops += header.value;
    }
    return hops;
}

}  // namespace

std::string client_address(const Request& request, const Networks& trusted) {
    std::string address(request.peer);
    const std::string hops = all_hops(request);
    std::string_view chain = hops;
    while (trusted.contains(address) && !chain.empty()) {
        const auto comma = chain.rfind(',');
        std::string_view hop = comma == chain.npos ? chain : chain.substr(comma + 1);
        chain = comma == chain.npos ? "" : chain.substr(0, comma);
        while (hop.starts_with(' ')) hop.remove_prefix(1);
        while (hop.ends_with(' ')) hop.remove_suffix(1);
        if (!parse_address(hop)) break;
        address = hop;
    }
    return address;
}

bool is_internal(const Request& request, const Networks& trusted) {
    return trusted.contains(request.peer) && all_hops(request).empty();
}

}  // namespace acme::http
