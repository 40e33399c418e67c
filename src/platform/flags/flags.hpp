#pragma once

/// Feature flags as a room of this program asks for them: one a thread, in app::Platform.
///
///     constexpr flags::Handle<bool> preview{"file-preview", false};
///     flags::Subject subject = flags.subject(clock.now());
///     subject.set("user_id", caller.user);
///     if (flags.get(preview, subject)) ...

#include "platform/flags/depot.hpp"
#include "platform/flags/handle.hpp"
#include "platform/flags/index.hpp"
#include "platform/flags/tally.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace acme::flags {

/// What a flag says, and the members of its answer: see Snapshot::members_of().
struct Answer {
    Evaluation evaluation;
    std::string_view members;
};

class Flags {
public:
    /// The depot outlives it.
    explicit Flags(Depot& depot) : depot_(depot) {}

    /// False: nothing is kept, counted or looked up, and get() returns the fallback.
    bool is_on() const { return depot_.is_on(); }

    /// The newest snapshot of an environment. "": the node's own, or that of production where its
    /// own has none, as of a node on a developer's machine. Null while there is none. Two loads,
    /// unless a newer one came: then a lock, once.
    std::shared_ptr<const Snapshot> pin(std::string_view environment = "");

    /// Holds the newest snapshot for as long as a request or job takes; then set its attributes.
    Subject subject(WallTime now, std::string_view environment = "");

    /// Never an error and never a wait. One relaxed load when flags are switched off, and no call
    /// where the flag answers everybody the same.
    template <FlagValue T>
    [[gnu::always_inline]] T get(const Handle<T>& handle, const Subject& subject) {
        if (!is_on() || subject.index() == nullptr) return handle.fallback();
        // The hash alone: handles are the program's own, and that two keys of one length have the
        // same 64 bits is less likely than a broken machine.
        const Index::Place* const place = subject.index()->find(
            handle.hash(), handle.key().size(), [](std::uint32_t) { return true; }
        );
        const Value* value = nullptr;
        if (place == nullptr) {
            count_unknown();
        } else if (place->is_constant && place->type == type_for<T>()) {
            value = place->answer;
            if (subject.tally() != nullptr) subject.tally()->count_at(place->counted);
        } else {
            value = served(place->flag, type_for<T>(), subject);
        }
        if (value == nullptr) return handle.fallback();
        if constexpr (std::same_as<T, bool>) return value->boolean;
        if constexpr (std::same_as<T, std::int64_t>) return value->integer;
        if constexpr (std::same_as<T, double>) return value->number;
        if constexpr (std::same_as<T, std::string_view>) return value->text;
    }

    /// For names that come from elsewhere: counts. `flag` is an index of subject.snapshot().
    Evaluation evaluate(std::uint32_t flag, const Subject& subject);
    /// All flags of subject.snapshot() in their order, each counted.
    std::vector<Answer> evaluate_all(const Subject& subject);
    void count_unknown() { depot_.count_unknown(); }

    /// What came out elsewhere, and was told here: a program that evaluates by itself.
    void count(
        std::uint32_t flag,
        const Evaluation& evaluation,
        const Subject& subject,
        std::uint64_t times
    );

private:
    struct Pinned {
        std::string environment;
        std::uint64_t number;  // of the depot, when it was looked at
        std::shared_ptr<Tally> tally;
    };

    template <class T>
    static constexpr ValueType type_for() {
        if constexpr (std::same_as<T, bool>) return ValueType::boolean;
        if constexpr (std::same_as<T, std::int64_t>) return ValueType::integer;
        if constexpr (std::same_as<T, double>) return ValueType::number;
        return ValueType::string;
    }

    std::string_view own_environment(std::uint64_t number);
    const std::shared_ptr<Tally>& tally_of(std::string_view environment);
    /// Null when the fallback stands.
    const Value* served(std::uint32_t flag, ValueType type, const Subject& subject);

    Depot& depot_;
    std::vector<Pinned> pinned_;
    std::string_view own_;  // of the depot at own_number_
    std::uint64_t own_number_ = ~std::uint64_t{0};
};

}  // namespace acme::flags
