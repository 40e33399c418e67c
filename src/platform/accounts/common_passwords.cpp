#include "platform/accounts/common_passwords.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace acme::accounts {
namespace {

constexpr auto common = std::to_array<std::string_view>({
    "0000000000",    "0123456789",    "0987654321",    "1029384756",       "1111111111",
    "111222333444",  "1122334455",    "11223344556",   "1212121212",       "1231231231",
    "123123123123",  "1234512345",    "123456123456",  "1234567890",       "12345678900",
    "12345678901",   "123456789012",  "1234567890a",   "1234567890q",      "123456789a",
    "123456789abc",  "123456789q",    "123456789z",    "12345qwert",       "1234qwerasdf",
    "1q2w3e4r5t",    "1q2w3e4r5t6y",  "1qaz2wsx3edc",  "1qazxsw23edc",     "3.1415926535",
    "9876543210",    "9999999999",    "a123456789",    "aa123456789",      "abc1234567",
    "abcd123456",    "abcd12345678",  "abcdefghij",    "abcdefghijk",      "acmeplatform",
    "administrator", "adminadmin",    "admin12345",    "admin123456",      "asdasdasdasd",
    "asdfghjkl1",    "asdfghjkl;",    "asdfghjkl123",  "baseball123",      "basketball",
    "blink182blink", "califonia123",  "changeme123",   "changemenow",      "charlie123",
    "chocolate1",    "cinderella",    "correcthorse",  "default123",       "dragon12345",
    "facebook123",   "football123",   "football1234",  "hello12345",       "helloworld",
    "iloveyou12",    "iloveyou123",   "iloveyou1234",  "jennifer123",      "letmein123",
    "letmein1234",   "letmein12345",  "liverpool1",    "liverpool123",     "manchester",
    "manchester1",   "master12345",   "michael123",    "minecraft1",       "minecraft123",
    "monkey12345",   "mypassword",    "mypassword1",   "newpassword",      "ninjaninja",
    "p@55w0rd123",   "p@ssw0rd12",    "p@ssw0rd123",   "p@ssw0rd1234",     "pa55word123",
    "passpasspass",  "passw0rd12",    "passw0rd123",   "password!1",       "password00",
    "password01",    "password10",    "password11",    "password12",       "password123",
    "password1234",  "password12345", "password21",    "password2024",     "password2025",
    "password2026",  "password22",    "password99",    "passwordpassword", "pokemon123",
    "princess12",    "princess123",   "q1w2e3r4t5",    "q1w2e3r4t5y6",     "qazwsx123456",
    "qazwsxedcrfv",  "qqww1122qqww",  "qwer123456",    "qwer1234qwer",     "qwerasdfzxcv",
    "qwerty1234",    "qwerty12345",   "qwerty123456",  "qwerty1234567",    "qwertyqwerty",
    "qwertyuiop",    "qwertyuiop1",   "qwertyuiop123", "qwertyuiop[]",     "sunshine12",
    "sunshine123",   "superman12",    "superman123",   "starwars123",      "startrek123",
    "test123456",    "test1234567",   "testtest123",   "testtesttest",     "trustno1trustno1",
    "unbelievable",  "welcome123",    "welcome1234",   "welcome12345",     "welcome2024",
    "welcome2025",   "welcome2026",   "whatever123",   "zaq12wsxcde3",     "zxcvbnm123",
    "zxcvbnm1234",
});

}  // namespace

bool is_common_password(std::string_view password) {
    std::string lower(password);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const bool is_one_char = std::ranges::all_of(lower, [&](char c) { return c == lower.front(); });
    return is_one_char || std::ranges::find(common, lower) != common.end();
}

}  // namespace acme::accounts
