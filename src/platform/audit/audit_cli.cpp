#include "platform/audit/audit_cli.hpp"

#include "io/cli/commands.hpp"
#include "io/objects/store.hpp"
#include "platform/audit/retire.hpp"
#include "platform/audit/verify.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace acme::audit {
namespace {

constexpr std::int64_t progress_rows = 100'000;
constexpr int export_batch = 500;

constexpr std::array<std::string_view, 13> columns{
    "id",
    "created_at",
    "org",
    "actor",
    "action",
    "target",
    "before",
    "after",
    "request_id",
    "ip",
    "position",
    "prev_hash",
    "hash",
};

template <class T>
boost::json::value or_null(const std::optional<T>& value) {
    return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

/// `days` are those of which the object store has an anchor, if it was asked.
boost::json::object to_json(const Verdict& verdict, std::optional<std::size_t> days) {
    boost::json::array findings;
    for (const Finding& finding : verdict.first) {
        findings.push_back({
            {"wrong", name_of(finding.wrong)},
            {"position", or_null(finding.position)},
            {"entry", finding.entry ? boost::json::value(finding.entry->str()) : nullptr},
            {"about", finding.about},
        });
    }
    return {
        {"whole", verdict.is_whole()},
        {"sealed", verdict.sealed},
        {"waiting", verdict.waiting},
        {"retired", verdict.retired},
        {"days", days ? boost::json::value(*days) : boost::json::value(nullptr)},
        {"anchor", verdict.end.str()},
        {"wrong", verdict.wrong},
        {"findings", std::move(findings)},
    };
}

void show(const cli::Call& call, const Finding& finding) {
    std::string line(name_of(finding.wrong));
    line.resize(sizeof "inserted" + 1, ' ');
    if (finding.position) line += "position " + std::to_string(*finding.position) + "  ";
    if (finding.entry) line += finding.entry->str() + "  ";
    call.print(line + finding.about);
}

void show(const cli::Call& call, const Verdict& verdict, const std::vector<DayAnchor>& days) {
    for (const Finding& finding : verdict.first) show(call, finding);
    if (!verdict.is_whole()) return;
    call.print(
        "The chain of " + std::to_string(verdict.sealed) + " entries is whole; " +
        std::to_string(verdict.waiting) + " wait for their seal."
    );
    if (verdict.retired > 0) {
        call.print(
            "It begins after position " + std::to_string(verdict.retired) + ": entries are kept " +
            std::to_string(kept_for.count()) + " days."
        );
    }
    if (!days.empty()) {
        call.print(
            "It goes through the anchors that the object store has of " +
            std::to_string(days.size()) + (days.size() == 1 ? " day, " : " days, the last of ") +
            days.back().day + "."
        );
    } else if (!call.has("--without-store")) {
        call.print("The object store has no anchor yet: it gets one a day.");
    }
    call.print("Keep its end elsewhere: a later chain must go through it. --anchor");
    call.print(verdict.end.str());
}

Result<std::optional<Anchor>> anchor_in(const cli::Call& call) {
    if (!call.has("--anchor")) return std::nullopt;
    auto anchor = Anchor::parse(call.value("--anchor"));
    if (anchor) return anchor;
    return refuse(
        ErrorKind::invalid,
        "audit.anchor",
        "An anchor is what verify printed as the end: 17:9f86… with 64 digits."
    );
}

Task<Result<std::vector<DayAnchor>>> days_for(
    objects::Store& store, const Clock& clock, const cli::Call& call
) {
    if (call.has("--without-store")) co_return std::vector<DayAnchor>();
    auto days = co_await list_anchors(store, call.context, clock.now());
    if (days) co_return days;
    co_return refuse(
        ErrorKind::unavailable,
        "audit.store_away",
        days.error().message + " So the chain is held to no anchor of it; --without-store does " +
            "without."
    );
}

Task<Result<>> verify_chain(
    pg::Database& db, objects::Store& store, const Clock& clock, const cli::Call& call
) {
    VerifyOptions options{.anchor = ACME_TRY(anchor_in(call))};
    const auto days = ACME_TRY(co_await days_for(store, clock, call));
    options.days = days;
    const bool as_json = call.has("--json");
    std::int64_t told = 0;
    options.tell = [&](std::int64_t rows) {
        if (as_json || rows - told < progress_rows) return;
        told = rows;
        call.print(std::to_string(rows) + " rows looked at …");
    };
    const Verdict verdict = co_await verify(db, call.context, std::move(options));
    if (as_json) {
        const bool is_asked = !call.has("--without-store");
        const auto count = is_asked ? std::optional(days.size()) : std::nullopt;
        call.print(boost::json::serialize(to_json(verdict, count)));
    } else {
        show(call, verdict, days);
    }
    if (verdict.is_whole()) co_return done;
    const std::string rows =
        std::to_string(verdict.wrong) + (verdict.wrong == 1 ? " row does" : " rows do");
    const bool has_more = verdict.wrong > std::ssize(verdict.first);
    co_return refuse(
        ErrorKind::conflict,
        "audit.broken",
        as_json ? ""
                : rows + " not fit" + (has_more ? "; these are the first that were found." : ".")
    );
}

/// To the microsecond, as it is sealed.
std::string line_of_json(const Exported& row) {
    boost::json::object json = to_json(row.entry);
    json["created_at"] = to_rfc3339(row.entry.created_at);
    json["position"] = or_null(row.position);
    json["prev_hash"] = row.position ? boost::json::value(row.prev_hash) : nullptr;
    json["hash"] = row.position ? boost::json::value(row.hash) : nullptr;
    return boost::json::serialize(json);
}

/// Source: RFC 4180, 2.
void append_cell(std::string& line, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == text.npos) {
        line += text;
        return;
    }
    line += '"';
    for (const char c : text) {
        if (c == '"') line += '"';
        line += c;
    }
    line += '"';
}

template <std::size_t count>
std::string line_of_csv(const std::array<std::string_view, count>& cells) {
    std::string line;
    for (const std::string_view& cell : cells) {
        if (&cell != cells.data()) line += ',';
        append_cell(line, cell);
    }
    return line;
}

std::string line_of_csv(const Exported& row) {
    const Stored& entry = row.entry;
    const std::string id = entry.id.str();
    const std::string created_at = to_rfc3339(entry.created_at);
    const std::string org = entry.org ? OrgId{*entry.org}.str() : "";
    const std::string position = row.position ? std::to_string(*row.position) : "";
    return line_of_csv(std::array<std::string_view, columns.size()>{
        id,
        created_at,
        org,
        entry.actor,
        entry.action,
        entry.target,
        entry.before,
        entry.after,
        entry.request_id,
        entry.ip,
        position,
        row.prev_hash,
        row.hash,
    });
}

std::optional<std::string> given(const cli::Call& call, std::string_view option) {
    return call.has(option) ? std::optional(call.value(option)) : std::nullopt;
}

Task<Result<>> export_entries(pg::Database& db, const cli::Call& call) {
    const std::string format = call.value("--format");
    const bool as_csv = format == "csv";
    if (!as_csv && format != "jsonl") {
        co_return refuse(ErrorKind::invalid, "audit.format", "--format is jsonl or csv.");
    }
    const Filter filter = ACME_TRY(read_filter({
        .org = given(call, "--org"),
        .since = given(call, "--since"),
        .until = given(call, "--until"),
    }));
    if (as_csv) call.print(line_of_csv(columns));
    std::optional<AuditId> last;
    while (true) {
        const auto rows = co_await list_exported(db, call.context, filter, last, export_batch);
        for (const Exported& row : rows) call.print(as_csv ? line_of_csv(row) : line_of_json(row));
        if (std::ssize(rows) < export_batch) co_return done;
        last = rows.back().entry.id;
    }
}

}  // namespace

