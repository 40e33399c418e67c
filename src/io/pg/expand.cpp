// Source: PostgreSQL, "ALTER TABLE" (which forms rewrite or scan the table), "Explicit Locking";
// libpg_query, protobuf/pg_query.proto (the names of the nodes).
#include "io/pg/expand.hpp"

#include "io/pg/query.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <optional>
#include <pg_query.h>
#include <set>

namespace acme::pg {
namespace {

namespace json = boost::json;

using Reason = std::optional<std::string>;  // nullopt: nothing to object to

constexpr std::size_t excerpt_bytes = 200;
constexpr int depth_max = 200;

const json::value* find(const json::value& node, std::string_view name) {
    const auto* object = node.if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

std::string text_of(const json::value& node, std::string_view name) {
    const auto* value = find(node, name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

bool flag_of(const json::value& node, std::string_view name) {
    const auto* value = find(node, name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

json::array list_of(const json::value& node, std::string_view name) {
    const auto* value = find(node, name);
    return value != nullptr && value->is_array() ? value->get_array() : json::array();
}

/// {"Constraint": {...}} has the one name and the one value.
std::string_view kind_of(const json::value& node) { return node.get_object().begin()->key(); }
const json::value& inside(const json::value& node) { return node.get_object().begin()->value(); }

std::string table_of(const json::value& relation) {
    return text_of(relation, "schemaname") + "." + text_of(relation, "relname");
}

std::string last_word(const json::array& names) {
    return names.empty() ? "" : text_of(inside(names.back()), "sval");
}

/// A default that the server can note once rather than write into each row: constants, and
/// functions whose value stands for the whole statement.
bool is_cheap_default(const json::value& expression) {
    const std::string_view kind = kind_of(expression);
    const json::value& node = inside(expression);
    if (kind == "A_Const" || kind == "SQLValueFunction") return true;
    if (kind == "TypeCast") return is_cheap_default(*find(node, "arg"));
    if (kind == "FuncCall") return last_word(list_of(node, "funcname")) == "now";
    if (kind != "A_ArrayExpr") return false;
    for (const json::value& element : list_of(node, "elements")) {
        if (!is_cheap_default(element)) return false;
    }
    return true;
}

Reason object_to_new_column(const json::value& column) {
    const json::value* const type = find(column, "typeName");
    const std::string name = type == nullptr ? "" : last_word(list_of(*type, "names"));
    if (name.ends_with("serial") || name.starts_with("serial")) {
        return "a serial column writes every row; add a plain column and fill it by a job";
    }
    bool is_not_null = false;
    bool has_default = false;
    for (const json::value& each : list_of(column, "constraints")) {
        const json::value& constraint = inside(each);
        const std::string kind = text_of(constraint, "contype");
        if (kind == "CONSTR_NOTNULL") {
            is_not_null = true;
        } else if (kind == "CONSTR_DEFAULT") {
            has_default = true;
            if (!is_cheap_default(*find(constraint, "raw_expr"))) {
                return "this default writes every row; use a constant or now()";
            }
        } else if (kind != "CONSTR_NULL") {
            return "a new column takes no constraint but NOT NULL; add it NOT VALID, by itself";
        }
    }
    if (is_not_null && !has_default) {
        return "NOT NULL needs a default: the running release does not name this column";
    }
    return std::nullopt;
}

Reason object_to_constraint(const json::value& constraint) {
    const std::string kind = text_of(constraint, "contype");
    if (kind == "CONSTR_CHECK" || kind == "CONSTR_FOREIGN") {
        if (flag_of(constraint, "skip_validation")) return std::nullopt;
        return "this reads the whole table under a lock; add NOT VALID, validate later";
    }
    return "the running release may write rows that this refuses";
}

Reason object_to_command(const json::value& command) {
    static constexpr std::array harmless{
        "AT_ValidateConstraint",
        "AT_DropNotNull",
        "AT_SetStatistics",
        "AT_SetStorage",
        "AT_SetCompression",
        "AT_SetRelOptions",
        "AT_ResetRelOptions",
        "AT_ReplicaIdentity",
        "AT_SetOptions",
        "AT_ResetOptions",
        "AT_AttachPartition",
    };
    const std::string subtype = text_of(command, "subtype");
    const json::value* const def = find(command, "def");
    if (subtype == "AT_AddColumn") return object_to_new_column(inside(*def));
    if (subtype == "AT_AddConstraint") return object_to_constraint(inside(*def));
    if (subtype == "AT_ColumnDefault") {
        if (def != nullptr) return std::nullopt;
        return "the running release may rely on this default";
    }
    if (subtype == "AT_AlterColumnType") {
        return "the running release knows the old type; add a column of the new one";
    }
    if (subtype == "AT_SetNotNull") {
        return "the running release may write NULL; add a CHECK that is NOT VALID";
    }
    if (subtype == "AT_DropColumn") return "the running release uses this column";
    if (subtype == "AT_DropConstraint") return "the running release may rely on this constraint";
    if (std::ranges::find(harmless, subtype) != harmless.end()) return std::nullopt;
    return "this form of ALTER TABLE is not known to be safe";
}

/// One migration, statement by statement.
class Reader {
public:
    Reason object_to(std::string_view kind, const json::value& node, bool is_only) {
        if (kind == "CreateStmt") return note_table(*find(node, "relation"), node);
        if (kind == "CreateTableAsStmt") return note_table(*find(*find(node, "into"), "rel"), node);
        if (kind == "AlterTableStmt") return object_to_alter(node);
        if (kind == "IndexStmt") return object_to_index(node, is_only);
        if (kind == "RenameStmt" && is_new(node)) return std::nullopt;
        if (kind == "RenameStmt") return "the running release knows the old name";
        if (kind == "UpdateStmt" || kind == "DeleteStmt") {
            if (is_new(node)) return std::nullopt;
            return "rows are changed by a job, in small steps, not under a migration's locks";
        }
        if (kind == "CreateTrigStmt") {
            if (is_new(node)) return std::nullopt;
            return "a trigger changes what the running release's statements do";
        }
        if (kind == "AlterEnumStmt") {
            if (text_of(node, "oldVal").empty()) return std::nullopt;
            return "the running release knows the old name";
        }
        if (kind == "GrantStmt" || kind == "GrantRoleStmt") {
            if (flag_of(node, "is_grant")) return std::nullopt;
            return "the running release may need this right";
        }
        return object_to_others(kind);
    }

private:
    Reason note_table(const json::value& relation, const json::value& node) {
        // With IF NOT EXISTS it may be an old one.
        if (!flag_of(node, "if_not_exists")) new_tables_.insert(table_of(relation));
        return std::nullopt;
    }

    bool is_new(const json::value& node) const {
        const json::value* const relation = find(node, "relation");
        return relation != nullptr && new_tables_.contains(table_of(*relation));
    }

    Reason object_to_alter(const json::value& node) const {
        if (is_new(node)) return std::nullopt;
        if (text_of(node, "objtype") == "OBJECT_TYPE")
            return "the running release knows the old type";
        for (const json::value& command : list_of(node, "cmds")) {
            if (const Reason reason = object_to_command(inside(command))) return reason;
        }
        return std::nullopt;
    }

    Reason object_to_index(const json::value& node, bool is_only) const {
        const bool is_concurrent = flag_of(node, "concurrent");
        if (is_concurrent && !is_only) return "CONCURRENTLY has to be a migration's only statement";
        if (is_new(node)) return std::nullopt;
        if (flag_of(node, "unique")) return "the running release may write rows that this refuses";
        if (!is_concurrent) return "this locks the table for as long as it reads it: CONCURRENTLY";
        if (text_of(node, "idxname").empty()) return "an index built concurrently needs a name";
        if (!flag_of(node, "if_not_exists")) return "it may be built twice: IF NOT EXISTS";
        return std::nullopt;
    }

    static Reason object_to_others(std::string_view kind) {
        static constexpr std::array harmless{
            "ViewStmt",
            "CreateFunctionStmt",
            "CreateSeqStmt",
            "CreateEnumStmt",
            "CreateDomainStmt",
            "CompositeTypeStmt",
            "CreateSchemaStmt",
            "CreateExtensionStmt",
            "CommentStmt",
            "InsertStmt",
            "SelectStmt",
            "CreateStatsStmt",
            "CreateRangeStmt",
            "AlterDefaultPrivilegesStmt",
        };
        if (std::ranges::find(harmless, kind) != harmless.end()) return std::nullopt;
        if (kind == "DropStmt") return "the running release may use it";
        if (kind == "TransactionStmt") return "a migration is one transaction already";
        if (kind == "DoStmt") return "what this block does cannot be checked";
        return "this kind of statement is not known to be safe";
    }

    std::set<std::string> new_tables_;
};

/// Without the comment before it.
std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \n\t");
    if (first == std::string_view::npos) return "";
    if (text.substr(first).starts_with("--")) {
        const auto end = text.find('\n', first);
        return end == std::string_view::npos ? "" : trimmed(text.substr(end));
    }
    return std::string(text.substr(first, text.find_last_not_of(" \n\t") - first + 1));
}

std::size_t number_of(const json::value& node, std::string_view name, std::size_t otherwise) {
    const auto* value = find(node, name);
    return value == nullptr ? otherwise
                            : static_cast<std::size_t>(value->to_number<std::int64_t>());
}

}  // namespace

Script read_script(std::string_view sql) {
    const std::string text(sql);
    PgQueryParseResult parsed = pg_query_parse(text.c_str());
    const std::unique_ptr<PgQueryParseResult, void (*)(PgQueryParseResult*)> owner(
        &parsed, [](PgQueryParseResult* result) { pg_query_free_parse_result(*result); }
    );
    Script script;
    if (parsed.error != nullptr) {
        script.objections.push_back({text.substr(0, excerpt_bytes), parsed.error->message});
        return script;
    }
    json::parse_options options;
    options.max_depth = depth_max;
    const json::value tree = json::parse(parsed.parse_tree, {}, options);
    const json::array statements = list_of(tree, "stmts");
    Reader reader;
    for (const json::value& each : statements) {
        const std::size_t begin = number_of(each, "stmt_location", 0);
        const std::size_t length = number_of(each, "stmt_len", text.size() - begin);
        script.statements.push_back(trimmed(sql.substr(begin, length)));
        const json::value& statement = *find(each, "stmt");
        const bool is_only = statements.size() == 1;
        const auto reason = reader.object_to(kind_of(statement), inside(statement), is_only);
        if (reason) {
            script.objections.push_back({script.statements.back().substr(0, excerpt_bytes), *reason}
            );
        }
        if (flag_of(inside(statement), "concurrent")) {
            script.index = text_of(inside(statement), "idxname");
        }
    }
    return script;
}

}  // namespace acme::pg
