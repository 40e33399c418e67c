#include "operate/local/ground.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/local/files.hpp"
#include "operate/local/postgres.hpp"

#include <array>
#include <filesystem>
#include <unistd.h>

namespace acme::local {
namespace {

constexpr int instances_max = 254;
constexpr std::uint16_t ports_tried_max = 200;
constexpr std::size_t key_bytes = 32;

std::string find_program(std::string_view path, std::string_view name) {
    std::string folders(path);
    folders.append(":/usr/local/bin:/usr/bin:/usr/sbin:/sbin");
    std::string_view rest = folders;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(':'), rest.size());
        const std::string file = std::string(rest.substr(0, end)).append("/").append(name);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (file.starts_with('/') && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return "";
}

std::string ensure_key(const std::string& path, Random& random) {
    if (auto kept = read_file(path); kept && !kept->empty()) return *std::move(kept);
    std::array<std::byte, key_bytes> bytes{};
    random.fill(bytes);
    std::string raw;
    for (const std::byte byte : bytes) raw.push_back(static_cast<char>(byte));
    std::string key = to_base64url(raw);
    write_private(path, key);
    return key;
}

bool are_free(const std::string& prefix, int kind, int count) {
    for (int i = 1; i <= count; ++i) {
        const std::string address = prefix + std::to_string(kind) + "." + std::to_string(i);
        if (!process::take_port(address, 8080) || !process::take_port(address, 9090)) return false;
    }
    return true;
}

/// nullopt when anybody has one of its addresses.
std::optional<process::Hold> take_instance(const Options& options, int instance) {
    const std::string prefix = "127." + std::to_string(instance) + ".";
    auto hold = process::take_port(prefix + "0.1", 9090);  // the sign that the instance is taken
    const bool is_free = hold && process::take_port(prefix + "0.1", 6379) &&
                         are_free(prefix, 1, options.app_nodes) &&
                         are_free(prefix, 2, options.workers) && are_free(prefix, 3, 1);
    return is_free ? std::move(hold) : std::nullopt;
}

struct Port {
    std::uint16_t number;
    process::Hold hold;
};

/// HAProxy shares its port with whoever asks alike (SO_REUSEPORT), and asks only when the nodes
/// run: until then, and as long as we live, the port's name says that it is ours.
std::optional<Port> find_port(std::uint16_t from) {
    for (std::uint16_t i = 0; i < ports_tried_max; ++i) {
        const auto port = static_cast<std::uint16_t>(from + i);
        if (port < from) break;
        auto hold = process::take_name("acme.balancer.127.0.0.1:" + std::to_string(port));
        if (hold && process::take_port("127.0.0.1", port)) return Port{port, *std::move(hold)};
    }
    return std::nullopt;
}

}  // namespace

Result<Tools> find_tools(const process::Environment& given) {
    const auto path = given.find("PATH");
    const std::string_view folders = path == given.end() ? "" : std::string_view(path->second);
    const Tools tools{
        .postgres_bin = find_postgres(),
        .redis = find_program(folders, "redis-server"),
        .haproxy = find_program(folders, "haproxy"),
    };
    std::string missing;
    if (tools.postgres_bin.empty()) missing += " postgresql (15 or later)";
    if (tools.redis.empty()) missing += " redis-server";
    if (tools.haproxy.empty()) missing += " haproxy";
    if (missing.empty()) return tools;
    return refuse(
        ErrorKind::conflict,
        "local.tool_missing",
        "Debian packages are missing:" + missing + ". ./dev setup installs them."
    );
}

void make_folders(const Layout& layout) {
    std::filesystem::create_directories(layout.home);
    for (const std::string& folder :
         {layout.run,
          layout.redis(),
          layout.objects(),
          layout.logs(),
          layout.secrets(),
          layout.releases(),
          layout.nodes()}) {
        make_private_folder(folder);
    }
}

Keys ensure_keys(const Layout& layout, Random& random) {
    return {
        .secret_key = ensure_key(layout.secrets() + "/secret_key", random),
        .redis_password = ensure_key(layout.secrets() + "/redis_password", random),
    };
}

Result<Found> find_place(const Options& options, const Layout& layout) {
    // Begun at a number that follows from the home, so that an instance mostly finds its own again.
    const auto first = static_cast<unsigned char>(sha256(layout.home)[0]);
    auto port = find_port(options.port);
    for (int i = 0; port && i < instances_max; ++i) {
        const int instance = (first + i) % instances_max + 1;
        if (auto hold = take_instance(options, instance)) {
            return Found{
                {.instance = instance, .port = port->number},
                *std::move(hold),
                std::move(port->hold),
            };
        }
    }
    return refuse(
        ErrorKind::unavailable,
        "local.no_place",
        port ? "No addresses 127.x.1.1 are free: too many instances run."
             : "No port is free from " + std::to_string(options.port) + " on."
    );
}

}  // namespace acme::local
