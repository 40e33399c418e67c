// Segments at a terminal.
#include "io/http/body.hpp"
#include "platform/flag_settings/terminal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <fstream>
#include <iostream>

namespace acme::flag_settings {
namespace {

/// A file, or standard input, read piece by piece.
class Lines final : public http::Body {
public:
    explicit Lines(std::istream& in) : in_(in) {}

    Result<> limit(std::size_t) override { return {}; }

    Task<Result<std::string_view>> read() override {
        in_.read(piece_.data(), static_cast<std::streamsize>(piece_.size()));
        co_return std::string_view(piece_.data(), static_cast<std::size_t>(in_.gcount()));
    }

private:
    std::istream& in_;
    std::array<char, std::size_t{64} * 1024> piece_{};
};

void print_segment(
    const cli::Call& call, const Segment& segment, const std::vector<std::string>& used_by
) {
    std::string text = segment.key + "  " + std::to_string(segment.users) + " users, " +
                       std::to_string(segment.orgs) + " organizations  " + segment.name;
    for (const std::string& each : used_by) text += "  " + each;
    print(call, text, to_json(segment, used_by));
}

Task<Result<>> list(Settings& settings, const cli::Call& call) {
    const Uses uses = co_await settings.segments.uses(call.context);
    for (const Segment& each : co_await settings.segments.list(call.context)) {
        const auto used_by = uses.find(each.key);
        print_segment(
            call, each, used_by == uses.end() ? std::vector<std::string>() : used_by->second
        );
    }
    co_return done;
}

Task<Result<>> set(Settings& settings, const cli::Call& call) {
    const auto before = co_await settings.segments.find(call.context, call.operands.at(0));
    Segment wanted;
    if (before) wanted = *before;
    wanted.key = call.operands.at(0);
    wanted.name = call.value("--name", before ? before->name : wanted.key);
    wanted.description = call.value("--description", wanted.description);
    if (call.has("--if")) {
        boost::json::error_code error;
        const auto clauses = boost::json::parse(call.value("--if"), error);
        if (error || !clauses.is_array()) {
            co_return invalid({{"/if", "flags.type", "must be a JSON list"}});
        }
        wanted.conditions = boost::json::serialize(clauses);
    }
    std::optional<std::int64_t> version;
    if (before) version = before->version;
    auto segment =
        co_await settings.segments.put(call.context, editor_of(call), std::move(wanted), version);
    if (!segment) co_return std::unexpected(std::move(segment).error());
    print_segment(call, *segment, {});
    co_return done;
}

Task<Result<>> remove(Settings& settings, const cli::Call& call) {
    const std::string key = call.operands.at(0);
    ACME_TRY(co_await settings.segments.remove(call.context, editor_of(call), key));
    print(call, key + "  deleted", {{"key", key}, {"state", "deleted"}});
    co_return done;
}

Task<Result<>> replace_members(Settings& settings, const cli::Call& call) {
    const std::string key = call.operands.at(0);
    const std::string path = call.operands.at(1);
    const std::string kind = call.has("--orgs") ? "org" : "user";
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) {
            co_return refuse(ErrorKind::not_found, "flags.file", "The file cannot be read.");
        }
    }
    Lines lines(path == "-" ? std::cin : file);
    auto segment =
        co_await settings.segments.upload(call.context, editor_of(call), key, kind, lines);
    if (!segment) co_return std::unexpected(std::move(segment).error());
    print_segment(call, *segment, {});
    co_return done;
}

}  // namespace

void add_segment_commands(cli::Commands& commands, Settings& settings) {
    commands.add({
        .name = "flags segments",
        .options = {as_json},
        .about = "Lists the segments, each with how many are in it and the flags that name it.",
        .example = "acme flags segments",
        .run = [&settings](const cli::Call& call) { return list(settings, call); },
    });
    commands.add({
        .name = "flags segment",
        .operands = {"SEGMENT"},
        .options =
            {{.name = "--name", .value = "TEXT", .about = "what people call it (the key)"},
             {.name = "--description", .value = "TEXT", .about = "who is meant"},
             {.name = "--if", .value = "JSON", .about = "clauses, all of which must hold"},
             with_reason,
             as_json},
        .about = "Makes a segment, or changes its name and conditions.",
        .example = "acme flags segment support-staff --name 'Support staff'",
        .run = [&settings](const cli::Call& call) { return set(settings, call); },
    });
    commands.add({
        .name = "flags members",
        .operands = {"SEGMENT", "FILE"},
        .options =
            {{.name = "--orgs", .about = "the file names organizations, not users"},
             with_reason,
             as_json},
        .about = "Replaces the members of a segment by those in FILE, or -, one id a line.",
        .example = "acme flags members support-staff staff.txt",
        .run = [&settings](const cli::Call& call) { return replace_members(settings, call); },
    });
    commands.add({
        .name = "flags delete-segment",
        .operands = {"SEGMENT"},
        .options = {with_reason, as_json},
        .about = "Deletes a segment that no rule names.",
        .example = "acme flags delete-segment support-staff",
        .run = [&settings](const cli::Call& call) { return remove(settings, call); },
    });
}

}  // namespace acme::flag_settings
