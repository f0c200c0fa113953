#include "runtime/model/Description.h"
#include "runtime/support/Json.h"
#include "tests/runtime/Support.h"

#include <zlib.h>

namespace nnc::runtime {
using namespace test;

static Json minimal() {
  return parseJson(
      R"({"abi": 5, "compiler": "1", "model": "m", "source": "m.nn", "float": "f32", "target": "t",
    "persistent": {"bytes": 128, "tensors": [
      {"name": "d.w", "kind": "parameter", "dtype": "f32", "shape": [2, 3], "offset": 0},
      {"name": "d.w.m", "kind": "slot", "owner": "d.w", "dtype": "f32", "shape": [2, 3], "offset": 64}]},
    "functions": [{"symbol": "nnc_train_step", "batch": 4, "arena": 10,
      "inputs": {"bytes": 64, "fields": [
        {"name": "x", "kind": "field", "dtype": "f32", "shape": [4, 1], "offset": 0}]},
      "outputs": {"bytes": 64, "values": [
        {"name": "loss", "kind": "loss", "dtype": "f32", "shape": [], "offset": 0}]}}],
    "scalars": {"bytes": 8, "values": [{"name": "seed", "dtype": "i64", "offset": 0}]},
    "data": [{"name": "a", "folder": "/", "fields": [{"name": "x", "dtype": "f32", "shape": [1]}],
              "splits": [{"name": "train", "reader": "csv", "files": ["f"], "separator": ";", "header": false,
                          "columns": {"x": ["c", 4]}}]}],
    "recipes": [{"name": "m", "data": "a", "batch": 4, "phases": [{"epochs": 2, "evaluate": "nnc_train_step",
      "training_steps": [{"function": "nnc_train_step"}]}]}]})",
      "test");
}

static std::string errorAfter(const std::function<void(Json &)> &change) {
  Json json = minimal();
  change(json);
  return errorOf([&] { parseDescription(dumpJson(json).c_str()); });
}

TEST(DescriptionTest, Parses) {
  Description description = parseDescription(dumpJson(minimal()).c_str());
  EXPECT_EQ(description.parameterCount(), 6);
  EXPECT_EQ(description.parameterBytes(), 24u);
  EXPECT_EQ(description.weightsFile(), "m.safetensors");
  EXPECT_EQ(description.function("nnc_train_step")->loss()->name, "loss");
  EXPECT_TRUE(description.predictions().empty());
  const DataSplit &split = *description.block("a")->split("train");
  EXPECT_EQ(split.separator, ';');
  EXPECT_EQ(split.header, false);
  EXPECT_EQ(std::get<int64_t>(split.columns.at("x")[1]), 4);
  const Recipe &recipe = *description.recipe("m");
  EXPECT_EQ(recipe.phases[0].steps, 0);
  EXPECT_EQ(recipe.phases[0].trainingSteps[0].every, 1);
}

TEST(DescriptionTest, WhatTheRuntimeFillsInIsNotSettable) {
  Json json = minimal();
  json["scalars"]["values"][0]["settable"] = true;
  json["scalars"]["values"][0]["default"] = 3;
  EXPECT_FALSE(parseDescription(dumpJson(json).c_str()).scalars[0].settable);
}

TEST(DescriptionTest, ReadsTheRangeOfASplit) {
  Json json = minimal();
  Json &split = json["data"][0]["splits"][0];
  split["drop_last"] = 3;
  EXPECT_EQ(parseDescription(dumpJson(json).c_str()).data[0].splits[0].dropLast, 3);
  split["only_last"] = 4;
  EXPECT_TRUE(contains(errorOf([&] { parseDescription(dumpJson(json).c_str()); }),
                       "has both \"drop_last\" and \"only_last\""));
  split.erase("drop_last");
  EXPECT_EQ(parseDescription(dumpJson(json).c_str()).data[0].splits[0].onlyLast, 4);
}

/// A description as runtime/Abi.h says of compressed ones.
static std::string packed(const std::string &text) {
  std::string stream(compressBound(text.size()), '\0');
  uLongf size = stream.size();
  compress(reinterpret_cast<Bytef *>(stream.data()), &size,
           reinterpret_cast<const Bytef *>(text.data()), text.size());
  stream.resize(size);
  std::string result(1, '\0');
  for (size_t number : {text.size(), stream.size()})
    for (int byte = 0; byte < 4; ++byte)
      result += static_cast<char>(number >> 8 * byte);
  return result + stream;
}

TEST(DescriptionTest, MayBeCompressed) {
  std::string text = dumpJson(minimal()), description = packed(text);
  EXPECT_LT(description.size(), text.size());
  EXPECT_EQ(parseDescription(description.c_str()).parameterCount(), 6);
  description[description.size() / 2] ^= 1;
  EXPECT_TRUE(contains(errorOf([&] { parseDescription(description.c_str()); }), "is damaged"));
  description = packed(text);
  ++description[1]; // the size of the text
  EXPECT_TRUE(contains(errorOf([&] { parseDescription(description.c_str()); }), "is damaged"));
}

TEST(DescriptionTest, RejectsOtherVersions) {
  EXPECT_TRUE(contains(errorAfter([](Json &json) { json["abi"] = 99; }), "compile it again"));
}

TEST(DescriptionTest, NamesWhatIsWrong) {
  EXPECT_EQ(errorAfter([](Json &json) { json.erase("model"); }),
            "the model's description is damaged: description has no \"model\"");
  EXPECT_TRUE(
      contains(errorAfter([](Json &json) { json["persistent"]["tensors"][1]["offset"] = 112; }),
               "description.persistent.tensors[1] lies outside its block"));
  EXPECT_TRUE(
      contains(errorAfter([](Json &json) { json["persistent"]["tensors"][1]["offset"] = 32; }),
               "is not aligned"));
  EXPECT_TRUE(
      contains(errorAfter([](Json &json) { json["persistent"]["tensors"][1]["name"] = "d.w"; }),
               "repeats the name d.w"));
  EXPECT_TRUE(contains(errorAfter([](Json &json) { json["functions"][0]["batch"] = 5; }),
                       "does not begin with the batch"));
  EXPECT_TRUE(
      contains(errorAfter([](Json &json) { json["functions"][0]["outputs"]["values"].clear(); }),
               "has no function nnc_train_step of a loss"));
  EXPECT_TRUE(
      contains(errorAfter([](Json &json) { json["scalars"]["values"][0]["name"] = "rate"; }),
               "neither settable nor filled in"));
  EXPECT_TRUE(contains(errorAfter([](Json &json) { json["recipes"][0]["data"] = "b"; }),
                       "no data block named b"));
  EXPECT_TRUE(contains(errorAfter([](Json &json) { json["recipes"][0]["batch"] = 8; }),
                       "with the batch of its recipe"));
  EXPECT_TRUE(contains(errorAfter([](Json &json) { json["recipes"][0]["phases"].clear(); }),
                       "has no phase"));
  EXPECT_TRUE(contains(
      errorAfter([](Json &json) { json["recipes"][0]["phases"][0]["training_steps"].clear(); }),
      "without a training step"));
  EXPECT_TRUE(contains(errorOf([] { parseDescription("{"); }), "not valid JSON"));
}

} // namespace nnc::runtime
