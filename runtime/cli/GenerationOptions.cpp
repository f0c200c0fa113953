// Implements the options of `generate`.
#include "runtime/cli/GenerationOptions.h"

#include "runtime/data/Csv.h"
#include "runtime/data/Npy.h"

#include <algorithm>
#include <cmath>

namespace nnc::runtime {

namespace {

struct Number {
  const char *key, *option;
  double least, most; ///< its range
  double Sampling::*value;
};
struct Count {
  const char *key, *option;
  int64_t least;
  int64_t Sampling::*value;
};
constexpr Count counts[] = {
    {"top_k", "--top-k", 0, &Sampling::topK},
    {"width", "--width", 1, &Sampling::width},
};
constexpr Number numbers[] = {
    {"temperature", "--temperature", 0, HUGE_VAL, &Sampling::temperature},
    {"top_p", "--top-p", 0, 1, &Sampling::topP},
    {"min_p", "--min-p", 0, 1, &Sampling::minP},
    {"repetition_penalty", "--repetition-penalty", 0, HUGE_VAL, &Sampling::repetitionPenalty},
    {"length_penalty", "--length-penalty", 0, HUGE_VAL, &Sampling::lengthPenalty},
};

void setNumber(Sampling &sampling, const char *option, const std::string &key,
               const std::string &given) {
  for (const Count &count : counts) {
    if (key != count.key)
      continue;
    std::optional<int64_t> value = parseInteger(given);
    if (!value || *value < count.least)
      throw UsageError(text("%s: '%s' is not an integer >= %d", option, printable(given).c_str(),
                            static_cast<int>(count.least)));
    sampling.*count.value = *value;
    return;
  }
  for (const Number &number : numbers) {
    if (key != number.key)
      continue;
    std::optional<double> value = parseNumber(given);
    bool isPenalty = number.value == &Sampling::repetitionPenalty;
    if (!value || *value < number.least || *value > number.most || (isPenalty && *value == 0))
      throw UsageError(text("%s: '%s' is not a number %s", option, printable(given).c_str(),
                            number.most == 1 ? "from 0 to 1"
                            : isPenalty      ? "above 0"
                                             : ">= 0"));
    sampling.*number.value = *value;
    return;
  }
  throw UsageError(text("--set: '%s' is not one of temperature, top_k, top_p, min_p, "
                        "repetition_penalty, width and length_penalty",
                        printable(key).c_str()));
}

/// The numbers of the prompt, and the option that gives them.
struct Prompt {
  const char *option;
  std::vector<double> values;
};

/// The ids of a text, behind `<start>` if the vocabulary has it.
std::vector<double> encodePrompt(const text::Tokenizer *tokenizer, const std::string &given) {
  if (!tokenizer)
    throw UsageError("--prompt: the sequence is not a text: give --prompt-ids or --prompt-values");
  std::vector<int32_t> ids;
  if (std::optional<int32_t> start = tokenizer->special("<start>"))
    ids.push_back(*start);
  if (std::optional<text::UnknownPiece> unknown = tokenizer->encode(given, ids))
    fail("--prompt: '%s' at byte %zu is not in the vocabulary", printable(unknown->piece).c_str(),
         unknown->position);
  return {ids.begin(), ids.end()};
}

std::vector<double> parseList(const char *option, const std::string &given) {
  std::vector<double> values;
  for (size_t begin = 0, end; begin <= given.size() && !given.empty(); begin = end + 1) {
    end = std::min(given.find(',', begin), given.size());
    std::string word = given.substr(begin, end - begin);
    std::optional<double> value = parseNumber(word);
    if (!value)
      throw UsageError(text("%s: '%s' is not a number", option, printable(word).c_str()));
    values.push_back(*value);
  }
  return values;
}

std::vector<double> readNumbers(const std::string &path) {
  std::vector<double> values;
  if (path.ends_with(".npy")) {
    Array array = readNpy(path);
    for (int64_t i = 0; i < array.count(); ++i)
      values.push_back(loadElement(array.bytes.data(), array.dtype, i));
    return values;
  }
  CsvReader reader(readUtf8(path), path, {});
  for (bool first = true; reader.next(); first = false) {
    if (first && looksLikeHeader(reader))
      continue;
    for (std::string_view cell : reader.cells()) {
      std::optional<double> value = parseNumber(cell);
      if (!value)
        fail("%s:%zu: '%s' is not a number", path.c_str(), reader.line(), printable(cell).c_str());
      values.push_back(*value);
    }
  }
  return values;
}

Prompt readPromptNumbers(const Arguments &arguments, const text::Tokenizer *tokenizer) {
  Prompt prompt{nullptr, {}};
  for (const char *option : {"--prompt", "--prompt-ids", "--prompt-values", "--prompt-file"}) {
    if (!arguments.has(option))
      continue;
    if (prompt.option)
      throw UsageError(text("%s and %s: a sequence has one prompt", prompt.option, option));
    prompt.option = option;
    std::string given = arguments.value(option);
    std::string_view kind = option;
    prompt.values = kind == "--prompt"        ? encodePrompt(tokenizer, given)
                    : kind == "--prompt-file" ? readNumbers(given)
                                              : parseList(option, given);
  }
  // A text that begins with `<start>` needs no other prompt.
  if (!prompt.option && tokenizer && tokenizer->special("<start>"))
    return {"--prompt", encodePrompt(tokenizer, "")};
  if (!prompt.option)
    throw UsageError("generate needs a prompt: --prompt, --prompt-ids, --prompt-values or "
                     "--prompt-file");
  return prompt;
}

} // namespace

const DataField *findSequence(const Description &description) {
  const DataBlock *block = description.block(description.function("nnc_generate_step")->data);
  return block ? block->field(description.generation->sequence) : nullptr;
}

std::optional<Sampling> readSampling(const Generation &generation, const Arguments &arguments) {
  std::optional<Sampling> sampling = generation.sampling;
  const char *ofDraws = nullptr, *ofBeams = nullptr; // options that only draws, only beams have
  auto set = [&](const char *option, const std::string &key, const std::string &given) {
    if (!sampling)
      throw UsageError(
          text("%s: this program outputs the next element itself and does not sample", option));
    setNumber(*sampling, option, key, given);
    if (!ofDraws && key != "width" && key != "length_penalty")
      ofDraws = option;
    if (key == "length_penalty")
      ofBeams = option;
  };
  for (const std::string &word : arguments.all("--set")) {
    auto [key, given] = splitAssignment("--set", word);
    set("--set", key, given);
  }
  for (const Number &number : numbers)
    if (arguments.has(number.option))
      set(number.option, number.key, arguments.value(number.option));
  for (const Count &count : counts)
    if (arguments.has(count.option))
      set(count.option, count.key, arguments.value(count.option));
  if (sampling && sampling->width > 0 && ofDraws)
    throw UsageError(text("%s: the search by beams does not draw", ofDraws));
  if (sampling && sampling->width == 0 && ofBeams)
    throw UsageError(
        text("%s: the length counts in a search by beams alone: give --width", ofBeams));
  return sampling;
}

std::vector<char> readPrompt(const Arguments &arguments, const text::Tokenizer *tokenizer,
                             const InputField &field, int64_t classes) {
  Prompt prompt = readPromptNumbers(arguments, tokenizer);
  int64_t size = elementCount(field.shape), count = static_cast<int64_t>(prompt.values.size());
  if (count == 0)
    fail("%s: the prompt is empty: it needs at least one element", prompt.option);
  if (count % size)
    fail("%s: %lld numbers do not divide into elements of %lld", prompt.option,
         static_cast<long long>(count), static_cast<long long>(size));
  if (!isFloat(field.dtype))
    for (int64_t i = 0; i < count; ++i) {
      double value = prompt.values[static_cast<size_t>(i)];
      double most = classes ? static_cast<double>(classes - 1) : INT32_MAX;
      if (value != std::floor(value) || value < 0 || value > most)
        fail("%s: element %lld is %g, not an integer from 0 to %.0f", prompt.option,
             static_cast<long long>(i), value, most);
    }
  std::vector<char> bytes(static_cast<size_t>(count) * sizeOf(field.dtype));
  convertElements(reinterpret_cast<const char *>(prompt.values.data()), DType::F64, bytes.data(),
                  field.dtype, count);
  return bytes;
}

} // namespace nnc::runtime
