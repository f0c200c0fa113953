#include "tests/fuzz/TextMutator.h"

#include "tests/fuzz/Support.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <random>
#include <sstream>
#include <string_view>

namespace nnc::fuzz {
namespace {

struct Span {
  size_t begin, end;
};

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

/// Words, which may begin with one of `%@#"`, and single other characters. `tensor<4x3xf32>` is one
/// as a whole, besides what it is made of; `4x3xf32` is five.
std::vector<Span> findTokens(std::string_view text) {
  std::vector<Span> tokens;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i++;
    char first = text[begin];
    if (std::isspace(static_cast<unsigned char>(first)))
      continue;
    if (std::isdigit(static_cast<unsigned char>(first))) {
      while (i < text.size() &&
             (std::isdigit(static_cast<unsigned char>(text[i])) || text[i] == '.'))
        ++i;
    } else if (isWord(first) || first == '%' || first == '@' || first == '#') {
      // The x between dimensions stands alone.
      if (!(first == 'x' && begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1]))))
        while (i < text.size() && isWord(text[i]))
          ++i;
    } else if (first == '"') {
      while (i < text.size() && text[i] != '"' && text[i] != '\n')
        ++i;
      i = std::min(i + 1, text.size());
    }
    tokens.push_back({begin, i});
    if (i < text.size() && text[i] == '<' && isWord(first))
      if (size_t end = text.find_first_of(">\n", i); end < text.size() && text[end] == '>')
        tokens.push_back({begin, end + 1});
  }
  return tokens;
}

enum Kind { Number, Value, Symbol, Text, Element, Type, Member, Word, Punctuation };

/// Types of MLIR's elements; names of a letter and digits elsewhere.
bool isElement(const std::string &token) {
  return token == "index" || token == "bf16" ||
         (token.size() > 1 && (token[0] == 'f' || token[0] == 'i') &&
          std::all_of(token.begin() + 1, token.end(),
                      [](unsigned char c) { return std::isdigit(c); }));
}

Kind kindOf(const std::string &token) {
  char first = token.front();
  if (std::isdigit(static_cast<unsigned char>(first)) || (first == '-' && token.size() > 1))
    return Number;
  if (first == '%')
    return Value;
  if (first == '@' || first == '#')
    return Symbol;
  if (first == '"')
    return Text;
  if (!isWord(first))
    return Punctuation;
  if (token.back() == '>')
    return Type;
  if (isElement(token))
    return Element;
  return token.find('.') != std::string::npos ? Member : Word;
}

