// The small parsers of the room: names, types, ranges, forms.
#include "platform/files/multipart.hpp"
#include "platform/files/name.hpp"
#include "platform/files/range.hpp"
#include "platform/files/sniff.hpp"
#include "testing/bench.hpp"
#include "testing/pieces_body.hpp"

namespace acme::files {
namespace {

std::string checked(std::string_view name) { return checked_name(name).value_or("refused"); }

TEST(FileName, IsTheLastPartOfAPath) {
    EXPECT_EQ(checked("a.txt"), "a.txt");
    EXPECT_EQ(checked("C:\\fakepath\\a.txt"), "a.txt");
    EXPECT_EQ(checked("../../etc/passwd"), "passwd");
    EXPECT_EQ(checked("\xc3\xa9t\xc3\xa9.txt"), "\xc3\xa9t\xc3\xa9.txt");
    EXPECT_EQ(checked(std::string(255, 'x')), std::string(255, 'x'));
}

TEST(FileName, ThatIsEmptyLongNoTextOrMisleadingIsRefused) {
    for (const std::string bad :
         {"",
          ".",
          "..",
          "a/",
          "a\nb",
          "a\x7f",
          "\xff",
          "\xc3",
          "\xed\xa0\x80",
          "\xc0\xaf",
          "\xf4\x90\x80\x80",
          "\xc2\x85",
          "a\xe2\x80\xaegpj.exe"}) {
        const auto name = checked_name(bad);
        ASSERT_FALSE(name) << bad;
        EXPECT_EQ(name.error().code.text(), "files.name_invalid");
        EXPECT_EQ(name.error().fields.at(0).pointer, "/name");
    }
    EXPECT_EQ(checked(std::string(256, 'x')), "refused");
    EXPECT_EQ(checked(std::string("a\0b", 3)), "refused");
}

TEST(FileName, IsReadFromADisposition) {
    EXPECT_EQ(name_in_disposition("attachment; filename=a.txt"), "a.txt");
    EXPECT_EQ(
        name_in_disposition("form-data; name=\"f\"; filename=\"a; \\\"b\\\".txt\""), "a; \"b\".txt"
    );
    EXPECT_EQ(
        name_in_disposition("attachment; filename=\"x\"; FILENAME*=UTF-8''%C3%A9.txt"),
        "\xc3\xa9.txt"
    );
    EXPECT_EQ(name_in_disposition("form-data; filename=\"C:\\dir\\a.txt\""), "C:\\dir\\a.txt");
    EXPECT_EQ(name_in_disposition("attachment"), "");
    EXPECT_EQ(name_in_disposition("attachment; filename=\"never ends"), "never ends");
    EXPECT_EQ(name_in_disposition(";;;filename"), "");
}

TEST(FileName, IsGivenBackInAFormThatNoHeaderBreaks) {
    EXPECT_EQ(attachment_of("a.txt"), "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt");
    EXPECT_EQ(
        attachment_of("\"\xc3\xa9\";\\%.txt"),
        "attachment; filename=\"___\x5f;__.txt\"; filename*=UTF-8''%22%C3%A9%22%3B%5C%25.txt"
    );
}

TEST(FileType, IsWhatTheFirstBytesSay) {
    using namespace std::string_view_literals;
    EXPECT_EQ(stored_type("\x89PNG\r\n\x1a\n..."sv, "text/plain"), "image/png");
    EXPECT_EQ(stored_type("%PDF-1.7", "image/png"), "application/pdf");
    EXPECT_EQ(stored_type("  <!DOCTYPE html><p>", "image/png"), "text/html");
    EXPECT_EQ(stored_type("<SCRIPT>alert(1)", "text/csv"), "text/html");
    EXPECT_EQ(stored_type("<svg xmlns='x'>", "image/png"), "image/svg+xml");
    EXPECT_EQ(stored_type("a,b\n1,2\n", "text/csv"), "text/csv");
    EXPECT_EQ(stored_type("{}", "application/json"), "application/json");
    EXPECT_EQ(stored_type("plain", "image/png"), "text/plain");
    EXPECT_EQ(stored_type("plain", "text/html"), "text/plain");
    EXPECT_EQ(stored_type("", "application/octet-stream"), "text/plain");
    EXPECT_EQ(stored_type("\0\1\2\3"sv, "image/png"), "application/octet-stream");
    EXPECT_EQ(stored_type("\0\1\2\3"sv, "application/x-tar"), "application/x-tar");
    EXPECT_EQ(
        stored_type(
            "PK\3\4..."sv, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        ),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    );
    EXPECT_EQ(stored_type("PK\3\4..."sv, "image/png"), "application/zip");
}

TEST(FileType, ThatIsDeclaredIsATokenOrNothing) {
    EXPECT_EQ(media_type_of("Text/HTML; charset=utf-8"), "text/html");
    EXPECT_EQ(media_type_of("image/svg+xml"), "image/svg+xml");
    for (const char* bad : {"", "text", "/", "a/", "a/b c", "a/b\r\nX: y", "a/b/c"}) {
        EXPECT_EQ(media_type_of(bad), "application/octet-stream") << bad;
    }
    EXPECT_EQ(media_type_of("a/" + std::string(200, 'b')), "application/octet-stream");
}

TEST(FileRange, IsOneInBytesOrIsIgnored) {
    const auto part = [](std::string_view header) {
        const RangeAsked asked = read_range(header, 100);
        return asked.asked == Asked::part
                   ? std::pair(asked.range.first, asked.range.count)
                   : std::pair(std::uint64_t{999}, static_cast<std::uint64_t>(asked.asked));
    };
    using Pair = std::pair<std::uint64_t, std::uint64_t>;
    constexpr Pair all{999, static_cast<std::uint64_t>(Asked::all)};
    constexpr Pair nothing{999, static_cast<std::uint64_t>(Asked::nothing)};

    EXPECT_EQ(part("bytes=0-9"), Pair(0, 10));
    EXPECT_EQ(part("bytes=90-"), Pair(90, 10));
    EXPECT_EQ(part("bytes=90-1000"), Pair(90, 10));
    EXPECT_EQ(part("bytes=-5"), Pair(95, 5));
    EXPECT_EQ(part("bytes=-500"), Pair(0, 100));
    EXPECT_EQ(part("bytes=100-"), nothing);
    EXPECT_EQ(part("bytes=-0"), nothing);
    for (const char* ignored :
         {"",
          "bytes=",
          "bytes=-",
          "bytes=9-1",
          "bytes=0-1,4-5",
          "items=0-1",
          "bytes=a-b",
          "bytes=0x1-2",
          "bytes=99999999999999999999-"}) {
        EXPECT_EQ(part(ignored), all) << ignored;
    }
    EXPECT_EQ(read_range("bytes=0-", 0).asked, Asked::nothing);
}

struct FormBench : testing::DryBench {
    static Task<Result<std::string>> file_in(std::string form, std::size_t piece_bytes) {
        testing::PiecesBody body(std::move(form), piece_bytes);
        FilePart part(body, "XX");
        ACME_TRY(co_await part.begin());
        std::string text;
        while (true) {
            const std::string_view piece = ACME_TRY(co_await part.read());
            if (piece.empty()) break;
            text += piece;
        }
        co_return name_in_disposition(part.disposition()) + "|" + part.content_type() + "|" + text;
    }

