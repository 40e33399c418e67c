#include "work/queues/ids.hpp"

#include <gtest/gtest.h>

namespace acme::queues {
namespace {

TEST(NumberIds, AreWrittenAndReadAgain) {
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{40'000'000'000}}) {
        const JobId id{number};
        EXPECT_EQ(id.str().size(), 17);
        EXPECT_EQ(JobId::parse(id.str()), id);
    }
    const JobId last{std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(last.str(), "job_7zzzzzzzzzzzz");
    EXPECT_EQ(JobId::parse(last.str()), last);
    EXPECT_LT(JobId{7}.str(), JobId{40}.str());
}

TEST(NumberIds, RefuseWhatTheyDoNotWrite) {
    for (const char* const text :
         {"",
          "job_",
          "job_1",
          "lse_0000000000001",
          "job_00000000000011",
          "job_8000000000000",
          "job_zzzzzzzzzzzzz",
          "job_000000000000I",
          "job_000000000000 "}) {
        EXPECT_FALSE(JobId::parse(text)) << text;
    }
}

}  // namespace
}  // namespace acme::queues