std::vector<std::string> splitLines(const std::string &text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin <= text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

class Mutator {
public:
  Mutator(std::string text, unsigned seed, const std::vector<std::string> &vocabulary)
      : text(std::move(text)), generator(seed), vocabulary(vocabulary) {}

  std::string run() {
    do
      mutateOnce();
    while (below(4) == 0);
    return std::move(text);
  }

private:
  size_t below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(generator);
  }

  /// A word of the text or the vocabulary to put in place of `word`: mostly of its kind, as a
  /// number for a number.
  std::string chooseReplacement(const std::string &word, const std::vector<Span> &tokens) {
    const bool ofAnyKind = below(16) == 0;
    std::vector<std::string> choices;
    auto offer = [&](const std::string &choice) {
      if (choice != word && (ofAnyKind || kindOf(choice) == kindOf(word)))
        choices.push_back(choice);
    };
    if (below(2))
      for (const std::string &choice : vocabulary)
        offer(choice);
    if (choices.empty())
      for (const Span &token : tokens)
        offer(text.substr(token.begin, token.end - token.begin));
    return choices.empty() ? word : choices[below(choices.size())];
  }

  void replaceAll(const std::vector<Span> &tokens, const std::string &word,
                  const std::string &replacement) {
    std::string result;
    size_t done = 0;
    for (const Span &token : tokens)
      if (token.begin >= done && text.compare(token.begin, token.end - token.begin, word) == 0) {
        result += text.substr(done, token.begin - done) + replacement;
        done = token.end;
      }
    text = result + text.substr(done);
  }

  /// A token of a kind that is drawn first, so that frequent kinds do not displace others.
  Span chooseToken(const std::vector<Span> &tokens) {
    auto kindAt = [&](Span token) {
      return kindOf(text.substr(token.begin, token.end - token.begin));
    };
    for (unsigned attempt = 0; attempt < 10; ++attempt) {
      Kind kind = Kind(below(Punctuation));
      std::vector<Span> candidates;
      std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(candidates),
                   [&](Span token) { return kindAt(token) == kind; });
      if (!candidates.empty())
        return candidates[below(candidates.size())];
    }
    return tokens[below(tokens.size())];
  }

  void mutateOnce() {
    std::vector<Span> tokens = findTokens(text);
    if (tokens.empty())
      return;
    Span token = chooseToken(tokens);
    const std::string word = text.substr(token.begin, token.end - token.begin);
    const std::string replacement = chooseReplacement(word, tokens);
    switch (below(12)) {
    case 0:
      text.erase(token.begin, token.end - token.begin);
      return;
    case 1:
      text.insert(token.begin, replacement + " ");
      return;
    case 2:
    case 3:
    case 4:
    case 5: // everywhere, so that what was consistent stays so
      replaceAll(tokens, word, replacement);
      return;
    case 6:
    case 7:
    case 8:
      text.replace(token.begin, token.end - token.begin, replacement);
      return;
    default:
      mutateLines();
    }
  }

  void mutateLines() {
    std::vector<std::string> lines = splitLines(text);
    size_t at = below(lines.size()), other = below(lines.size());
    switch (below(4)) {
    case 0:
      lines.erase(lines.begin() + at);
      break;
    case 1:
      std::swap(lines[at], lines[other]);
      break;
    case 2:
      lines.insert(lines.begin() + other, lines[at]);
      break;
    case 3: // what the line defines gets a new name in the copy, which those after it use
      repeatUnderNewName(lines, at);
      break;
    }
    text.clear();
    for (size_t i = 0; i < lines.size(); ++i)
      text += (i ? "\n" : "") + lines[i];
  }

  void repeatUnderNewName(std::vector<std::string> &lines, size_t at) {
    std::vector<Span> tokens = findTokens(lines[at]);
    if (tokens.empty())
      return;
    const std::string name = lines[at].substr(tokens[0].begin, tokens[0].end - tokens[0].begin);
    const std::string fresh = (name[0] == '%' ? "%r" : "r") + std::to_string(below(1000000));
    std::string copy = lines[at];
    copy.replace(tokens[0].begin, tokens[0].end - tokens[0].begin, fresh);
    for (size_t i = at + 1; i < lines.size(); ++i) {
      std::vector<Span> uses = findTokens(lines[i]);
      for (size_t j = uses.size(); j-- > 0;)
        if (lines[i].compare(uses[j].begin, uses[j].end - uses[j].begin, name) == 0 && below(2))
          lines[i].replace(uses[j].begin, uses[j].end - uses[j].begin, fresh);
    }
    lines.insert(lines.begin() + at + 1, copy);
  }

  std::string text;
  std::mt19937 generator;
  const std::vector<std::string> &vocabulary;
};

} // namespace

std::vector<std::string> splitWords(const std::string &text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

size_t mutateText(uint8_t *data, size_t size, size_t maximum, unsigned seed,
                  const std::vector<std::string> &vocabulary) {
  if (seed % 16 == 0)
    return LLVMFuzzerMutate(data, size, maximum);
  std::string text(reinterpret_cast<const char *>(data), size);
  text = Mutator(std::move(text), seed, vocabulary).run();
  size = std::min(text.size(), maximum);
  std::copy_n(text.data(), size, data);
  return size;
}

} // namespace nnc::fuzz
