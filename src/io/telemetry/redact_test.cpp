#include "io/telemetry/redact.hpp"

#include "base/random.hpp"
#include "io/telemetry/log.hpp"

#include <gtest/gtest.h>

#include <array>

namespace acme {
namespace {

std::string clean(std::string_view text) { return redacted("reason", text); }

TEST(Redact, ANameSaysThatItsValueIsSecretInAnySpelling) {
    for (std::string_view name :
         {"password",
          "old_password",
          "X-Api-Key",
          "apiKey",
          "signingKey",
          "SECRET_KEY",
          "set-cookie",
          "Authorization",
          "refresh_token",
          "code",
          "otp",
          "totp",
          "recovery_codes",
          "smtp_passwd",
          "cardNumber",
          "client.secret"}) {
        EXPECT_TRUE(is_secret_name(name)) << name;
        EXPECT_EQ(redacted(name, "x"), redaction_mask) << name;
    }
    for (std::string_view name :
         {"status_code",
          "route",
          "monkey",
          "keyboard",
          "reason",
          "passed",
          "decode",
          "error_code",
          "host",
          "pinned",
          "bytes",
          ""}) {
        EXPECT_FALSE(is_secret_name(name)) << name;
    }
}

TEST(Redact, CredentialsAreKnownBySight) {
    EXPECT_EQ(clean("sent Bearer abc.def, got 401"), "sent [redacted], got 401");
    EXPECT_EQ(clean("token eyJhbGciOi.x.y expired"), "token [redacted] expired");
    EXPECT_EQ(clean("ack_1_a acs_2_b"), "[redacted] [redacted]");
    EXPECT_EQ(clean("hook whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD."), "hook [redacted]");
    EXPECT_EQ(clean("sid=v1.AbCdEfGhIjKlMnOpQrSt.uvwx"), "sid=[redacted]");
    EXPECT_EQ(clean("id AKIAIOSFODNN7EXAMPLE!"), "id [redacted]!");
    EXPECT_EQ(clean("got basic dXNlcjpwYXNz here"), "got [redacted] here");
    EXPECT_EQ(clean("a -----BEGIN RSA KEY-----\nMII\n-----END RSA KEY----- b"), "a [redacted] b");
    EXPECT_EQ(clean("a -----BEGIN RSA KEY-----\nMII"), "a [redacted]");
    EXPECT_EQ(
        clean("card 4111 1111 1111 1111 and 5500-0000-0000-0004."),
        "card [redacted] and [redacted]."
    );
    EXPECT_EQ(clean("slack xoxb-1234-abcd"), "slack [redacted]");
}

TEST(Redact, UrlsLoseTheirUserAndSecretValues) {
    EXPECT_EQ(clean("postgres://acme:hunter2@db:5432/x"), "postgres://[redacted]@db:5432/x");
    EXPECT_EQ(clean("redis://:hun/ter@2@db:6379/0"), "redis://[redacted]@db:6379/0");
    EXPECT_EQ(
        clean("https://x/cb?code=abc&state=1#top"), "https://x/cb?code=[redacted]&state=1#top"
    );
    EXPECT_EQ(clean("http://host:80/a@b"), "http://host:80/a@b");
}

TEST(Redact, ValuesBehindSecretNamesAreMaskedInText) {
    EXPECT_EQ(clean("host=db password=hunter2 user=a"), "host=db password=[redacted] user=a");
    EXPECT_EQ(clean("password='hun ter2' user=a"), "password='[redacted]' user=a");
    EXPECT_EQ(
        clean(R"({"user":"a","password":"hun\"ter2"})"), R"({"user":"a","password":"[redacted]"})"
    );
    EXPECT_EQ(clean(R"("{\"password\":\"hunter2\"}")"), R"("{\"password\":\"[redacted]\"}")");
    EXPECT_EQ(
        clean("Authorization: Digest a=b, c=d\nHost: x"), "Authorization: [redacted]\nHost: x"
    );
    EXPECT_EQ(clean("Cookie: a=b; c=d"), "Cookie: [redacted]");
}

TEST(Redact, PlainTextStays) {
    for (std::string_view text :
         {"plain text: fine",
          "invalid token: expired",
          "exit code: 42",
          "back_end_pressure_at_the_limit",
          "release v1.2.3",
          "basic authentication failed",
          "at 2026-11-23T10:00:00.000000Z",
          "order 1234567890123456",
          "id 550e8400-e29b-41d4-a716-446655440000",
          "took 1700000000000000000 ns",
          "a=b",
          "://",
          "=",
          ":",
          "_",
          "x",
          "\"",
          "key: value"}) {
        EXPECT_EQ(clean(text), text);
    }
}

TEST(Redact, JsonIsCleanedAtAnyDepthAndStaysJson) {
    EXPECT_EQ(
        redacted_json(
            R"({"a":{"b":[{"api_key":{"x":["y"]},"n":1}]},"password" : null,"card":4111111111111111,"t":"Bearer abc"})"
        ),
        R"({"a":{"b":[{"api_key":"[redacted]","n":1}]},"password" :"[redacted]","card":"[redacted]","t":"[redacted]"})"
    );
    EXPECT_EQ(
        redacted_json(R"({"a":"x \" y","b":[1,2.5e3,true]})"),
        R"({"a":"x \" y","b":[1,2.5e3,true]})"
    );
    EXPECT_EQ(redacted_json(R"({"password":"x)"), R"({"password":"[redacted]")");
}

TEST(Redact, AnyBytesAreTaken) {
    SeededRandom random{7};
    constexpr std::string_view alphabet = "ab_=:\"'\\{}[]@/. -0123xJeyAKI%?&\n\xff";
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (auto length = random.number() % 60; length > 0; --length)
            text += alphabet[random.number() % alphabet.size()];
        std::string scratch;
        redact(text, scratch);
        redacted_json(text);
    }
}

/// A secret that no line may show: `shown` is the part to look for.
struct Canary {
    std::string text;
    std::string shown;
};

class Canaries {
public:
    std::string letters(std::size_t count) {
        constexpr std::string_view alphabet =
            "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        std::string text;
        while (text.size() < count) text += alphabet[random.number() % alphabet.size()];
        return text;
    }

