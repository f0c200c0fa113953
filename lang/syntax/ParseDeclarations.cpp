// Declarations, parameter lists and types.
#include "lang/syntax/ParserImpl.h"

#include <algorithm>

namespace nnc::lang {

namespace {

constexpr std::pair<std::string_view, CallableKind> callables[] = {
    {"model", CallableKind::Model},         {"layer", CallableKind::Layer},
    {"fn", CallableKind::Function},         {"init", CallableKind::Init},
    {"optimizer", CallableKind::Optimizer}, {"schedule", CallableKind::Schedule},
    {"primitive", CallableKind::Primitive},
};

constexpr std::pair<std::string_view, ElementKind> elements[] = {
    {"float", ElementKind::Float},       {"int", ElementKind::Int},
    {"bool", ElementKind::Bool},         {"class", ElementKind::Class},
    {"category", ElementKind::Category}, {"one_hot", ElementKind::OneHot},
    {"string", ElementKind::String},     {"init", ElementKind::Init},
    {"schedule", ElementKind::Schedule}, {"fn", ElementKind::Function},
    {"layer", ElementKind::Layer},       {"optimizer", ElementKind::Optimizer},
};

/// Whether a callable has only settings, and no inputs.
bool onlySettings(CallableKind kind) {
  return kind == CallableKind::Init || kind == CallableKind::Optimizer ||
         kind == CallableKind::Schedule;
}

std::string_view describe(CallableKind kind) {
  return kind == CallableKind::Function ? "function" : spelling(kind);
}

} // namespace

// G3
DeclarationPtr Parser::declaration() {
  size_t first = position;
  std::string_view word = at(TokenKind::Name) ? textOf(current()) : std::string_view();
  DeclarationPtr node;
  if (word == "config")
    node = config();
  else if (word == "data")
    node = data();
  else if (word == "train")
    node = train();
  else if (word == "predict")
    node = useOfModel<PredictDeclaration>();
  else if (word == "generate")
    node = useOfModel<GenerateDeclaration>();
  for (auto [spelling, kind] : callables)
    if (word == spelling)
      node = callable(kind);
  if (!node) {
    auto report = lost(Diag::ExpectedDeclaration, here(), shown(current()));
    if (current().kind >= TokenKind::If && current().kind <= TokenKind::False)
      word = textOf(current());
    if (ahead(1).kind == TokenKind::Assign && !word.empty())
      report.help(fmt::format(
          "a number is declared `config {} = 64`; layers are applied in the block of a model",
          word));
    else if (report.suggest(NameKind::Declaration, word, declarationWords))
      return nullptr;
    else if (at(TokenKind::At))
      report.help("leave it out: everything is compiled");
    return nullptr;
  }
  node->range = since(first);
  node->keyword = rangeOf(tokens[first]);
  return node;
}

// G4
DeclarationPtr Parser::config() {
  auto node = std::make_unique<ConfigDeclaration>();
  std::vector<Identifier> names;
  around = {DeclarationKind::Config};
  do {
    take();
    Entry entry;
    if (at(TokenKind::LeftBrace))
      expected("the name of an entry",
               fmt::format("write `config {}`",
                           sourceOf(position + 1, std::max<size_t>(current().partner, position))));
    entry.name = name("the name of an entry");
    checkDuplicate(entry.name, names);
    names.push_back(entry.name);
    expect(TokenKind::Assign,
           at(TokenKind::Colon) ? fmt::format("write `config {} = {}`", entry.name.text,
                                              sourceOf(position + 1, endOfStatement(position + 1)))
                                : std::string());
    entry.value = panicking ? error(position) : expression();
    node->entries.push_back(std::move(entry));
  } while (!panicking && at(TokenKind::Comma));
  return node;
}

// G5
DeclarationPtr Parser::data() {
  auto node = std::make_unique<DataDeclaration>();
  std::vector<Identifier> names;
  take();
  around = {DeclarationKind::Data};
  node->name = name("the name of the data");
  if (panicking || !at(TokenKind::LeftBrace)) {
    expected("`{`");
    return node;
  }
  size_t opener = position, closer = current().partner;
  take();
  while (position < closer && !giveUp()) {
    if (takeIf(TokenKind::Semicolon) || takeIf(TokenKind::Comma))
      continue;
    std::vector<Identifier> together;
    do {
      Identifier one = name("the name of a field or an entry");
      checkDuplicate(one, names);
      names.push_back(one);
      together.push_back(std::move(one));
    } while (!panicking && at(TokenKind::Comma) && ahead(1).kind == TokenKind::Name &&
             (ahead(2).kind == TokenKind::Comma || ahead(2).kind == TokenKind::Colon) &&
             takeIf(TokenKind::Comma));
    const Identifier key = together[0];
    bool entry = at(TokenKind::Colon) && ahead(1).kind == TokenKind::Name &&
                 ahead(2).kind == TokenKind::LeftParen;
    if (!panicking && entry) {
      size_t end = position + 1;
      while (end < closer && tokens[end].kind != TokenKind::Comma && !tokens[end].newlineBefore)
        end = std::max<size_t>(end, tokens[end].partner) + 1;
      expected("`=`", fmt::format("write `{} = {}`", key.text, sourceOf(position + 1, end)));
    } else if (!panicking && takeIf(TokenKind::Colon)) {
      auto shared = std::make_shared<const TypeExpression>(type());
      std::shared_ptr<const Expression> transform;
      if (!panicking && !lineEnds() && takeIf(TokenKind::Assign))
        transform = expression();
      for (Identifier &field : together)
        node->fields.push_back({std::move(field), shared, transform});
    } else if (!panicking && together.size() == 1 && takeIf(TokenKind::Assign)) {
      node->entries.push_back({key, expression()});
    } else {
      expected(together.size() > 1 ? "`:` and the type of these fields"
                                   : "`:` and a type, or `=` and a value");
      if (!at(TokenKind::RightBrace) && key.text.empty()) // never stand still
        position = std::max<size_t>(position, tokens[position].partner) + 1;
    }
    separator();
  }
  closeAt(opener);
  return node;
}

// G19
DeclarationPtr Parser::train() {
  auto node = std::make_unique<TrainDeclaration>();
  take();
  around = {DeclarationKind::Train};
  Identifier first = name("the name of a model");
  if (!panicking && takeIf(TokenKind::Assign)) {
    node->name = std::move(first);
    first = name("the name of a model");
  }
  node->models.push_back(std::move(first));
  while (!panicking && takeIf(TokenKind::Comma)) {
    Identifier other = name("the name of a model");
    checkDuplicate(other, node->models);
    node->models.push_back(std::move(other));
  }
  if (node->name.text.empty()) {
    node->name = node->models[0];
    if (node->models.size() > 1 && !panicking)
      expected("`=`",
               fmt::format("models that are trained together have a name: `train all = {}, {}`",
                           node->models[0].text, node->models[1].text));
  }
  expectWord("on");
  node->data = name("the name of the data");
  node->body = expectBlock();
  return node;
}

template <typename Node> DeclarationPtr Parser::useOfModel() {
  auto node = std::make_unique<Node>();
  take();
  around = {Node::Kind};
  node->model = name("the name of a model");
  if constexpr (std::is_same_v<Node, PredictDeclaration>)
    if (!panicking && atWord("as")) {
      take();
      node->name = name("the name of the block");
    }
  node->body = expectBlock();
  return node;
}

// G6
DeclarationPtr Parser::callable(CallableKind kind) {
  auto node = std::make_unique<CallableDeclaration>();
  node->callable = kind;
  take();
  around = {DeclarationKind::Callable, kind};
  node->name = name(fmt::format("the name of the {}", describe(kind)));
  size_t lists = 0;
  while (!panicking && at(TokenKind::LeftParen)) {
    std::vector<Parameter> list = parameters();
    if (++lists == 2)
      node->settings = std::exchange(node->inputs, {});
    if (lists <= 2)
      node->inputs = std::move(list);
  }
  if (!panicking && lists == 0)
    expected("`(`");
  node->hasSettings = lists >= 2 || onlySettings(kind);
  if (onlySettings(kind) && lists == 1)
    node->settings = std::exchange(node->inputs, {});
  if (!panicking)
    checkParameterLists(*node, lists);
  if (!onlySettings(kind))
    results(*node);
  node->body = body(*node);
  return node;
}

void Parser::checkParameterLists(CallableDeclaration &node, size_t lists) {
  bool two = !onlySettings(node.callable) && node.callable != CallableKind::Model;
  if (lists > (two ? 2u : 1u))
    diagnostics.report(Diag::ParameterLists, node.name.range, describe(node.callable),
                       node.name.text,
                       two ? "one list of inputs, after one of settings if it has any"
                       : onlySettings(node.callable) ? "one list, of its settings"
                                                     : "one list, of its inputs");
  std::vector<Identifier> names;
  for (const std::vector<Parameter> *list : {&node.settings, &node.inputs})
    for (const Parameter &parameter : *list) {
      checkDuplicate(parameter.name, names);
      names.push_back(parameter.name);
    }
  // A function may take what has no type of its own, as the weights of a model.
  for (const Parameter &input : node.inputs)
    if (!input.type && !input.name.text.empty() && node.callable != CallableKind::Function)
      diagnostics.report(Diag::MissingParameterType, input.name.range, input.name.text)
          .help(fmt::format("write `{}: float[...]` if it may have any shape", input.name.text));
}

// G7
std::vector<Parameter> Parser::parameters() {
  std::vector<Parameter> result;
  size_t opener = position;
  take();
  list(opener, [&] {
    size_t first = position;
    Parameter parameter;
    parameter.name = name("the name of a parameter");
    if (!panicking && takeIf(TokenKind::Colon))
      parameter.type = std::make_unique<TypeExpression>(type());
    if (!panicking && takeIf(TokenKind::Assign))
      parameter.defaultValue = expression();
    parameter.range = since(first);
    result.push_back(std::move(parameter));
  });
  return result;
}

/// Of `: float`, `=> float` and `returns float` in place of `-> float`.
std::string Parser::returnsAdvice() const {
  size_t end = position;
  while (tokens[end].kind == TokenKind::Colon || tokens[end].kind == TokenKind::Assign ||
         tokens[end].kind == TokenKind::Greater)
    ++end;
  size_t last = end;
  while (tokens[last].kind == TokenKind::Name || tokens[last].kind == TokenKind::LeftBracket)
    last = std::max<size_t>(last, tokens[last].partner) + 1;
  std::string type = end == position ? std::string() : sourceOf(end, last);
  return type.empty() ? std::string() : fmt::format("write `-> {}`", type);
}

void Parser::results(CallableDeclaration &node) {
  if (panicking)
    return;
  if (!takeIf(TokenKind::Arrow)) {
    if (at(TokenKind::LeftBrace) || current().newlineBefore)
      diagnostics
          .report(Diag::MissingResultType, node.name.range, describe(node.callable), node.name.text)
          .help("write `-> float[...]` after the inputs, with the dimensions of the result");
    else
      expected("`->`", returnsAdvice());
    return;
  }
  if (!at(TokenKind::LeftParen)) {
    ResultDeclaration result;
    result.name.range = here();
    result.type = type();
    node.results.push_back(std::move(result));
    return;
  }
  std::vector<Identifier> names;
  size_t opener = position;
  take();
  if (at(TokenKind::RightParen))
    expected("the name of a result");
  list(opener, [&] {
    ResultDeclaration result;
    result.name = name("the name of a result");
    checkDuplicate(result.name, names);
    names.push_back(result.name);
    if (expect(TokenKind::Colon, "several results have names: `-> (h: float[n], c: float[n])`"))
      result.type = type();
    node.results.push_back(std::move(result));
  });
}

std::unique_ptr<Block> Parser::body(CallableDeclaration &node) {
  if (node.callable != CallableKind::Primitive)
    return expectBlock();
  if (panicking || !at(TokenKind::LeftBrace) || current().newlineBefore)
    return nullptr;
  diagnostics.report(Diag::PrimitiveBody, here(), node.name.text)
      .help("write `fn` instead of `primitive`");
  block();
  return nullptr;
}

// G36
TypeExpression Parser::type() {
  TypeExpression result;
  size_t first = position;
  result.range = here();
  if (panicking || !at(TokenKind::Name)) {
    std::string sizes = at(TokenKind::LeftParen) || at(TokenKind::LeftBracket)
                            ? sourceOf(position + 1, current().partner)
                            : std::string();
    if (!sizes.empty() && ahead(1).kind != TokenKind::Integer)
      sizes.clear();
    expected("a type", sizes.empty() ? sizes : fmt::format("write `float[{}]`", sizes));
    return result;
  }
  std::string_view word = textOf(current());
  std::vector<std::string_view> known;
  bool found = false;
  for (auto [spelling, element] : elements) {
    known.push_back(spelling);
    if (spelling == word) {
      result.element = element;
      found = true;
    }
  }
  if (!found)
    diagnostics.report(Diag::UnknownType, here(), word).suggest(NameKind::Type, word, known);
  take();
  if (result.element == ElementKind::Class) {
    size_t opener = position;
    if (!expect(TokenKind::LeftBracket, "say how many classes there are: `class[10]`"))
      return result;
    if (at(TokenKind::RightBracket))
      expectedExpression();
    list(opener, [&] {
      if (result.classCount)
        expected("`]`", "dimensions have brackets of their own: `class[10][T]`");
      else
        result.classCount = sum();
    });
  }
  if (at(TokenKind::LeftParen) && current().begin == tokens[position - 1].end)
    expected("`[`", fmt::format("dimensions stand in square brackets: `{}[{}]`", word,
                                sourceOf(position + 1, current().partner)));
  if (at(TokenKind::LeftBracket) && !lineEnds())
    dimensions(result);
  result.range = since(first);
  return result;
}

// G37
void Parser::dimensions(TypeExpression &result) {
  size_t opener = position;
  bool ellipsis = false;
  take();
  if (at(TokenKind::RightBracket))
    expected("a dimension", "a scalar has no brackets");
  list(opener, [&] {
    size_t first = position;
    Dimension dimension;
    if (takeIf(TokenKind::Ellipsis)) {
      dimension.kind = Dimension::Kind::Ellipsis;
      if (std::exchange(ellipsis, true))
        diagnostics.report(Diag::RepeatedEllipsis, since(first));
    } else if (atWord("up") && ahead(1).kind == TokenKind::Name) {
      dimension.kind = Dimension::Kind::UpTo;
      take();
      expectWord("to");
      dimension.value = panicking ? error(position) : sum();
    } else {
      dimension.value = sum();
    }
    dimension.range = since(first);
    result.dimensions.push_back(std::move(dimension));
  });
}

} // namespace nnc::lang
