#pragma once

/// What commands read and print. Private to platform/schedules.

#include "io/cli/commands.hpp"
#include "platform/schedules/schedules.hpp"

namespace acme::schedules {

void print_row(const cli::Call& call, const Row& row, WallTime now);
void print_runs(const cli::Call& call, const std::vector<Run>& runs);
void print_fire(const cli::Call& call, const Fire& fire);

Error invalid(std::vector<FieldError> problems);

std::optional<WallTime> time_in(
    const cli::Call& call, std::string_view option, std::vector<FieldError>& problems
);

/// -1 for what is no number.
std::int64_t number_in(const cli::Call& call, std::string_view option, std::string_view usual);

/// One that names none of the words becomes the first, and a problem.
template <class Value>
Value choice_in(
    const cli::Call& call,
    std::string_view option,
    std::string_view usual,
    std::optional<Value> (*read)(std::string_view),
    std::string_view words,
    std::vector<FieldError>& problems
) {
    const auto value = read(call.value(option, usual));
    if (!value) {
        problems.push_back(
            {"/" + std::string(option.substr(2)), "schedules.choice", "is " + std::string(words)}
        );
    }
    return value.value_or(Value{});
}

/// The times of a rule alone.
Rule times_in(const cli::Call& call, std::vector<FieldError>& problems);

}  // namespace acme::schedules