void add_commands(
    cli::Commands& commands, pg::Database& db, objects::Store& store, const Clock& clock
) {
    commands.add({
        .name = "audit verify",
        .options =
            {{"--anchor", "END", "the end that an earlier verify printed: it must be in the chain"},
             {"--without-store", "", "does not hold it to the anchors of the object store"},
             {"--json", "", "as JSON, on one line"}},
        .about = "Computes the chain of audit entries again and names the rows that do not fit.",
        .example = "acme audit verify",
        .run = [&](const cli::Call& call) { return verify_chain(db, store, clock, call); },
        .exit_codes = {{"audit.anchor", cli::exit_usage}},
    });
    commands.add({
        .name = "audit export",
        .options =
            {{"--format", "FORMAT", "jsonl or csv", true},
             {"--since", "TIME", "from then on, 2026-11-24T18:00Z"},
             {"--until", "TIME", "up to then, and not that moment itself"},
             {"--org", "ID", "of one organization: org_01…"}},
        .about = "Writes audit entries with their seals, oldest first.",
        .example = "acme audit export --format jsonl --since 2026-11-01T00:00Z",
        .run = [&db](const cli::Call& call) { return export_entries(db, call); },
        .exit_codes = {{"audit.format", cli::exit_usage}, {"audit.filter", cli::exit_usage}},
    });
}

}  // namespace acme::audit
