// `generate`: goes on with a sequence, element by element.
#include "runtime/cli/Commands.h"
#include "runtime/data/Csv.h"
#include "runtime/data/Npy.h"
#include "runtime/generate/Sequence.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"

#include <cmath>

namespace nnc::runtime {

static const Option generateOptions[] = {
    {"--weights", "W", "trained weights (default: MODEL.safetensors)"},
    {"--prompt-ids", "LIST", "the beginning of the sequence: numbers of classes, as 3,1,4"},
    {"--prompt-values", "LIST", "the beginning of the sequence: numbers, as 0.5,-1,2.25"},
    {"--prompt-file", "FILE", "the beginning of the sequence: a .csv or .npy file"},
    {"--tokens", "N", "elements to generate (default: 100)"},
    {"--temperature", "X", "divides the logits; 0 takes the most likely element"},
    {"--top-k", "K", "draw among the K most likely elements; 0: among all"},
    {"--top-p", "P", "draw among the most likely elements that have the probability P together"},
    {"--min-p", "P", "draw among the elements with at least P times the highest probability"},
    {"--repetition-penalty", "X",
     "divides the positive logits of elements that were there; 1: off"},
    {"--set", "KEY=VALUE", "the same numbers by their names in the program: temperature=0.5", true},
    {"--seed", "S", "of what is drawn (default: 0)"},
    {"--count", "C", "so many samples (default: 1)"},
    {"--json", nullptr, "a JSON object for each sample"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
};
const Command generateCommandTable = {"generate", "go on with a sequence, element by element",
                                      generateOptions};

namespace {

struct Number {
  const char *key, *option;
  double least, most; ///< that it may be
  double Sampling::*value;
};
/// All but top_k, which is an integer.
constexpr Number numbers[] = {
    {"temperature", "--temperature", 0, HUGE_VAL, &Sampling::temperature},
    {"top_p", "--top-p", 0, 1, &Sampling::topP},
    {"min_p", "--min-p", 0, 1, &Sampling::minP},
    {"repetition_penalty", "--repetition-penalty", 0, HUGE_VAL, &Sampling::repetitionPenalty},
};

void setNumber(Sampling &sampling, const char *option, const std::string &key,
               const std::string &given) {
  if (key == "top_k") {
    std::optional<int64_t> count = parseInteger(given);
    if (!count || *count < 0)
      throw UsageError(text("%s: '%s' is not an integer >= 0", option, printable(given).c_str()));
    sampling.topK = *count;
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
  throw UsageError(text("--set: there is no number '%s', but temperature, top_k, top_p, min_p and "
                        "repetition_penalty",
                        printable(key).c_str()));
}

/// The program's numbers, changed by the options.
std::optional<Sampling> readSampling(const Generation &generation, const Arguments &arguments) {
  std::optional<Sampling> sampling = generation.sampling;
  auto set = [&](const char *option, const std::string &key, const std::string &given) {
    if (!sampling)
      throw UsageError(
          text("%s: this program gives the next element itself, and draws none", option));
    setNumber(*sampling, option, key, given);
  };
  for (const std::string &word : arguments.all("--set")) {
    auto [key, given] = splitAssignment("--set", word);
    set("--set", key, given);
  }
  for (const Number &number : numbers)
    if (arguments.has(number.option))
      set(number.option, number.key, arguments.value(number.option));
  if (arguments.has("--top-k"))
    set("--top-k", "top_k", arguments.value("--top-k"));
  return sampling;
}

/// The numbers of the prompt as they are given, and where.
struct Prompt {
  const char *option;
  std::vector<double> values;
};

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
  CsvReader reader(readUtf8(path), path, std::nullopt);
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

Prompt readPrompt(const Arguments &arguments) {
  Prompt prompt{nullptr, {}};
  for (const char *option : {"--prompt-ids", "--prompt-values", "--prompt-file"}) {
    if (!arguments.has(option))
      continue;
    if (prompt.option)
      throw UsageError(text("%s and %s: a sequence has one beginning", prompt.option, option));
    prompt.option = option;
    std::string given = arguments.value(option);
    prompt.values =
        std::string_view(option) == "--prompt-file" ? readNumbers(given) : parseList(option, given);
  }
  if (!prompt.option)
    throw UsageError("generate needs the beginning of a sequence: --prompt-ids, --prompt-values or "
                     "--prompt-file");
  return prompt;
}

/// The prompt in the type of the elements.
std::vector<char> convertPrompt(const Prompt &prompt, const InputField &field, int64_t classes) {
  int64_t size = elementCount(field.shape), count = static_cast<int64_t>(prompt.values.size());
  if (count == 0)
    fail("%s: the prompt is empty; the first element is not chosen, but given", prompt.option);
  if (count % size)
    fail("%s: %lld numbers are no whole elements of %lld", prompt.option,
         static_cast<long long>(count), static_cast<long long>(size));
  if (!isFloat(field.dtype))
    for (int64_t i = 0; i < count; ++i) {
      double value = prompt.values[static_cast<size_t>(i)];
      double most = classes ? static_cast<double>(classes - 1) : INT32_MAX;
      if (value != std::floor(value) || value < 0 || value > most)
        fail("%s: element %lld is %g, which is no integer from 0 to %.0f", prompt.option,
             static_cast<long long>(i), value, most);
    }
  std::vector<char> bytes(static_cast<size_t>(count) * sizeOf(field.dtype));
  convertElements(reinterpret_cast<const char *>(prompt.values.data()), DType::F64, bytes.data(),
                  field.dtype, count);
  return bytes;
}

/// An element as text: its numbers with commas between them.
std::string elementText(const char *element, const InputField &field) {
  std::string result;
  for (int64_t i = 0; i < elementCount(field.shape); ++i) {
    int digits = field.dtype == DType::F32 ? 9 : 17;
    result += (i ? "," : "") + numberText(digits, loadElement(element, field.dtype, i));
  }
  return result;
}

Json elementJson(const char *element, const InputField &field) {
  Json values = Json::array();
  for (int64_t i = 0; i < elementCount(field.shape); ++i) {
    double value = loadElement(element, field.dtype, i);
    values.push_back(isFloat(field.dtype) ? Json(value) : Json(static_cast<int64_t>(value)));
  }
  return values.size() == 1 ? values[0] : values;
}

} // namespace

int generateCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (!description.generation || !model.generateBegin || !model.generateStep)
    throw Error("this program has no `generate` block");
  const Generation &generation = *description.generation;
  std::optional<Sampling> sampling = readSampling(generation, arguments);
  Prompt prompt = readPrompt(arguments);
  int64_t tokens = arguments.integer("--tokens", 0, INT32_MAX).value_or(100);
  int64_t samples = arguments.integer("--count", 1, INT32_MAX).value_or(1);
  int64_t seed = arguments.integer("--seed", 0, INT64_MAX).value_or(0);

  Execution execution(model, threadCount(arguments));
  readWeights(arguments.value("--weights", description.weightsFile()), execution);
  BoundSteps steps(execution);
  Sequence sequence(steps, generation.limit);
  const InputField &field = steps.element();
  int64_t classes = sampling ? steps.result().shape.back() : 0;
  std::vector<char> beginning = convertPrompt(prompt, field, classes);
  sequence.begin();
  for (size_t at = 0; at < beginning.size(); at += steps.elementBytes())
    sequence.add(beginning.data() + at);
  const int64_t given = sequence.size();
  const Sequence::State behindPrompt = sequence.save();

  // Classes stand in a line, elements of numbers in a line each.
  const char *separator = sampling ? " " : "\n";
  for (int64_t sample = 0; sample < samples; ++sample) {
    if (sample)
      sequence.restore(behindPrompt);
    Sampler sampler(sampling.value_or(Sampling()), seed);
    const bool streams = !arguments.has("--json");
    if (streams && sample && !sampling)
      print("\n");
    for (int64_t number = 0; number < tokens; ++number) {
      if (sampling)
        sequence.addSampled(sampler, sample);
      else
        sequence.addOutput();
      if (streams)
        print((number ? separator : "") +
              elementText(sequence.element(sequence.size() - 1), field));
    }
    if (streams) {
      print("\n");
      continue;
    }
    Json elements[2] = {Json::array(), Json::array()};
    for (int64_t number = 0; number < sequence.size(); ++number)
      elements[number >= given].push_back(elementJson(sequence.element(number), field));
    print(dumpJson({{"sample", sample},
                    {"seed", seed},
                    {"prompt", std::move(elements[0])},
                    {"elements", std::move(elements[1])}}) +
          "\n");
  }
  return 0;
}

} // namespace nnc::runtime
