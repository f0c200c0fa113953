// Every row of the table of synonyms leads to something that exists.
#include "lang/support/Synonyms.h"

#include "Elaborating.h"
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/training/TrainKeys.h"
#include "lang/syntax/Lexer.h"

#include <algorithm>
#include <map>
#include <set>

namespace nnc::lang {
namespace {

/// The names of a kind that the language has.
struct Known {
  std::map<NameKind, std::set<std::string>> names;

  Known() {
    SourceManager sources;
    Diagnostics diagnostics;
    for (const StandardSource &source : standardSources()) {
      std::unique_ptr<Module> module =
          parse(sources.add(std::string(source.name), std::string(source.text)), diagnostics);
      for (const DeclarationPtr &declaration : module->declarations)
        if (auto *callable = as<CallableDeclaration>(declaration)) {
          names[NameKind::Name].insert(callable->name.text);
          for (const auto *list : {&callable->settings, &callable->inputs})
            for (const Parameter &parameter : *list)
              names[NameKind::Argument].insert(parameter.name.text);
        }
    }
    for (const std::string &builtin : builtinNames())
      names[NameKind::Name].insert(builtin);
    names[NameKind::Name].insert({"grad", "param"}); // in optimizers
    names[NameKind::Name].insert({"images", "csv"}); // readers
    names[NameKind::Name].insert(
        {"standardize", "min_max", "missing", "is_missing", "date"}); // steps
    names[NameKind::Argument].insert({"dim", "separator"});           // of builtins and readers
    names[NameKind::Member] = names[NameKind::Name];
    for (std::string_view key : trainKeys())
      names[NameKind::Key].insert(std::string(key));
    names[NameKind::Entry] = {"train", "test", "validation", "class_names"};
    names[NameKind::Type] = {"float", "int",      "bool",  "class", "string",
                             "init",  "schedule", "layer", "fn"};
    for (std::string_view word : declarationWords)
      names[NameKind::Declaration].insert(std::string(word));
  }
};

TEST(Synonyms, LeadToNamesThatExist) {
  Known known;
  for (const Synonym &row : synonyms()) {
    EXPECT_FALSE(row.name.empty() && row.notation.empty() && row.advice.empty()) << row.foreign;
    if (!row.name.empty())
      EXPECT_TRUE(known.names[row.kind].count(std::string(row.name)))
          << row.foreign << ": " << row.name;
  }
}

TEST(Synonyms, AreNotNamesOfOurs) {
  Known known;
  for (const Synonym &row : synonyms())
    if (row.kind == NameKind::Key || row.kind == NameKind::Entry || row.kind == NameKind::Type ||
        row.kind == NameKind::Declaration)
      EXPECT_FALSE(known.names[row.kind].count(std::string(row.foreign))) << row.foreign;
}

TEST(Synonyms, AreFoundWhateverTheirSpelling) {
  std::vector<std::string_view> functions = {"cross_entropy", "he"};
  for (const char *name : {"CrossEntropyLoss", "cross_entropy_loss", "crossEntropyLoss"}) {
    const Synonym *row = findSynonym(NameKind::Name, name, functions);
    ASSERT_TRUE(row) << name;
    EXPECT_EQ(row->name, "cross_entropy");
  }
  EXPECT_FALSE(findSynonym(NameKind::Name, "Linear", functions)); // `dense` is not among them
  EXPECT_FALSE(findSynonym(NameKind::Key, "CrossEntropyLoss", functions));
}

TEST(Synonyms, CountBeforeSpelling) {
  std::vector<std::string_view> known = {"linear", "dense", "stddev", "sgd", "std"};
  EXPECT_EQ(suggestionFor(NameKind::Name, "Dense", known).substr(0, 15), "write `dense`: ");
  EXPECT_NE(suggestionFor(NameKind::Name, "Linear", known).find("`dense`"), std::string::npos);
  EXPECT_EQ(suggestionFor(NameKind::Name, "linaer", known), "did you mean `linear`?");
  EXPECT_EQ(suggestionFor(NameKind::Name, "quaternion", known), "");
}

TEST(Synonyms, PutArgumentsIntoTheirPlaces) {
  std::vector<std::string_view> known = {"clamp", "max"};
  auto notation = [&](const char *name, std::vector<std::string_view> arguments) {
    return suggestionFor(NameKind::Name, name, known, arguments);
  };
  EXPECT_EQ(notation("clip", {"(x + y)", "0", "1"}), "write `clamp(0, 1)(x + y)`");
  EXPECT_EQ(notation("clip", {"x"}), "did you mean `clamp`?"); // without those it needs
  EXPECT_EQ(notation("matmul", {"(x + y)", "w"}), "write `(x + y) @ w`");
  EXPECT_EQ(notation("maximum", {"(x + y)", "(a)(b)"}), "write `max(x + y, (a)(b))`");
}

TEST(Synonyms, KnowTextsInBrackets) {
  EXPECT_TRUE(isBracketed("(a + b)"));
  EXPECT_TRUE(isBracketed("((a) + (b))"));
  EXPECT_FALSE(isBracketed("(a)(b)"));
  EXPECT_FALSE(isBracketed("a"));
  EXPECT_FALSE(isBracketed(""));
}

} // namespace
} // namespace nnc::lang
