// The settings of `csv` that say how the text of a table is read, and which of its rows and columns.
#pragma once

#include "lang/Program.h"
#include "lang/elaborate/environment/Evaluator.h"
#include "lang/support/Diagnostics.h"
#include "lang/syntax/AST.h"

namespace nnc::lang {

/// Names of these settings.
inline constexpr std::string_view tableSettings[] = {"decimal",  "comment", "strip",
                                                     "encoding", "missing", "rows"};

/// The encodings of tables and texts.
inline constexpr std::string_view encodings[] = {"utf-8", "windows-1252", "latin-1"};

/// Reads one of them; false, with an error, if it has another value than it takes. The column of
/// `rows` is the name as the program has it.
bool readTableSetting(const CallArgument &argument, DataSplit &split, Diagnostics &diagnostics,
                      Evaluator &evaluator);

/// Appends the columns that an expression names: `columns("a", "b")`, `columns(0..4)`, `"a"` or `3`;
/// false, with an error, if it names none. Sets `byName` and `byNumber` if it does so.
bool readColumnList(const Expression &expression, std::vector<std::string> &columns, bool &byName,
                    bool &byNumber, Diagnostics &diagnostics, Evaluator &evaluator);

/// A split takes the settings from `train` that it does not have itself.
void inheritSettings(DataSplit &split, const DataSplit &train);

} // namespace nnc::lang
