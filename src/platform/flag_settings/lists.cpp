#include "platform/flag_settings/lists.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "platform/flag_settings/pack.hpp"

#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

// The time of one that is there already moves, so that nobody removes it meanwhile.
constexpr pg::Query insert_list{"flag_settings.insert_list", R"sql(
    INSERT INTO flag_lists (id, payload, created_at) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at
)sql"};

struct Printed {
    std::string id;
    std::vector<std::byte> payload;
};

Printed print(const flags::Segment& members) {
    const std::string json = boost::json::serialize(flags::to_json(members));
    return {
        .id = to_hex(sha256(json)).substr(0, flags::list_id_digits), .payload = pack_list(json)
    };
}

}  // namespace

Task<Result<>> keep_list(
    Press press, pg::Transaction& transaction, trace::Context context, Segment segment
) {
    if (!is_long(segment)) {
        if (!segment.list.empty()) {
            co_await rows::name_list(transaction, context, segment.id, "");
        }
        co_return done;
    }
    const auto whole = std::make_shared<flags::Segment>(flags::Segment{.key = segment.key});
    for (Member& member : co_await rows::members(transaction, context, segment.id)) {
        auto& ids = member.kind == "user" ? whole->users : whole->orgs;
        ids.push_back(std::move(member.id));
    }
    const Printed printed =
        ACME_TRY(co_await press.loop.blocking([whole] { return print(*whole); }));
    co_await transaction.run(
        context,
        insert_list,
        printed.id,
        std::span<const std::byte>(printed.payload),
        press.telemetry.clock.now()
    );
    co_await rows::name_list(transaction, context, segment.id, printed.id);
    co_return done;
}

}  // namespace acme::flag_settings