    std::string upper(std::size_t count) {
        std::string text;
        while (text.size() < count) text += static_cast<char>('A' + random.number() % 26);
        return text;
    }

    std::string card() {
        std::string digits = "4";
        while (digits.size() < 15) digits += static_cast<char>('0' + random.number() % 10);
        int sum = 0;
        for (std::size_t i = 0; i < 15; ++i) {
            const int digit = digits[i] - '0';
            sum += i % 2 == 1 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
        }
        return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
    }

    Canary make() {
        const std::string part = letters(24);
        switch (random.number() % 14) {
            case 0: return {"ack_" + part, part};
            case 1: return {"v1." + part + "." + letters(8), part};
            case 2: return {"whsec_" + part, part};
            case 3: return {"eyJ" + part + "." + letters(20) + "." + letters(20), part};
            case 4:
                return {
                    "-----BEGIN PRIVATE KEY-----\n" + part + "\n-----END PRIVATE KEY-----", part
                };
            case 5: {
                const auto id = upper(16);
                return {"AKIA" + id, id};
            }
            case 6: return {"Bearer " + part, part};
            case 7: return {"Basic " + part + "==", part};
            case 8: {
                const auto digits = card();
                return {digits, digits};
            }
            case 9: return {"postgres://acme:" + part + "@db:5432/x", part};
            case 10: return {"https://x.example/?a=1&access_token=" + part + "&b=2", part};
            case 11: return {"host=db password=" + part + " user=x", part};
            case 12: return {R"({"a":{"client_secret":")" + part + R"("}})", part};
            default: return {"Cookie: sid=" + part + "; a=b", part};
        }
    }

    SeededRandom random{20261123};
};

TEST(Redact, AThousandPlantedSecretsAppearInNoLine) {
    Canaries canaries;
    ManualClock clock{WallTime(std::chrono::days(20'000))};
    trace::Trace trace(clock, canaries.random);
    std::string written;
    Log log(clock, LogLevel::debug, [&](std::string_view line) { written += line; });
    constexpr std::array befores{"", "failed: ", "a \"", "x=", "(", "url=%20", "got\n", "[1, "};
    constexpr std::array afters{"", " and more", "\"", ")", ", 2]", "\nnext"};
    constexpr std::array names{"password", "X-Api-Key", "otp", "session_cookie", "authToken"};
    for (int i = 0; i < 1'000; ++i) {
        written.clear();
        const Canary canary = canaries.make();
        const std::string text = befores[canaries.random.number() % befores.size()] + canary.text +
                                 afters[canaries.random.number() % afters.size()];
        const auto context = trace.begin(std::nullopt, 0);
        trace.user_id = text;
        log.write(
            LogLevel::error,
            text,
            context,
            {
                {"reason", text},
                {"route", text},
                {names[canaries.random.number() % names.size()], canary.shown},
            }
        );
        log.info(
            "audit",
            {{"diff", redacted_json("{\"a\":[\"x\"],\"password\":\"" + canary.shown + "\"}")}}
        );
        EXPECT_EQ(written.find(canary.shown), written.npos) << text << "\n" << written;
    }
}

}  // namespace
}  // namespace acme
