// The shape of a fleet file: keys, types, single values.
#include "base/nearest.hpp"
#include "operate/deploy/fleet.hpp"
#include "operate/deploy/fleet_values.hpp"

#include <algorithm>
#include <functional>
#include <toml++/toml.h>

namespace acme::deploy {
namespace {

constexpr std::size_t name_chars_max = 64;

const std::vector<std::string_view> roles = {"serve", "worker", "scheduler", "balancer", "bastion"};

using Rule = std::function<std::string(std::string_view)>;

std::string any(std::string_view) { return ""; }

int line_of(const toml::source_region& source) { return static_cast<int>(source.begin.line); }

std::pair<int, int> place_of(const toml::key& key) {
    return {line_of(key.source()), static_cast<int>(key.source().begin.column)};
}

std::string quoted(std::string_view word) { return '"' + std::string(word) + '"'; }

/// The keys of one table, taken out one by one.
class Keys {
public:
    Keys(const toml::table& table, std::string where, Findings& findings)
        : table_(table), where_(std::move(where)), findings_(findings) {}

    std::string text(std::string_view key, const Rule& rule = any) {
        const toml::node* const node = take(key);
        if (node == nullptr) return "";
        return text_in(*node, std::string(key), rule);
    }

    std::string required_text(std::string_view key, const Rule& rule = any) {
        if (!table_.contains(key)) miss(key);
        return text(key, rule);
    }

    std::vector<std::string> texts(std::string_view key, const Rule& rule) {
        const toml::node* const node = take(key);
        if (node == nullptr) return {};
        const toml::array* const array = node->as_array();
        if (array == nullptr) {
            complain("fleet.wrong_type", *node, key, "must be a list of texts");
            return {};
        }
        if (array->empty()) complain("fleet.value", *node, key, "must not be empty");
        std::vector<std::string> all;
        for (const toml::node& item : *array) {
            std::string value = text_in(item, std::string(key), rule);
            if (!value.empty()) all.push_back(std::move(value));
        }
        return all;
    }

    bool flag(std::string_view key) {
        const toml::node* const node = take(key);
        if (node == nullptr) return false;
        const auto value = node->value_exact<bool>();
        if (!value) complain("fleet.wrong_type", *node, key, "must be true or false");
        return value.value_or(false);
    }

    const toml::table* table(std::string_view key) {
        const toml::node* const node = take(key);
        if (node == nullptr) return nullptr;
        if (!node->is_table()) complain("fleet.wrong_type", *node, key, "must be a table");
        return node->as_table();
    }

    /// What nobody took is unknown.
    void finish() const {
        for (const auto& [key, node] : table_) {
            if (std::ranges::count(taken_, key.str()) > 0) continue;
            const std::string_view near =
                key.str().size() > name_chars_max ? "" : nearest(key.str(), taken_);
            findings_.push_back({
                .id = "fleet.unknown_key",
                .line = line_of(key.source()),
                .where = path_of(key.str()),
                .text = "is no key here" +
                        (near.empty() ? std::string() : "; did you mean " + quoted(near) + "?"),
            });
        }
    }

    void miss(std::string_view key) {
        findings_.push_back({
            .id = "fleet.missing",
            .line = line_of(table_.source()),
            .where = path_of(key),
            .text = "is missing",
        });
    }

private:
    const toml::node* take(std::string_view key) {
        taken_.push_back(key);
        return table_.get(key);
    }

    std::string path_of(std::string_view key) const {
        return where_.empty() ? std::string(key) : where_ + "." + std::string(key);
    }

    void complain(std::string id, const toml::node& node, std::string_view key, std::string text) {
        findings_.push_back({
            .id = std::move(id),
            .line = line_of(node.source()),
            .where = path_of(key),
            .text = std::move(text),
        });
    }

    std::string text_in(const toml::node& node, std::string_view key, const Rule& rule) {
        const auto value = node.value_exact<std::string>();
        if (!value) {
            complain("fleet.wrong_type", node, key, "must be a text in quotes");
            return "";
        }
        std::string expected = value->empty() ? "must not be empty" : rule(*value);
        if (expected.empty()) return *value;
        complain("fleet.value", node, key, std::move(expected));
        return "";
    }

    const toml::table& table_;
    std::string where_;
    Findings& findings_;
    std::vector<std::string_view> taken_;  // literals
};

std::string check_role(std::string_view role) {
    if (std::ranges::count(roles, role) > 0) return "";
    const std::string_view near = role.size() > name_chars_max ? "" : nearest(role, roles);
    if (!near.empty()) return "is no role; did you mean " + quoted(near) + "?";
    return "must be serve, worker, scheduler, balancer or bastion";
}

std::string check_profile(std::string_view profile) {
    if (profile == "single" || profile == "production") return "";
    return R"(must be "single" or "production")";
}

Rule source(std::string_view kind) {
    return [kind](std::string_view text) { return check_source(text, kind); };
}

class Reader {
public:
    explicit Reader(Findings& findings) : findings_(findings) {}

