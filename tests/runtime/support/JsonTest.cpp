#include "runtime/support/Json.h"
#include "tests/runtime/Support.h"

namespace nnc::runtime {
using namespace test;

static std::string error(std::string_view source) {
  return errorOf([&] { parseJson(source, "f.json"); });
}

TEST(JsonTest, KeepsOrderAndValues) {
  std::string source = R"({"b":[1,{"x":[true,null,"é"]},-3,2.5],"a":{},"18446744073709551615":[]})";
  EXPECT_EQ(dumpJson(parseJson(source, "f.json")), source);
  EXPECT_EQ(parseJson("7", "f.json"), Json(7));
}

TEST(JsonTest, ErrorsNameThePlace) {
  EXPECT_EQ(error("{\"a\":\n 1e999}"),
            "f.json: a number in the JSON is out of range (line 2, byte 12)");
  EXPECT_EQ(error("[1,\n-1e999]"),
            "f.json: a number in the JSON is out of range (line 2, byte 10)");
  EXPECT_EQ(error("[1,\n2"), "f.json: not valid JSON (line 2, byte 6)");
  EXPECT_EQ(error(""), "f.json: not valid JSON (line 1, byte 1)");
  EXPECT_EQ(error("1 2"), "f.json: not valid JSON (line 1, byte 3)");
  EXPECT_EQ(error(std::string_view("[]\0[", 4)), "f.json: not valid JSON (line 1, byte 3)");
  EXPECT_EQ(error(R"({"a":1,"b":{"c":2,"d":3,"c":2}})"),
            "f.json: an object in the JSON has two members 'c'");
  EXPECT_EQ(error(std::string(513, '[')), "f.json: JSON that nests too deeply");
}

// Adding each member after a search for its name took 24 s for 80,000.
TEST(JsonTest, LargeObjectsTakeLinearTime) {
  EXPECT_LT(growth([](int count) {
              std::string source = "{\"k\":0";
              for (int i = 0; i < count; ++i)
                source += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
              EXPECT_EQ(parseJson(source + "}", "f.json").size(), static_cast<size_t>(count) + 1);
            }),
            9);
}

} // namespace nnc::runtime
