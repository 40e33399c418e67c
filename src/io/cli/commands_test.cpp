// What words choose, and with which code the program ends.
#include "io/cli/commands.hpp"

#include "testing/bench.hpp"

namespace acme::cli {
namespace {

Task<Result<>> list(const Call& call) {
    call.print(
        call.operands[0] + " " + call.value("--limit", "50") + (call.has("--json") ? " j" : "")
    );
    co_return done;
}

Task<Result<>> look(const Call& call) {
    call.print(call.operands[0].empty() ? "here" : call.operands[0]);
    co_return done;
}

Task<Result<>> refuse_as(ErrorKind kind) {
    co_return std::unexpected(Error{
        .kind = kind,
        .code = "test.no",
        .message = "No.",
        .fields =
            {{"/email", "test.at", "has no @"},
             {"/email/0", "test.odd", "is odd"},
             {"/name", "test.missing", "is missing"},
             {"", "test.whole", "fits nothing"}},
    });
}

struct CommandsBench : testing::DryBench {
    CommandsBench() {
        commands.add({
            .name = "files list",
            .operands = {"org"},
            .options = {{"--limit", "N", "how many"}, {"--json", "", "as JSON"}},
            .about = "Lists files.",
            .example = "acme files list org_1 --limit 5",
            .run = [](const Call& call) { return list(call); },
        });
        commands.add({
            .name = "look",
            .operands = {"[FILE]"},
            .about = "Looks.",
            .run = [](const Call& call) { return look(call); },
        });
        commands.add({
            .name = "up",
            .about = "Starts everything.",
            .run = [](const Call&) { return refuse_as(ErrorKind::unavailable); },
            .needs_configuration = false,
        });
        commands.add({
            .name = "accounts create",
            .options = {{"--email", "ADDRESS", "where mail goes", true}},
            .about = "Creates an account.",
            .run = [](const Call&) { return refuse_as(ErrorKind::conflict); },
        });
    }

    int run(std::vector<std::string> words) {
        Choice choice = commands.choose(std::move(words));
        printed = choice.text;
        if (choice.command == nullptr) return choice.exit_code;
        complained.clear();
        const auto into = [](std::string& text) {
            return [&text](std::string_view line) { text.append(line).append("\n"); };
        };
        return wait(Commands::run(context, std::move(choice), into(printed), into(complained)));
    }

    Commands commands;
    std::string printed;
    std::string complained;
};

TEST(Commands, WordsChooseACommandWithItsOperandsAndOptions) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({"files", "list", "org_1", "--json"}), 0);
    EXPECT_EQ(bench.printed, "org_1 50 j\n");
    EXPECT_EQ(bench.run({"files", "list", "--limit=5", "org_1"}), 0);
    EXPECT_EQ(bench.printed, "org_1 5\n");
}

TEST(Commands, AnOperandInBracketsMayBeLeftOut) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({"look"}), 0);
    EXPECT_EQ(bench.printed, "here\n");
    EXPECT_EQ(bench.run({"look", "there"}), 0);
    EXPECT_EQ(bench.printed, "there\n");
}

TEST(Commands, WhatIsWrittenWrongIsUsageAndSaysWhy) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({}), exit_usage);
    EXPECT_EQ(bench.run({"files"}), exit_usage);
    EXPECT_NE(bench.printed.find("list"), std::string::npos);
    EXPECT_EQ(bench.run({"nonsense"}), exit_usage);
    EXPECT_EQ(bench.run({"files", "list"}), exit_usage);
    EXPECT_NE(bench.printed.find("org"), std::string::npos);
    EXPECT_EQ(bench.run({"files", "list", "a", "b"}), exit_usage);
    EXPECT_EQ(bench.run({"files", "list", "a", "--unknown"}), exit_usage);
    EXPECT_EQ(bench.run({"accounts", "create"}), exit_usage);
    EXPECT_NE(bench.printed.find("--email"), std::string::npos);
}

TEST(Commands, HelpShowsWhatThereIsWithAnExample) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({"--help"}), 0);
    EXPECT_NE(bench.printed.find("up"), std::string::npos);
    EXPECT_EQ(bench.run({"files", "list", "--help"}), 0);
    EXPECT_NE(bench.printed.find("acme files list org_1 --limit 5"), std::string::npos);
}

TEST(Commands, TheKindOfAnErrorIsTheExitCode) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({"up"}), exit_temporary);
    EXPECT_EQ(bench.run({"accounts", "create", "--email", "x"}), exit_refused);
    EXPECT_NE(bench.complained.find("test.no"), std::string::npos);
    EXPECT_EQ(bench.printed, "") << "what is written to a file is no complaint";
}

TEST(Commands, WhatIsWrongOfAFieldIsSaidByTheOptionThatSetsIt) {
    CommandsBench bench;
    EXPECT_EQ(bench.run({"accounts", "create", "--email", "x"}), exit_refused);
    EXPECT_NE(bench.complained.find("\n  --email  has no @\n"), std::string::npos);
    EXPECT_NE(bench.complained.find("\n  --email/0  is odd\n"), std::string::npos);
    EXPECT_NE(bench.complained.find("\n  /name  is missing\n"), std::string::npos);
    EXPECT_NE(bench.complained.find("\n  fits nothing\n"), std::string::npos);
}

}  // namespace
}  // namespace acme::cli
