#pragma once

/// Jobs whose arguments are a struct.
///
///     struct Greet {
///         static constexpr std::string_view kind = "hello.greet";
///         std::string name;
///     };
///     BOOST_DESCRIBE_STRUCT(Greet, (), (name))
///
///     jobs::handle<Greet>(registry, [](jobs::Run& run, Greet greet) -> Task<Result<>> { ... });
///     co_await jobs::add(transaction, context, clock, Greet{.name = "Ada"});
///
/// A member that the release before does not know is std::optional, and one that this does not know
/// is passed over. What cannot be read so is a
/// refusal, jobs.args: the job becomes a dead letter, and comes back when a release can.

#include "work/jobs/run.hpp"

#include <boost/describe.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/mp11/algorithm.hpp>

namespace acme::jobs {

template <class T>
concept Arguments = boost::describe::has_describe_members<T>::value && requires {
    { T::kind } -> std::convertible_to<std::string_view>;
};

template <Arguments T>
constexpr int version_of() {
    if constexpr (requires { T::version; }) return T::version;
    return 1;
}

/// See add() in jobs.hpp. The transaction outlives the task.
template <Arguments T>
Task<Enqueued> add(
    pg::Transaction& transaction,
    trace::Context context,
    const Clock& clock,
    const T& args,
    EnqueueOptions options = {}
) {
    options.args_version = version_of<T>();
    std::string json = boost::json::serialize(boost::json::value_from(args));
    return add(transaction, context, clock, T::kind, std::move(json), options);
}

/// The members of T alone, those that may be absent as null: Boost.JSON wants all of them and no
/// others, and a release beside this one may know more or fewer.
template <Arguments T>
boost::json::value members_of(const boost::json::value& json) {
    const auto* all = json.if_object();
    if (all == nullptr) return json;
    boost::json::object known;
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
        using Value = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
        if (const auto* found = all->if_contains(member.name)) {
            known[member.name] = *found;
        } else if constexpr (std::constructible_from<Value, std::nullopt_t>) {
            known[member.name] = nullptr;
        }
    });
    return known;
}

template <Arguments T, class Work>
Task<Result<>> read_and_work(Run& run, Work work) {
    boost::system::error_code error;
    const auto json = boost::json::parse(run.args(), error);
    auto args =
        error ? boost::json::result<T>(error) : boost::json::try_value_to<T>(members_of<T>(json));
    if (!args) co_return refuse(ErrorKind::invalid, "jobs.args", "Its arguments are not so.");
    co_return co_await work(run, std::move(*args));
}

/// `work` is called as work(run, args) and returns Task<Result<>>.
template <Arguments T, class Work>
void handle(Registry& registry, Work work, KindOptions options = {}) {
    registry.handle(T::kind, [work](Run& run) { return read_and_work<T>(run, work); }, options);
}

}  // namespace acme::jobs
