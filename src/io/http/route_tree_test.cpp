#include "io/http/route_tree.hpp"

#include <gtest/gtest.h>

namespace acme::http {
namespace {

struct TreeBench {
    explicit TreeBench(std::initializer_list<std::string_view> patterns) {
        std::size_t route = 0;
        for (const std::string_view pattern : patterns) {
            tree.add(Segments::of(pattern).value().all(), route++);
        }
    }

    /// All the routes that take the path, in their order.
    std::vector<std::size_t> routes_of(std::string_view path) const {
        std::vector<std::size_t> routes;
        const auto segments = Segments::of(path);
        tree.find(segments.value().all(), [&](std::size_t route) {
            routes.push_back(route);
            return false;
        });
        return routes;
    }

    RouteTree tree;
};

using Routes = std::vector<std::size_t>;

TEST(RouteTree, ALiteralComesBeforeAPlaceholderAndTheRestLast) {
    const TreeBench bench{"/{rest...}", "/files/{id}", "/files/newest", "/files/{rest...}"};
    EXPECT_EQ(bench.routes_of("/files/newest"), (Routes{2, 1, 3, 0}));
    EXPECT_EQ(bench.routes_of("/files/a"), (Routes{1, 3, 0}));
    EXPECT_EQ(bench.routes_of("/files/a/b"), (Routes{3, 0}));
    EXPECT_EQ(bench.routes_of("/files"), (Routes{0}));
}

TEST(RouteTree, APathThatALiteralLeadsAstrayIsTakenByAPlaceholder) {
    const TreeBench bench{"/a/b/c", "/{x}/b/d"};
    EXPECT_EQ(bench.routes_of("/a/b/d"), (Routes{1}));
}

TEST(RouteTree, APlaceholderTakesNoEmptySegment) {
    const TreeBench bench{"/files/{id}", "/files/{rest...}"};
    EXPECT_EQ(bench.routes_of("/files/"), (Routes{}));
    EXPECT_EQ(bench.routes_of("/"), (Routes{}));
    EXPECT_EQ(bench.routes_of("/files/x/"), (Routes{1}));
}

TEST(RouteTree, AVerbBehindAPlaceholderIsTakenBeforeThePlaceholderAlone) {
    const TreeBench bench{"/jobs/{id}", "/jobs/{id}:cancel", "/jobs/{id}:retry/{n}", "/jobs:bulk"};
    EXPECT_EQ(bench.routes_of("/jobs/7"), (Routes{0}));
    EXPECT_EQ(bench.routes_of("/jobs/7:cancel"), (Routes{1, 0}));
    EXPECT_EQ(bench.routes_of("/jobs/7:retry/2"), (Routes{2}));
    EXPECT_EQ(bench.routes_of("/jobs/7:other"), (Routes{0}));
    EXPECT_EQ(bench.routes_of("/jobs/:cancel"), (Routes{0}));
    EXPECT_EQ(bench.routes_of("/jobs:bulk"), (Routes{3}));
}

TEST(RouteTree, APathDeeperThanAnyRouteHasNoSegments) {
    std::string path;
    for (std::size_t i = 0; i <= Segments::count_max; ++i) path += "/x";
    EXPECT_FALSE(Segments::of(path));
}

}  // namespace
}  // namespace acme::http
