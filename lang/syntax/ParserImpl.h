// The recursive-descent parser, private to lang/. One function a grammar rule; the rule's number
// (docs/language.md) stands beside it.
//
// Recovery: the first error sets `panicking`, which silences everything until a place is reached
// from which reading on makes sense: the closing bracket around the error (brackets are balanced
// before parsing) or the next statement.
#pragma once

#include "lang/syntax/Lexer.h"
#include "lang/syntax/Parser.h"

#include <optional>
#include <type_traits>
#include <utility>

namespace nnc::lang {

template <typename Node> std::unique_ptr<Node> make() { return std::make_unique<Node>(); }

class Parser {
public:
  Parser(const SourceFile &file, Diagnostics &diagnostics)
      : file(file), text(file.text()), diagnostics(diagnostics), tokens(lex(file, diagnostics)) {}

  std::unique_ptr<Module> module();

private:
  /// How deep brackets, blocks and prefix operators may nest: bounds the parser's own recursion.
  static constexpr uint32_t maximumNesting = 200;

  /// Where a statement stands: decides which kinds are allowed and what separates them.
  struct Surroundings {
    DeclarationKind declaration = DeclarationKind::Callable;
    CallableKind callable = CallableKind::Function;
    bool inScan = false;
    bool commas() const { // G8: blocks of entries are separated by commas too
      return declaration != DeclarationKind::Callable;
    }
  };

  /// Counts nesting. When it is not `ok`, an error has been reported and the caller must not go
  /// deeper.
  class Nested {
  public:
    explicit Nested(Parser &parser) : parser(parser), ok(++parser.nesting <= maximumNesting) {
      if (!ok)
        parser.tooDeep(parser.here(), maximumNesting);
    }
    ~Nested() { --parser.nesting; }
    Nested(const Nested &) = delete;
    Nested &operator=(const Nested &) = delete;
    explicit operator bool() const { return ok; }

  private:
    Parser &parser;
    bool ok;
  };

  /// Sets a member and puts it back at the end of the scope.
  template <typename T> class Restored {
  public:
    Restored(T &place, T value) : place(place), before(std::exchange(place, value)) {}
    ~Restored() { place = before; }
    Restored(const Restored &) = delete;
    Restored &operator=(const Restored &) = delete;

  private:
    T &place;
    T before;
  };

  // Tokens.
  const Token &current() const { return tokens[position]; }
  const Token &ahead(size_t count) const {
    return tokens[std::min(position + count, tokens.size() - 1)];
  }
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool atWord(std::string_view word) const {
    return at(TokenKind::Name) && textOf(current()) == word;
  }
  /// Whether the statement ends before the current token because a line ends there.
  bool lineEnds() const { return current().newlineBefore && !insideBrackets; }
  std::string_view textOf(const Token &token) const {
    return text.substr(token.begin, token.end - token.begin);
  }
  SourceRange rangeOf(const Token &token) const { return {&file, token.begin, token.end}; }
  SourceRange here() const { return rangeOf(current()); }
  /// From a token to the last one that was taken.
  SourceRange since(size_t first) const;
  void take() {
    if (!at(TokenKind::End))
      ++position;
  }
  bool takeIf(TokenKind kind);
  /// Takes a token of this kind or reports that it is missing.
  bool expect(TokenKind kind, std::string_view help = {});
  bool expectWord(std::string_view word);
  /// G1: a name, for which `what` stands in the message.
  Identifier name(std::string_view what);
  /// A token as messages show it.
  std::string shown(const Token &token) const;
  /// The text that stands where something else was expected: a token, or the end of the line.
  std::string found() const;
  SourceRange foundRange() const;

  // Errors and recovery.
  /// Reports an error after which the parser has lost its place; nothing when it is lost already.
  template <typename... Arguments>
  DiagnosticBuilder lost(const DiagnosticKind<Arguments...> &kind, SourceRange range,
                         std::type_identity_t<Arguments>... arguments) {
    bool silent = panicking || current().kind == TokenKind::Error || current().inserted;
    panicking = true;
    return silent ? DiagnosticBuilder(nullptr) : diagnostics.report(kind, range, arguments...);
  }
  void expected(std::string_view what, std::string_view help = {});
  void expectedExpression();
  static constexpr const char *leadingOperatorHelp =
      "put it at the end of the line before, or round brackets round the whole expression";
  void tooDeep(SourceRange range, uint32_t limit);
  /// Goes to the closing bracket of this opening one and takes it.
  void closeAt(size_t opener);
  void skipDeclaration();
  void skipStatement();
  /// Gives up on the rest of the file when there are too many errors already.
  bool giveUp();
  /// Ends a statement: takes a separator, or reports what stands there instead and skips to the
  /// next one.
  void separator();
  // ParseForeign.cpp: the notation of other languages.
  /// The text of the tokens [first, last), if it is short and on one line; else empty.
  std::string sourceOf(size_t first, size_t last) const;
  /// The token behind a statement that begins at this one and ends with its line.
  size_t endOfStatement(size_t first) const;
  void foreign(SourceRange range, std::string_view shown, const std::string &help);
  /// The text of the line in front of the place where a block is missing.
  std::string headerText() const;
  void expectedBlock();
  /// Takes a word that begins a statement elsewhere, after a report unless `silent`. Then
  /// `panicking` says that the statement cannot be read.
  bool foreignWord(bool silent = false);
  /// Behind a line that ends with a colon: to the line that is not indented more.
  void skipIndented();
  StatementPtr foreignStatement();
  StatementPtr expressionOf(ExpressionPtr value, size_t first);
  std::string sliceInOurNotation(size_t opener, std::string &step) const;
  void foreignSlice(size_t first, size_t opener);
  ExpressionPtr foreignWhere();
  ExpressionPtr foreignList();
  ExpressionPtr foreignChoice(ExpressionPtr value, size_t first);
  /// About what stands where something else was expected; empty if nothing is known.
  std::string foreignAdvice() const;

