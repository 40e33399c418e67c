// Rule sets as somebody sends them. What is taken is printed and read the same, compiles, and every
// flag of it is evaluated and explained.
#include "platform/flags/explain.hpp"

#include <boost/json/serialize.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace acme::flags;
    const std::string text(data, data + size);
    const auto ruleset = parse_ruleset(text);
    if (!ruleset) {
        if (ruleset.error().message.empty()) std::abort();
        return 0;
    }
    const std::string printed = boost::json::serialize(to_json(*ruleset));
    const auto again = parse_ruleset(printed);
    if (!again || boost::json::serialize(to_json(*again)) != printed) std::abort();
    const auto snapshot = Snapshot::compile(*ruleset);
    if (!snapshot) std::abort();
    Subject subject(*snapshot, acme::WallTime{});
    subject.set("user_id", "usr_1");
    subject.set("region", "eu-west");
    subject.set("version", "1.2.3");
    subject.set("age", std::int64_t{20});
    subject.set("ip", "10.1.2.3");
    for (std::uint32_t flag = 0; flag < (*snapshot)->size(); ++flag) {
        if (explain(**snapshot, flag, subject).evaluation != evaluate(**snapshot, flag, subject)) {
            std::abort();
        }
    }
    return 0;
}