    Fleet read(const toml::table& root) {
        Keys keys(root, "", findings_);
        fleet_.is_production = keys.required_text("profile", check_profile) == "production";
        if (!root.contains("environment")) keys.miss("environment");
        if (!root.contains("machine")) keys.miss("machine");
        each(keys.table("environment"), "environment", [this](auto&... found) {
            read_environment(found...);
        });
        each(keys.table("machine"), "machine", [this](auto&... found) { read_machine(found...); });
        if (const auto* table = keys.table("database")) read_database(*table);
        if (const auto* table = keys.table("maintenance")) read_maintenance(*table);
        if (const auto* table = keys.table("people")) read_people(*table);
        keys.finish();
        return std::move(fleet_);
    }

private:
    /// Calls `read` with the name, the table and where it stands, in the order of the file.
    void each(const toml::table* tables, const std::string& kind, auto read) {
        if (tables == nullptr) return;
        std::vector<std::pair<const toml::key*, const toml::node*>> all;
        for (const auto& [key, node] : *tables) all.emplace_back(&key, &node);
        std::ranges::sort(all, {}, [](const auto& one) { return place_of(*one.first); });
        for (const auto& [key, node] : all) {
            const std::string name(key->str());
            const std::string where = kind + "." + name;
            const auto complain =
                [&, line = line_of(key->source())](std::string id, std::string text) {
                    findings_.push_back(
                        {.id = std::move(id), .line = line, .where = where, .text = std::move(text)}
                    );
                };
            if (std::string expected = check_label(name); !expected.empty()) {
                complain("fleet.value", std::move(expected));
            }
            if (const toml::table* const table = node->as_table()) {
                read(name, *table, where);
                continue;
            }
            complain("fleet.wrong_type", "must be a table: [" + where + "]");
        }
    }

    void read_environment(
        const std::string& name, const toml::table& table, const std::string& where
    ) {
        Keys keys(table, where, findings_);
        const auto is_endpoint = [this](std::string_view url) {
            return check_endpoint(url, fleet_.is_production);
        };
        fleet_.environments.push_back({
            .name = name,
            .endpoint = keys.required_text("endpoint", is_endpoint),
            .line = line_of(table.source()),
        });
        read_canary(keys, table, where + ".canary");
        keys.finish();
    }

    /// Its machine, or a table that says more: canary = { machine = "app-6", sticky = true }.
    void read_canary(Keys& keys, const toml::table& table, const std::string& where) {
        FleetEnvironment& environment = fleet_.environments.back();
        if (!table["canary"].is_table()) {
            environment.canary = keys.text("canary");
            return;
        }
        Keys canary(*keys.table("canary"), where, findings_);
        environment.canary = canary.text("machine");
        environment.is_sticky = canary.flag("sticky");
        canary.finish();
    }

    void read_machine(const std::string& name, const toml::table& table, const std::string& where) {
        Keys keys(table, where, findings_);
        if (!table.contains("roles")) keys.miss("roles");
        fleet_.machines.push_back({
            .name = name,
            .roles = keys.texts("roles", check_role),
            .engine = keys.text("engine", check_engine),
            .address = keys.required_text("address", check_ip),
            .region = keys.text("region"),
            .public_address = keys.text("public", check_ip),
            .environment = keys.text("environment"),
            .line = line_of(table.source()),
        });
        const Machine& machine = fleet_.machines.back();
        const bool runs_releases = machine.has_role("serve") || machine.has_role("worker") ||
                                   machine.has_role("scheduler");
        if (runs_releases && !table.contains("engine")) keys.miss("engine");
        keys.finish();
    }

    void read_database(const toml::table& table) {
        Keys keys(table, "database", findings_);
        fleet_.database = {
            .primary = keys.required_text("primary", check_host),
            .replicas = keys.texts("replicas", check_host),
            .is_managed = keys.flag("managed"),
            .line = line_of(table.source()),
        };
        keys.finish();
    }

    void read_maintenance(const toml::table& table) {
        Keys keys(table, "maintenance", findings_);
        for (const std::string_view key : {"database", "patching"}) {
            fleet_.maintenance.emplace(key, keys.text(key, check_window));
        }
        keys.finish();
    }

    void read_people(const toml::table& table) {
        Keys keys(table, "people", findings_);
        fleet_.people.emplace("stakeholders", keys.text("stakeholders", source("list")));
        fleet_.people.emplace("oncall", keys.text("oncall", source("schedule")));
        fleet_.people.emplace("commander", keys.text("commander", source("schedule")));
        keys.finish();
    }

    Findings& findings_;
    Fleet fleet_;
};

}  // namespace

Fleet read_fleet(std::string_view toml, Findings& findings) {
    if (toml.size() > fleet_bytes_max) {
        findings.push_back({.id = "fleet.too_large", .text = "is larger than 1 MiB"});
        return {};
    }
    try {
        return Reader(findings).read(toml::parse(toml));
    } catch (const toml::parse_error& error) {
        findings.push_back({
            .id = "fleet.syntax",
            .line = line_of(error.source()),
            .text = std::string(error.description()),
        });
        return {};
    }
}

}  // namespace acme::deploy
