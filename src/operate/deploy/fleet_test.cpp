#include "operate/deploy/fleet.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace acme::deploy {
namespace {

std::string machine(
    const std::string& name,
    const std::string& roles,
    const std::string& address,
    const std::string& more = ""
) {
    return "[machine." + name + "]\nroles = [" + roles + "]\nengine = \"ssh://deploy@" + name +
           "\"\naddress = \"" + address + "\"\n" + more;
}

/// What follows it is added to a production fleet without a mistake, but for the number of nodes.
std::string fleet_of(int serving, const std::string& more = "") {
    std::string text =
        "profile = \"production\"\n"
        "[environment.production]\nendpoint = \"https://app.acme.example\"\n"
        "[database]\nprimary = \"10.0.2.10\"\nreplicas = [\"10.0.2.11\", \"db-3.internal\"]\n";
    for (int i = 1; i <= serving; ++i) {
        text += machine("app-" + std::to_string(i), R"("serve")", "10.0.1." + std::to_string(i));
    }
    text += machine("worker-1", R"("worker")", "10.0.3.1");
    text += machine("worker-2", R"("worker")", "10.0.3.2");
    text += machine("scheduler-1", R"("scheduler")", "10.0.3.3");
    text += machine("lb-1", R"("balancer")", "10.0.3.4", "public = \"203.0.113.10\"\n");
    text += machine("lb-2", R"("balancer")", "10.0.3.5");
    return text + more;
}

Findings findings_in(const std::string& text) {
    Findings findings;
    const Fleet fleet = read_fleet(text, findings);
    check_fleet(fleet, findings);
    return findings;
}

std::string words_of(const Findings& findings) {
    std::string text;
    for (const Finding& finding : findings) {
        text += (finding.is_failure ? "fail " : "warn ") + std::to_string(finding.line) + " " +
                finding.id + " " + finding.where + ": " + finding.text + "\n";
    }
    return text;
}

std::string words_in(const std::string& text) { return words_of(findings_in(text)); }

bool says(const std::string& text, const std::string& words) {
    return words_in(text).find(words) != std::string::npos;
}

TEST(Fleet, TheExampleHasSixNodesAndNothingIsWrongWithIt) {
    std::ifstream file(ACME_SOURCE_DIR "/ops/fleet.example.toml");
    std::stringstream text;
    text << file.rdbuf();
    Findings findings;

    const Fleet fleet = read_fleet(text.str(), findings);
    check_fleet(fleet, findings);

    EXPECT_EQ(words_of(findings), "");
    EXPECT_TRUE(fleet.is_production);
    EXPECT_EQ(fleet.of("serve", "production").size(), 6);
    EXPECT_EQ(fleet.of("serve", "production").back()->engine, "ssh://deploy@app-6");
    EXPECT_EQ(fleet.environments.at(0).canary, "app-6");
    EXPECT_EQ(fleet.database->replicas.size(), 2);
    EXPECT_EQ(fleet.maintenance.at("patching"), "FREQ=MONTHLY;BYDAY=1TU 03:00-05:00");
    EXPECT_EQ(fleet.people.at("oncall"), "schedule:primary");
}

TEST(Fleet, OfTwoNodesFailsOfThreeAndFiveWarnsOfSixPasses) {
    EXPECT_EQ(
        words_in(fleet_of(2)),
        "fail 2 COMP-1 environment.production: has 2 machines that serve, and three is the "
        "minimum\n"
    );
    for (const int serving : {3, 5}) {
        const Findings findings = findings_in(fleet_of(serving));
        ASSERT_EQ(findings.size(), 1);
        EXPECT_EQ(findings[0].id, "COMP-4");
        EXPECT_FALSE(findings[0].is_failure);
    }
    EXPECT_EQ(words_in(fleet_of(6)), "");
}

TEST(Fleet, InTheSingleProfileWhatTheGuideAsksOnlyWarns) {
    const std::string single =
        "profile = \"single\"\n[environment.local]\nendpoint = \"http://127.0.0.1:8080\"\n" +
        machine("here", R"("serve", "worker", "scheduler", "balancer")", "127.0.0.1");

    const Findings findings = findings_in(single);

    EXPECT_EQ(failures_in(findings), 0) << words_of(findings);
    EXPECT_TRUE(says(
        single,
        "warn 2 COMP-1 environment.local: has 1 machines that serve, and three "
        "is the minimum; not production grade"
    ));
    EXPECT_TRUE(says(single, "COMP-6"));
    EXPECT_TRUE(says(single, "COMP-7 machine.here.roles"));
}

std::string with_canary(int serving, const std::string& canary) {
    std::string text = fleet_of(serving);
    const std::string endpoint = "endpoint = \"https://app.acme.example\"\n";
    return text.insert(text.find(endpoint) + endpoint.size(), canary + "\n");
}

TEST(Fleet, TheCanaryIsAMachineOrATableThatSaysWhetherItIsSticky) {
    const auto canary_of = [](const std::string& line) {
        Findings findings;
        const Fleet fleet = read_fleet(with_canary(6, line), findings);
        EXPECT_EQ(words_of(findings), "");
        const FleetEnvironment& environment = fleet.environments.at(0);
        return environment.canary + (environment.is_sticky ? " sticky" : "");
    };
    EXPECT_EQ(canary_of(""), "");
    EXPECT_EQ(canary_of("canary = \"app-2\""), "app-2");
    EXPECT_EQ(canary_of("canary = { machine = \"app-2\", sticky = true }"), "app-2 sticky");
    EXPECT_EQ(canary_of("canary.sticky = true"), " sticky");
    EXPECT_EQ(canary_of("canary = { machine = \"app-2\", sticky = false }"), "app-2");

    EXPECT_EQ(
        words_in(with_canary(6, "canary = { machine = \"worker-1\", stick = true, sticky = 5 }")),
        "fail 4 fleet.wrong_type environment.production.canary.sticky: must be true or false\n"
        "fail 4 fleet.unknown_key environment.production.canary.stick: is no key here; did you "
        "mean \"sticky\"?\n"
        "fail 2 fleet.canary environment.production.canary: must be a machine that serves in this "
        "environment\n"
    );
    EXPECT_TRUE(says(
        with_canary(6, "canary = 3"),
        "fail 4 fleet.wrong_type environment.production.canary: must be a text in quotes"
    ));
    EXPECT_TRUE(says(
        with_canary(2, "canary.sticky = true"),
        "warn 2 fleet.canary environment.production.canary.sticky: wants three machines"
    ));
    EXPECT_EQ(words_in(with_canary(6, "canary.sticky = true")), "");
}

/// A fleet file that is removed in the end.
struct FleetFile {
    explicit FleetFile(const std::string& text) { std::ofstream(path) << text; }
    ~FleetFile() { std::filesystem::remove(path); }
    FleetFile(const FleetFile&) = delete;
    FleetFile& operator=(const FleetFile&) = delete;

