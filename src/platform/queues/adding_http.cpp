// Adding jobs, one or many at once.
#include "io/http/json.hpp"
#include "platform/queues/calls.hpp"
#include "platform/queues/decode.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::queues {
namespace {

using http::Call;
using http::Response;

boost::json::object to_json(const Added& added) {
    return {{"id", added.id.str()}, {"duplicate", added.is_duplicate}};
}

boost::json::object to_json(const Error& error) {
    boost::json::array fields;
    for (const FieldError& field : error.fields) {
        fields.push_back(boost::json::object{
            {"pointer", field.pointer}, {"code", field.code}, {"detail", field.detail}
        });
    }
    return {
        {"error",
         boost::json::object{
             {"code", error.code.text()}, {"detail", error.message}, {"errors", std::move(fields)}
         }},
    };
}

Task<Result<Response>> add_one(Routes room, Side side, const Call& call) {
    auto object = ACME_TRY(co_await http::json_object(call.request));
    const std::string payload = boost::json::serialize(object);
    NewJob job = ACME_TRY(job_in(std::move(object)));
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, payload));
    if (claim.replay) co_return *std::move(claim.replay);
    std::vector<NewJob> jobs;
    jobs.push_back(std::move(job));
    const auto added = ACME_TRY(co_await add(
        transaction,
        call.context,
        room.telemetry.clock,
        owner_of(side, call),
        call.who().user.str(),
        std::move(jobs)
    ));
    Response response = http::json(added[0].is_duplicate ? 200 : 201, to_json(added[0]));
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

std::unexpected<Error> too_many() {
    return refuse(
        ErrorKind::too_large, "queues.batch_too_long", "A batch has 10,000 jobs at most."
    );
}

/// One object a line. Source: ndjson.org.
Result<std::vector<boost::json::object>> lines_of(std::string_view text) {
    std::vector<boost::json::object> objects;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (objects.size() == batch_max) return too_many();
        auto object = http::parse_object(line);
        if (!object) return std::unexpected(std::move(object).error());
        objects.push_back(*std::move(object));
    }
    return objects;
}

/// {"jobs": [...]}
Result<std::vector<boost::json::object>> items_of(std::string_view text) {
    auto whole = http::parse_object(text);
    if (!whole) return std::unexpected(std::move(whole).error());
    http::Fields fields(*std::move(whole));
    std::vector<boost::json::object> objects;
    const boost::json::value* const list = fields.any("jobs");
    const boost::json::array* const items = list == nullptr ? nullptr : list->if_array();
    if (items == nullptr) {
        fields.complain("jobs", "queues.batch", "must be a list of jobs");
    } else if (items->size() > batch_max) {
        return too_many();
    } else if (!std::ranges::all_of(*items, &boost::json::value::is_object)) {
        fields.complain("jobs", "queues.batch", "must be a list of objects");
    } else {
        for (const auto& item : *items) objects.push_back(item.get_object());
    }
    if (auto finished = fields.finish(); !finished) {
        return std::unexpected(std::move(finished).error());
    }
    return objects;
}

bool is_of_lines(const Call& call) {
    return call.request.header("Content-Type").starts_with("application/x-ndjson");
}

/// What is wrong with one job keeps no other from being added.
Task<Result<Response>> add_batch(Routes room, Side side, const Call& call) {
    const std::string_view type = call.request.header("Content-Type");
    if (!is_of_lines(call) && !type.starts_with("application/json")) {
        co_return refuse(
            ErrorKind::invalid,
            "http.media_type",
            "This takes a body of type application/json or application/x-ndjson."
        );
    }
    const std::string text = ACME_TRY(co_await call.request.body.read_all(batch_bytes_max));
    auto objects = ACME_TRY(is_of_lines(call) ? lines_of(text) : items_of(text));
    boost::json::array results;
    std::vector<NewJob> jobs;
    std::vector<std::size_t> places;  // of the jobs, in the results
    for (boost::json::object& object : objects) {
        auto job = job_in(std::move(object));
        if (job) {
            places.push_back(results.size());
            jobs.push_back(*std::move(job));
            results.emplace_back(nullptr);
        } else {
            results.emplace_back(to_json(job.error()));
        }
    }
    auto transaction = co_await room.db.begin(call.context);
    auto claim = ACME_TRY(co_await room.idempotency.claim(transaction, call, text));
    if (claim.replay) co_return *std::move(claim.replay);
    const auto added = ACME_TRY(co_await add(
        transaction,
        call.context,
        room.telemetry.clock,
        owner_of(side, call),
        call.who().user.str(),
        std::move(jobs)
    ));
    for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = to_json(added[i]);
    const auto refused = std::ssize(results) - std::ssize(places);
    Response response = http::json(
        200,
        boost::json::object{
            {"added", places.size()}, {"refused", refused}, {"results", std::move(results)}
        }
    );
    co_await room.idempotency.keep(transaction, call, claim, response);
    co_await transaction.commit(call.context);
    co_return response;
}

}  // namespace

void add_adding_routes(http::Router& router, Routes room, Side side) {
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/jobs", "/v1/platform/jobs"),
        .access = to_add(side),
        .body_bytes_max = job_bytes_max,
        .doc =
            {.summary = "Adds a job; 200 with the one that is there when it is to be the only one.",
             .request = "NewJob",
             .response = "AddedJob",
             .status = 201,
             .errors =
                 {"queues.payload_too_large",
                  "queues.name",
                  "queues.time",
                  "queues.run_at_twice",
                  "queues.unique",
                  "queues.too_many",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true,
             .also = {200}},
        .handler = [room, side](const Call& call) { return add_one(room, side, call); },
    });
    router.add({
        .method = http::Method::post,
        .pattern = of(side, "/v1/jobs:batch", "/v1/platform/jobs:batch"),
        .access = to_add(side),
        .body_bytes_max = batch_bytes_max,
        .doc =
            {.summary = "Adds up to 10,000 jobs, as a list or one a line (application/x-ndjson), "
                        "and says of each what became of it.",
             .request = "NewJobs",
             .response = "AddedJobs",
             .errors =
                 {"queues.batch",
                  "queues.batch_too_long",
                  "queues.too_many",
                  "idempotency.key_malformed",
                  "idempotency.other_payload"},
             .takes_key = true},
        .handler = [room, side](const Call& call) { return add_batch(room, side, call); },
    });
}

}  // namespace acme::queues
