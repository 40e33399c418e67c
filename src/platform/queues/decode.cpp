#include "platform/queues/decode.hpp"

#include "platform/queues/calls.hpp"
#include "work/jobs/jobs.hpp"

#include <boost/json/serialize.hpp>

namespace acme::queues {
namespace {

using http::Fields;

constexpr std::string_view name_rule =
    "must be 1 to 63 lower-case letters, digits, _, . and -, and begin with a letter";

std::string name_in(Fields& fields, std::string_view key, std::string_view usual) {
    std::string name =
        usual.empty() ? fields.text(key, {1, name_bytes_max})
                      : fields.optional_text(key, {1, name_bytes_max}).value_or(std::string(usual));
    if (!name.empty() && !is_name(name)) {
        fields.complain(key, "queues.name", std::string(name_rule));
    }
    return name;
}

std::optional<Scope> scope_in(std::string_view word) {
    if (word == "queue") return Scope::queue;
    if (word == "kind") return Scope::kind;
    if (word == "organization") return Scope::organization;
    return std::nullopt;
}

/// {"key", "scope", "ttl_seconds"}. What is wrong with it is told as one thing.
std::optional<Unique> unique_in(Fields& fields) {
    const boost::json::value* const value = fields.any("unique");
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_object()) {
        Fields inner(value->get_object(), "/unique");
        Unique unique{.key = inner.text("key", {1, key_chars_max})};
        const auto scope = inner.optional_choice("scope", {"queue", "kind", "organization"});
        if (scope) unique.scope = scope_in(*scope).value_or(Scope::queue);
        const auto ttl = inner.optional_integer("ttl_seconds", {1, 31'536'000});
        if (ttl) unique.ttl = std::chrono::seconds(*ttl);
        if (inner.finish()) return unique;
    }
    fields.complain(
        "unique",
        "queues.unique",
        "must be {\"key\": up to 200 characters, \"scope\": queue, kind or organization, "
        "\"ttl_seconds\": 1 to 31536000}"
    );
    return std::nullopt;
}

}  // namespace

Result<NewJob> job_in(boost::json::object object) {
    Fields fields(std::move(object));
    NewJob job;
    job.queue = name_in(fields, "queue", "default");
    job.kind = name_in(fields, "kind", "");
    const boost::json::value* const payload = fields.any("payload");
    if (payload != nullptr) job.args = boost::json::serialize(*payload);
    job.run_at = optional_time(fields, "run_at");
    const auto delay = fields.optional_integer("delay_ms", {0, delay_ms_most});
    if (delay) job.delay_by = std::chrono::milliseconds(*delay);
    if (delay && job.run_at) {
        fields.complain(
            "delay_ms", "queues.run_at_twice", "stands in place of run_at, not beside it"
        );
    }
    job.priority = fields.optional_integer("priority", {0, 9}).value_or(priority_usual);
    job.attempts_max = fields.optional_integer("max_attempts", {1, attempts_most});
    job.timeout_ms = fields.optional_integer("timeout_ms", {100, timeout_ms_most});
    job.key = fields.optional_text("key", {1, key_chars_max});
    const auto key_max = fields.optional_integer("key_max", {1, 10'000});
    if (key_max && !job.key) {
        fields.complain(
            "key_max", "queues.key_max", "stands beside key: how many of it run at once"
        );
    }
    job.key_max = key_max.value_or(1);
    job.unique = unique_in(fields);
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    if (job.args.size() > jobs::args_bytes_max) {
        return refuse(
            ErrorKind::too_large,
            "queues.payload_too_large",
            "A payload has 64 KiB at most. Keep what is larger as a file, and its id in the "
            "payload."
        );
    }
    return job;
}

}  // namespace acme::queues