    std::string path =
        std::filesystem::temp_directory_path() / ("fleet-" + std::to_string(getpid()));
};

TEST(Fleet, WhoeverDeploysIsToldWhatItAsksForAndNothingWhereThereIsNone) {
    EXPECT_FALSE(asked_by_fleet("/nowhere/fleet.toml", "production")->is_sticky);
    const FleetFile good(with_canary(6, "canary = { machine = \"app-2\", sticky = true }"));
    EXPECT_TRUE(asked_by_fleet(good.path, "production")->is_sticky);
    EXPECT_EQ(asked_by_fleet(good.path, "production")->canary, "app-2");
    EXPECT_EQ(
        asked_by_fleet(good.path, "staging").error().code.text(), "fleet.unknown_environment"
    );
    const FleetFile bad(with_canary(6, "canary = \"app-9\""));
    const Error wrong = asked_by_fleet(bad.path, "production").error();
    EXPECT_EQ(wrong.code.text(), "fleet.invalid");
    EXPECT_TRUE(wrong.message.contains("environment.production.canary is no machine of this file"))
        << wrong.message;
    EXPECT_EQ(asked_by_fleet("/", "production").error().code.text(), "fleet.no_file");
}

TEST(Fleet, EveryKindOfMistakeIsToldAtOnceWithItsLine) {
    const std::string text =
        "profile = \"prodution\"\n"              // 1
        "regions = 2\n"                          // 2
        "[enviroment.staging]\n"                 // 3
        "endpoint = \"https://x\"\n"             // 4
        "[environment.production]\n"             // 5
        "endpoint = \"ftp://app\"\n"             // 6
        "canary = \"worker-1\"\n"                // 7
        "[machine.app-1]\n"                      // 8
        "rolse = [\"serve\"]\n"                  // 9
        "engine = \"ssh//app-1\"\n"              // 10
        "address = \"10.0.1.300\"\n"             // 11
        "[machine.app-2]\n"                      // 12
        "roles = [\"server\", 7]\n"              // 13
        "address = 10\n"                         // 14
        "[machine.worker-1]\n"                   // 15
        "roles = [\"worker\"]\n"                 // 16
        "engine = \"tcp://worker-1:2376\"\n"     // 17
        "address = \"10.0.3.1\"\n"               // 18
        "public = \"203.0.113.9\"\n"             // 19
        "[machine.worker-2]\n"                   // 20
        "roles = [\"worker\"]\n"                 // 21
        "address = \"::ffff:10.0.3.1\"\n"        // 22
        "[database]\n"                           // 23
        "primary = \"db_1\"\n"                   // 24
        "replicas = \"10.0.2.11\"\n"             // 25
        "managed = \"no\"\n"                     // 26
        "[maintenance]\n"                        // 27
        "database = \"every sunday\"\n"          // 28
        "backup = \"FREQ=DAILY 01:00-02:00\"\n"  // 29
        "[people]\n"                             // 30
        "oncall = \"anna\"\n";                   // 31

    const std::string words = words_in(text);

    for (const std::string_view expected :
         {R"(fail 1 fleet.value profile: must be "single" or "production")",
          "fail 2 fleet.unknown_key regions: is no key here",
          R"(fail 3 fleet.unknown_key enviroment: is no key here; did you mean "environment"?)",
          "fail 6 fleet.value environment.production.endpoint: must be https://host",
          "fail 5 fleet.canary environment.production.canary: must be a machine that serves",
          R"(fail 9 fleet.unknown_key machine.app-1.rolse: is no key here; did you mean "roles"?)",
          "fail 8 fleet.missing machine.app-1.roles: is missing",
          "fail 10 fleet.value machine.app-1.engine: must be ssh://user@host",
          "fail 11 fleet.value machine.app-1.address: must be an address",
          R"(fail 13 fleet.value machine.app-2.roles: is no role; did you mean "serve"?)",
          "fail 13 fleet.wrong_type machine.app-2.roles: must be a text in quotes",
          "fail 14 fleet.wrong_type machine.app-2.address: must be a text in quotes",
          "NET-2 machine.worker-1.public: only a balancer or a bastion may have a public address",
          "fail 20 fleet.missing machine.worker-2.engine: is missing",
          "fail 20 fleet.duplicate_address machine.worker-2.address: is the address of "
          "machine.worker-1.address",
          "fail 24 fleet.value database.primary: must be an address or a name",
          "fail 25 fleet.wrong_type database.replicas: must be a list of texts",
          "fail 26 fleet.wrong_type database.managed: must be true or false",
          "fail 28 fleet.value maintenance.database: must be a rule and its hours in UTC",
          "fail 29 fleet.unknown_key maintenance.backup: is no key here",
          "fail 31 fleet.value people.oncall: must be schedule:NAME"}) {
        EXPECT_NE(words.find(expected), std::string::npos) << expected << "\n\n" << words;
    }
}

TEST(Fleet, WhatIsNoTomlIsToldByItsLine) {
    const Findings findings = findings_in("profile = \"single\"\nprofile = \"single\"\n");

    ASSERT_FALSE(findings.empty());
    EXPECT_EQ(findings[0].id, "fleet.syntax");
    EXPECT_EQ(findings[0].line, 2);
}

TEST(Fleet, AnEmptyFileLacksAllThatIsRequired) {
    EXPECT_TRUE(says("", "fleet.missing profile"));
    EXPECT_TRUE(says("", "fleet.missing environment"));
    EXPECT_TRUE(says("", "fleet.missing machine"));
    EXPECT_TRUE(says(
        "profile = \"production\"\n[environment.live]\nendpoint = \"https://x\"\n",
        "fleet.missing environment.production"
    ));
}

TEST(Fleet, AFileThatIsTooLargeIsNotRead) {
    EXPECT_TRUE(says(std::string(fleet_bytes_max + 1, '\n'), "fleet.too_large"));
}

TEST(Fleet, AnEngineIsReachedOverSshTlsOrASocketAndItsUrlHoldsNoPassword) {
    const auto with = [](const std::string& engine) {
        std::string text = fleet_of(6);
        return text.replace(text.find("ssh://deploy@app-1"), 18, engine);
    };
    for (const std::string good :
         {"ssh://app-1", "ssh://deploy@app-1:2222", "tcp://10.0.1.1:2376", "unix:///run/docker.sock"
         }) {
        EXPECT_EQ(words_in(with(good)), "") << good;
    }
    for (const std::string bad :
         {"app-1", "http://app-1", "ssh://", "tcp://app-1", "unix://", "ssh://app-1:0", "ssh://a?b"
         }) {
        EXPECT_TRUE(says(with(bad), "fleet.value machine.app-1.engine: must be ssh://")) << bad;
    }
    const std::string leaking = words_in(with("ssh://deploy:hunter2@app-1"));
    EXPECT_NE(leaking.find("must not hold a password"), std::string::npos);
    EXPECT_EQ(leaking.find("hunter2"), std::string::npos);
}

TEST(Fleet, NodesHavePrivateAddressesAndASchedulerHasAMachineOfItsOwn) {
    EXPECT_TRUE(says(
        fleet_of(6, machine("app-7", R"("serve")", "203.0.113.7")),
        "NET-1 machine.app-7.address: must be a private address"
    ));
    EXPECT_TRUE(says(
        fleet_of(6, machine("both", R"("scheduler", "worker")", "10.0.9.1")),
        "COMP-7 machine.both.roles: the scheduler has a machine of its own"
    ));
    EXPECT_TRUE(says(
        fleet_of(
            6, machine("mixed", R"("balancer", "worker")", "10.0.9.1", "public = \"203.0.113.8\"\n")
        ),
        "NET-2 machine.mixed.public"
    ));
}

TEST(Fleet, AMachineIsNamedByALabelOfDns) {
    const auto says_of = [](const std::string& name) {
        return words_in(fleet_of(
            6,
            "[machine.\"" + name +
                "\"]\nroles = [\"serve\"]\nengine = \"ssh://deploy@other\"\naddress = "
                "\"10.0.1.9\"\n"
        ));
    };
    for (const std::string name : {"app.2", "app 2", "-app", "app-", "app;quit", "äpp"}) {
        EXPECT_NE(
            says_of(name).find("fleet.value machine." + name + ": must be named"), std::string::npos
        ) << name;
    }
    const std::string longest(63, 'a');
    EXPECT_EQ(says_of(longest), "");
    EXPECT_NE(says_of(longest + "a"), "");
}

TEST(Fleet, WithTwoEnvironmentsEachMachineNamesItsOwn) {
    const std::string staging =
        "[environment.staging]\nendpoint = \"https://staging.acme.example\"\ncanary = \"app-1\"\n";

    EXPECT_TRUE(says(fleet_of(6, staging), "fleet.missing machine.app-1.environment"));
    EXPECT_TRUE(says(
        fleet_of(6, machine("s", R"("serve")", "10.0.9.1", "environment = \"stagin\"\n")),
        "fleet.unknown_environment machine.s.environment"
    ));
}

TEST(Fleet, WhatAnEnvironmentLacksIsSaid) {
    const std::string bare =
        "profile = \"production\"\n[environment.production]\nendpoint = \"https://x\"\n"
        "canary = \"app-9\"\n" +
        machine("app-1", R"("serve")", "10.0.1.1");
    for (const std::string_view id :
         {"COMP-1", "COMP-5", "COMP-6", "COMP-7", "fleet.missing database"}) {
        EXPECT_TRUE(says(bare, "fail")) << id;
        EXPECT_NE(words_in(bare).find(id), std::string::npos) << id;
    }
    EXPECT_TRUE(says(bare, "fleet.canary environment.production.canary: is no machine of this file")
    );
    EXPECT_TRUE(says(
        "profile = \"single\"\n[environment.local]\nendpoint = \"http://x\"\n[machine.w]\n"
        "roles = [\"bastion\"]\naddress = \"10.0.0.1\"\n",
        "fail 2 COMP-1 environment.local: has no machine that serves"
    ));
}

}  // namespace
}  // namespace acme::deploy