    /// Whatever the pieces in which it comes.
    std::string read(const std::string& form) {
        std::string first;
        for (const std::size_t piece_bytes : {1UL, 2UL, 3UL, 7UL, 64UL, 100'000UL}) {
            const auto file = wait(file_in(form, piece_bytes));
            std::string text = file ? *file : std::string(file.error().code.text());
            if (first.empty()) first = text;
            EXPECT_EQ(text, first) << piece_bytes;
        }
        return first;
    }
};

const std::string field = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n";

std::string file_part(std::string_view text) {
    return "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n"
           "content-type: text/plain\r\n\r\n" +
           std::string(text) + "\r\n";
}

TEST(FileForm, HasOneFileWithFieldsAroundIt) {
    FormBench bench;
    EXPECT_EQ(bench.read(file_part("hello") + "--XX--\r\n"), "a.txt|text/plain|hello");
    EXPECT_EQ(bench.read(field + file_part("") + field + "--XX--"), "a.txt|text/plain|");
    EXPECT_EQ(
        bench.read("preamble\r\n" + file_part("\r\n--X\r\n--XY \r\n-") + "--XX--\r\nepilogue"),
        "a.txt|text/plain|\r\n--X\r\n--XY \r\n-"
    );
}

TEST(FileForm, ThatIsMalformedEmptyOrHasTwoFilesIsRefused) {
    FormBench bench;
    EXPECT_EQ(bench.read(""), "files.multipart_malformed");
    EXPECT_EQ(bench.read("no form at all"), "files.multipart_malformed");
    EXPECT_EQ(
        bench.read("--XX\r\nContent-Disposition: form-data; filename=a"),
        "files.multipart_malformed"
    );
    EXPECT_EQ(bench.read("--XX\r\nno header\r\n\r\ntext\r\n--XX--"), "files.multipart_malformed");
    const std::string whole = file_part("hello");
    EXPECT_EQ(bench.read(whole.substr(0, whole.size() - 1)), "files.multipart_malformed");
    EXPECT_EQ(bench.read(whole), "files.multipart_malformed");
    EXPECT_EQ(bench.read("--XX--"), "files.multipart_empty");
    EXPECT_EQ(bench.read(field + "--XX--"), "files.multipart_empty");
    EXPECT_EQ(bench.read(whole + whole + "--XX--"), "files.multipart_many");
    EXPECT_EQ(
        bench.wait(FormBench::file_in(std::string(100'000, 'x'), 5000)).error().code.text(),
        "files.multipart_malformed"
    );
}

TEST(FileForm, NamesItsBoundary) {
    EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"; x=y"), "a b");
    EXPECT_EQ(boundary_of("multipart/form-data"), "");
    EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')), "");
    EXPECT_EQ(boundary_of("image/png"), std::nullopt);
}

}  // namespace
}  // namespace acme::files
