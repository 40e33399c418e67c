#pragma once

/// The rule set of an environment as people write it and programs carry it: read from JSON,
/// checked, printed. What is evaluated is what snapshot.hpp makes of it.
///
/// Whatever is wrong is told at once, each with a JSON pointer and a code (`flags.*`). For .cpp
/// files, like io/http/json.hpp: it includes Boost.JSON.

#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme::flags {

inline constexpr std::uint32_t whole = 100'000;  // 100 %, in steps of 0.001 %
inline constexpr std::size_t flags_max = 10'000;
inline constexpr std::size_t segments_max = 1'000;
inline constexpr std::size_t segment_members_max = 5'000'000;
inline constexpr std::size_t member_bytes_max = 200;
inline constexpr std::size_t list_id_digits = 32;  // the first of SHA-256 of the list's document
inline constexpr std::size_t key_chars_max = 100;
inline constexpr std::size_t variants_max = 50;
inline constexpr std::size_t rules_max = 200;
inline constexpr std::size_t clauses_max = 50;
inline constexpr std::size_t values_max = 10'000;  // of a clause; more are a segment
inline constexpr std::size_t overrides_max = 10'000;
inline constexpr std::size_t prerequisites_max = 20;
inline constexpr std::size_t prerequisite_depth_max = 8;
inline constexpr std::size_t prerequisite_evaluations_max = 256;  // that one flag costs, in all
inline constexpr std::size_t bucket_by_max = 5;
inline constexpr std::size_t text_bytes_max = 1'000;  // of a value, a name, a regular expression
inline constexpr std::size_t in_bytes_max = 255;      // of a value of `in`
inline constexpr std::size_t flag_bytes_max = 1'000'000;
inline constexpr std::size_t ruleset_bytes_max = 256'000'000;

enum class ValueType : std::uint8_t { boolean, string, integer, number, json };

struct Variant {
    std::string key = {};
    boost::json::value value = {};  // of the flag's type
};

enum class Op : std::uint8_t {
    in,  // the text form is one of the values
    starts_with,
    ends_with,
    contains,
    matches,  // a regular expression of RE2 matches anywhere
    lt,
    le,
    gt,
    ge,
    eq,  // numbers
    semver_lt,
    semver_le,
    semver_eq,
    semver_ge,
    semver_gt,
    before,
    after,    // RFC 3339; the attribute "now" is the time of the evaluation unless it is set
    cidr,     // an address in one of the networks
    segment,  // the user or the organization is in one of the segments; has no attribute
    present,  // has no values
};

/// A clause holds when any of its values does. One about an attribute that is absent, or has not
/// the form that its operator needs, does not hold; `negate` turns what came out.
struct Clause {
    std::string attribute = {};
    Op op = Op::in;
    std::vector<std::string> values = {};  // in their text form
    bool negate = false;
    bool ignores_case = false;  // of ASCII; for in, starts_with, ends_with and contains
};

struct Share {
    std::string variant = {};
    std::uint32_t weight = 0;
};

/// Either a variant or a split. A split that gives everything to one variant is that variant.
struct Serve {
    std::string variant = {};
    std::vector<Share> split = {};  // in the order in which the buckets are dealt
};

/// How units fall into buckets. `acme`: murmur3 of salt and unit. The others keep what each user
/// had in the system that a flag comes from; with them the weights of a split may have any sum, and
/// a rule whose unit is absent does not match, where one of ours ends the evaluation.
enum class Scheme : std::uint8_t { acme, unleash, flagd2, growthbook1, growthbook2, flipt, goff };

/// `group` goes into the hash as the peer does it (its group id, flag key or seed), `split_group`
/// into that of the split, `split_by` names its unit; "" and empty are as for the rollout.
struct Hash {
    Scheme scheme = Scheme::acme;
    std::string group = {};
    std::string split_group = {};
    std::vector<std::string> split_by = {};
};

struct Rule {
    std::string id = {};  // unique in the flag
    std::string name = {};
    bool is_enabled = true;
    std::vector<Clause> clauses = {};           // all must hold
    std::optional<std::uint32_t> rollout = {};  // of `whole`; absent: everybody
    std::vector<std::string> bucket_by = {};    // empty: as the flag says
    std::optional<Hash> hash = {};
    Serve serve = {};
};

