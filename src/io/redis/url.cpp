#include "io/redis/url.hpp"

#include "base/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace acme::redis {
namespace {

constexpr int databases_max = 1024;
constexpr std::size_t sentinels_max = 16;
constexpr std::uint16_t sentinel_port = 26379;
constexpr std::string_view sentinel_suffix = "+sentinel";

/// What is wrong, as the end of a sentence; "" for nothing.
using Complaint = std::string;

Complaint read_host(boost::urls::url_view url, Address& address) {
    address.host = std::string(url.host_address());
    if (address.host.empty()) return "the host is missing";
    if (address.host.find(',') != std::string::npos) return "several hosts are for sentinels";
    if (!url.has_port()) return "";
    const auto port = parse_number<std::uint16_t>(std::string(url.port()));
    if (!port || *port == 0) return "the port is none from 1 to 65535";
    address.port = *port;
    return "";
}

Complaint read_credential(std::string user, std::string password, Address& address) {
    address.user = std::move(user);
    address.password = Secret(std::move(password));
    return !address.user.empty() && address.password.empty() ? "a user needs a password" : "";
}

Complaint read_database(std::string_view text, Address& address) {
    const auto db = parse_number<int>(text);
    if (!db || *db < 0 || *db >= databases_max) return "the database is no number";
    address.db = *db;
    return "";
}

Complaint read_server(std::string_view text, Address& server) {
    const auto url = boost::urls::parse_uri({text.data(), text.size()});
    if (!url) return "this is no URL";
    if (url->has_query() || url->has_fragment()) return "it has no query or fragment";
    if (Complaint wrong = read_host(*url, server); !wrong.empty()) return wrong;
    const std::string path(url->encoded_path());
    if (path.size() > 1) {
        Complaint wrong = read_database(std::string_view(path).substr(1), server);
        if (!wrong.empty()) return wrong;
    }
    return read_credential(url->user(), url->password(), server);
}

/// URLs have one host only, so each is read as if it stood alone.
Complaint read_sentinels(std::string_view hosts, const Address& like, Place& place) {
    while (!hosts.empty()) {
        const std::size_t comma = std::min(hosts.find(','), hosts.size());
        const std::string text = "redis://" + std::string(hosts.substr(0, comma));
        hosts.remove_prefix(std::min(comma + 1, hosts.size()));
        const auto url = boost::urls::parse_uri(text);
        if (!url || !url->encoded_path().empty()) return "a sentinel is no host";
        Address& sentinel = place.sentinels.emplace_back(like.clone());
        sentinel.port = sentinel_port;
        if (Complaint wrong = read_host(*url, sentinel); !wrong.empty()) return wrong;
    }
    const bool is_right = !place.sentinels.empty() && place.sentinels.size() <= sentinels_max;
    return is_right ? "" : "it has no sentinel or more than 16";
}

/// How the sentinels are greeted.
Complaint read_query(boost::urls::url_view url, Address& like) {
    std::string user;
    std::string password;
    for (const auto& parameter : url.params()) {
        if (parameter.key == "sentinel_user") {
            user = parameter.value;
        } else if (parameter.key == "sentinel_password") {
            password = parameter.value;
        } else {
            return "its query may have sentinel_user and sentinel_password";
        }
    }
    return read_credential(std::move(user), std::move(password), like);
}

/// "redis+sentinel://user:password@a:1,b:2/service/0?query"
Complaint read_watched(std::string_view text, bool has_tls, Place& place) {
    const std::size_t begin = text.find("://") + 3;
    const std::size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t hosts = authority.rfind('@') + 1;  // 0 without a user

    std::string alone = "redis://";  // a URL, with one host in the place of all
    alone.append(authority.substr(0, hosts)).append("sentinels").append(text.substr(end));
    const auto url = boost::urls::parse_uri(alone);
    if (!url || url->has_fragment()) return "this is no URL";
    Address like{.has_tls = has_tls};
    place.server.is_master = true;
    Complaint wrong = read_credential(url->user(), url->password(), place.server);
    if (wrong.empty()) wrong = read_query(*url, like);
    if (wrong.empty()) wrong = read_sentinels(authority.substr(hosts), like, place);
    if (!wrong.empty()) return wrong;

    const auto segments = url->segments();
    if (!segments.empty()) place.service = segments.front();
    if (place.service.empty() || segments.size() > 2) {
        return "after the sentinels it has the name of their master, /service[/db]";
    }
    return segments.size() == 2 ? read_database(segments.back(), place.server) : "";
}

}  // namespace

Address Address::clone() const {
    return {host, port, user, password.clone(), db, has_tls, is_master};
}

Result<Place> parse_url(std::string_view text) {
    std::string_view scheme = text.substr(0, std::min(text.find("://"), text.size()));
    const bool has_sentinels = scheme.ends_with(sentinel_suffix);
    if (has_sentinels) scheme.remove_suffix(sentinel_suffix.size());
    Place place;
    place.server.has_tls = scheme == "rediss";
    Complaint wrong = "the scheme is another one";
    if (place.server.has_tls || scheme == "redis") {
        wrong = has_sentinels ? read_watched(text, place.server.has_tls, place)
                              : read_server(text, place.server);
    }
    if (wrong.empty()) return place;
    return refuse(
        ErrorKind::invalid,
        "redis.url_malformed",
        std::string("Expected redis") + (has_sentinels ? "+sentinel" : "") +
            (has_sentinels ? "://[user:password@]host[:port][,host[:port]...]/service[/db]: "
                           : "://[user:password@]host[:port][/db]: ") +
            wrong + "."
    );
}

}  // namespace acme::redis