  /// Reports a problem that leaves the parser where it is.
  void advise(DiagnosticBuilder &report);
  void checkDuplicate(const Identifier &name, const std::vector<Identifier> &earlier);

  /// Reads a list up to the closing bracket of `opener`, with commas between. `element` reads one.
  template <typename Element> void list(size_t opener, Element element) {
    Restored inside(insideBrackets, true);
    Restored blocks(blocksAllowed, true);
    size_t closer = tokens[opener].partner;
    while (position < closer && !panicking) {
      element();
      if (panicking || position >= closer)
        break;
      if (!takeIf(TokenKind::Comma))
        expected(fmt::format("`,` or `{}`", spelling(tokens[closer].kind)));
    }
    closeAt(opener);
  }

  // Declarations.
  DeclarationPtr declaration();
  DeclarationPtr config();
  DeclarationPtr data();
  DeclarationPtr callable(CallableKind kind);
  DeclarationPtr train();
  template <typename Node> DeclarationPtr useOfModel();
  std::vector<Parameter> parameters();
  void checkParameterLists(CallableDeclaration &node, size_t lists);
  std::string returnsAdvice() const;
  void results(CallableDeclaration &node);
  std::unique_ptr<Block> body(CallableDeclaration &node);
  TypeExpression type();
  void dimensions(TypeExpression &result);

  // Statements.
  std::unique_ptr<Block> block();
  /// A block where one must stand; when there is none, an empty one and an error.
  std::unique_ptr<Block> expectBlock();
  StatementPtr statement();
  StatementPtr bindingStatement();
  ExpressionPtr withManner(ExpressionPtr part, size_t first);
  StatementPtr updateStatement();
  StatementPtr parameterStatement();
  StatementPtr stateStatement();
  StatementPtr forStatement();
  std::vector<Identifier> loopVariables();
  StatementPtr yieldStatement();
  StatementPtr metricStatement();
  StatementPtr thenStatement();
  StatementPtr stepStatement();
  StatementPtr expressionStatement();
  StatementPtr definition(ExpressionPtr target, size_t first);
  bool startsBinding() const;
  /// Whether what comes next can only be a statement, not an expression.
  bool startsStatement() const;
  void misplaced(size_t first, std::string_view word, std::string_view where);

  // Expressions, from the loosest to the tightest.
  ExpressionPtr expression();
  ExpressionPtr pipeline();
  ExpressionPtr unpiped();
  ExpressionPtr notExpression();
  ExpressionPtr comparison();
  ExpressionPtr rangeExpression();
  ExpressionPtr sum();
  ExpressionPtr product();
  ExpressionPtr unary();
  ExpressionPtr power();
  ExpressionPtr postfix();
  ExpressionPtr primary();
  ExpressionPtr number();
  ExpressionPtr parenthesised();
  ExpressionPtr record();
  /// A list whose first element, after the bracket `first`, has been read.
  ExpressionPtr listAfter(ExpressionPtr value, size_t first);
  ExpressionPtr comprehension(ExpressionPtr element, size_t first);
  ExpressionPtr call(ExpressionPtr callee, size_t first);
  ExpressionPtr index(ExpressionPtr base, size_t first);
  ExpressionPtr reduce();
  ExpressionPtr where(bool product);
  ExpressionPtr ifExpression();
  ExpressionPtr scan();
  ExpressionPtr exceptExpression();
  Identifier pattern(const std::vector<Identifier> &earlier);
  /// An expression in the header of a statement, where `{` begins the statement's block.
  ExpressionPtr headerExpression();
  std::vector<CallArgument> arguments();
  /// `first` is where the value that is indexed begins.
  std::vector<ExpressionPtr> items(size_t first);
  ExpressionPtr item();
  bool startsOperand() const;
  bool startsReduction() const;

  /// Anything that is not an expression, as one.
  ExpressionPtr error(size_t first);
  ExpressionPtr binary(BinaryOperator op, const Token &token, ExpressionPtr left,
                       ExpressionPtr right, size_t first);
  /// Reads operands of one level with left-associative operators between them.
  template <typename Operators>
  ExpressionPtr leftAssociative(ExpressionPtr (Parser::*operand)(), Operators operators) {
    size_t first = position;
    ExpressionPtr left = (this->*operand)();
    while (!panicking && !lineEnds()) {
      std::optional<BinaryOperator> op = operators(current().kind);
      if (!op)
        break;
      Token token = current();
      take();
      ExpressionPtr right = (this->*operand)();
      left = binary(*op, token, std::move(left), std::move(right), first);
    }
    return left;
  }
  /// Gives a node its range and height; when the tree grows too high, an error takes its place.
  ExpressionPtr finish(ExpressionPtr node, size_t first);

  template <typename Node>
  std::unique_ptr<Node> finishStatement(std::unique_ptr<Node> node, size_t first) {
    node->range = since(first);
    return node;
  }

  const SourceFile &file;
  std::string_view text;
  Diagnostics &diagnostics;
  std::vector<Token> tokens;
  size_t position = 0;
  uint32_t nesting = 0;
  bool panicking = false;
  bool pythonBlocks = false;    // a block began with a colon: its `else` has been reported too
  bool tooDeepReported = false; // once a declaration: what is too deep is so in many places
  bool insideBrackets = false;  // within ( ) or [ ]: line ends mean nothing
  Surroundings around;          // of the statement being read
  /// False in headers: `{` begins the statement's block, not a trailing one.
  bool blocksAllowed = true;
};

} // namespace nnc::lang