enum class SubjectKind : std::uint8_t { user, org };

struct Override {
    SubjectKind kind = SubjectKind::user;
    std::string id = {};
    std::string variant = {};
    std::optional<WallTime> expires_at = {};
};

/// The other flag must serve one of `variants`; or, with `or_none`, no variant at all: it is
/// disabled, waits for another one, or its caller's default stands.
struct Prerequisite {
    std::string flag = {};
    std::vector<std::string> variants = {};
    bool or_none = false;
};

struct Flag {
    std::string key = {};
    ValueType type = ValueType::boolean;
    std::vector<Variant> variants = {};
    bool is_enabled = false;
    std::optional<boost::json::value> off_value = {};  // absent: the caller's default stands
    std::string salt = {};
    std::vector<std::string> bucket_by = {"user_id", "device_id"};
    std::vector<Prerequisite> prerequisites = {};
    std::vector<Override> overrides = {};
    std::vector<Rule> rules = {};
    std::optional<Serve> fallthrough = {
    };  // absent: the caller's default stands where no rule matches
};

/// A long list of members stands apart, as a segment without conditions: rule sets name it, and
/// whoever has it already need not read it again. `list` is its id then, and users and orgs are
/// empty.
struct Segment {
    std::string key = {};
    std::string list = {};
    std::vector<std::string> users = {};
    std::vector<std::string> orgs = {};
    std::vector<Clause> clauses = {
    };  // when there are any: whoever fulfils all of them is in it too
};

struct Ruleset {
    std::string environment = {};
    std::uint64_t version = 0;
    std::vector<Flag> flags = {};
    std::vector<Segment> segments = {};
};

/// The words of the document: "bool", "semver_lt", "growthbook1". nullopt for one that is none.
std::string_view word_of(ValueType type);
std::string_view word_of(Op op);
std::string_view word_of(Scheme scheme);
std::optional<ValueType> type_of(std::string_view word);
std::optional<Op> op_of(std::string_view word);
std::optional<Scheme> scheme_of(std::string_view word);

/// ^[a-z0-9][a-z0-9._-]{0,99}$: of segments and environments, and of flags that are made here.
bool is_key(std::string_view text);

/// What a flag may be called that comes from elsewhere, whose programs ask for it by that name: 1
/// to 100 characters of UTF-8, none of them a blank, a control character, or one of / ? # % " \.
bool is_flag_key(std::string_view text);

/// The variants that a bool flag has unless it says otherwise: on and off.
std::vector<Variant> bool_variants();

/// Error: flags.invalid (invalid) with one field for each problem, or flags.too_large (too_large).
/// Members that are not known are problems too. A flag of type bool may leave "variants" out.
Result<Flag> parse_flag(const boost::json::object& flag);
Result<Segment> parse_segment(const boost::json::object& segment);
Result<Ruleset> parse_ruleset(std::string_view json);

/// What is wrong with the values of a flag, looked at alone: parse_flag() has asked this. Pointers
/// begin with `pointer`. Codes: flags.key, flags.required, flags.too_long, flags.too_many,
/// flags.type, flags.value, flags.duplicate, flags.unknown_variant, flags.weights, flags.rollout,
/// flags.regex, flags.semver, flags.time, flags.cidr, flags.number, flags.hash, flags.serve,
/// flags.fallthrough, flags.list, flags.member (not known), flags.too_large.
std::vector<FieldError> problems_of(const Flag& flag, const std::string& pointer = "");
std::vector<FieldError> problems_of(const Segment& segment, const std::string& pointer = "");

/// All of it, and what only the whole shows: flags.duplicate, flags.unknown_flag,
/// flags.unknown_variant (of a prerequisite), flags.unknown_segment, flags.cycle, flags.depth.
std::vector<FieldError> problems_of(const Ruleset& ruleset);

/// As parse_*() reads it, without what is as if absent. parse(print(x)) is x.
boost::json::object to_json(const Clause& clause);
boost::json::object to_json(const Flag& flag);
boost::json::object to_json(const Segment& segment);
boost::json::object to_json(const Ruleset& ruleset);

}  // namespace acme::flags
