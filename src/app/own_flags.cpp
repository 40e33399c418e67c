#include "app/own_flags.hpp"

#include "app/platform.hpp"
#include "work/jobs/jobs.hpp"

#include <array>

namespace acme::app {
namespace {

struct OwnFlag {
    const char* key;
    const char* name;
    const char* description;
    const char* kind;
};

// Keys are those of the rooms that ask: web/src/rooms/files and platform/limits.
constexpr std::array own_flags{
    OwnFlag{
        "file-preview",
        "File preview",
        "Images and texts can be looked at on the Files page. The dashboard asks for it.",
        "release"
    },
    OwnFlag{
        "rate-limit-asks-again",
        "Rate limit asks again",
        "Whoever is refused is asked for in Redis each time: a quota that was raised holds at "
        "once.",
        "ops"
    },
};

constexpr const char* bool_variants =
    R"([{"key": "on", "value": true}, {"key": "off", "value": false}])";

Task<Result<>> make(Platform& platform, trace::Context context, OwnFlag own) {
    flag_settings::Facts facts{
        .key = own.key,
        .name = own.name,
        .description = own.description,
        .kind = own.kind,
        .tags = {"acme"},
        .is_permanent = true,
        .variants = bool_variants
    };
    auto transaction = co_await platform.db.begin(context);
    const auto made = co_await platform.flag_settings.catalog.create(
        transaction, context, {.actor = {.name = "system"}}, std::move(facts)
    );
    if (made) {
        co_await transaction.commit(context);
        co_return done;
    }
    if (made.error().kind == ErrorKind::conflict)
        co_return done;  // it is there, or there is no room
    co_return std::unexpected(made.error());
}

Task<Result<>> make_own_flags(Platform& platform, trace::Context context) {
    if (!platform.config.enable_feature_flags) co_return done;
    for (const OwnFlag& own : own_flags) ACME_TRY(co_await make(platform, context, own));
    co_return done;
}

}  // namespace

void add_own_flags(jobs::Registry& jobs, Platform& platform) {
    jobs.add("flags.make_own", [&](trace::Context context, std::string) {
        return make_own_flags(platform, context);
    });
}

}  // namespace acme::app
