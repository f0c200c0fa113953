// `generate`: continues a sequence, element by element.
#include "runtime/cli/Commands.h"
#include "runtime/cli/GenerationOptions.h"
#include "runtime/cli/Predictions.h"
#include "runtime/generate/BeamSearch.h"
#include "runtime/generate/Sampler.h"
#include "runtime/generate/Sequences.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/train/Checkpoint.h"

#include <algorithm>
#include <span>
#include <utility>

namespace nnc::runtime {

static const Option generateOptions[] = {
    {"--weights", "W", "trained weights (default: MODEL.safetensors)"},
    {"--raw-weights", nullptr,
     "the weights themselves, where the file has averages of them (default: the averages)"},
    {"--input", "FILE",
     "the inputs besides the sequence: .csv, .npy, .json, IDX, or lines of text; - is the standard "
     "input"},
    {"--prompt", "TEXT", "the prompt: a text"},
    {"--prompt-ids", "LIST", "the prompt: numbers of classes, as 3,1,4"},
    {"--prompt-values", "LIST", "the prompt: numbers, as 0.5,-1,2.25"},
    {"--prompt-file", "FILE", "the prompt: a .csv or .npy file"},
    {"--tokens", "N", "elements to generate (default: 100)"},
    {"--temperature", "X", "divides the logits; 0 takes the most likely element"},
    {"--top-k", "K", "draw among the K most likely elements; 0: among all"},
    {"--top-p", "P", "draw among the most likely elements whose probabilities sum to P"},
    {"--min-p", "P", "draw among the elements with at least P times the highest probability"},
    {"--repetition-penalty", "X",
     "divides the positive logits of elements that occur in the sequence; 1: off"},
    {"--width", "W", "search for the most likely sequence by W beams in place of drawing"},
    {"--length-penalty", "P", "the beams compare log(probability) / length^P"},
    {"--set", "KEY=VALUE", "the same numbers by their names in the program: temperature=0.5", true},
    {"--seed", "S", "seed of the draws (default: 0)"},
    {"--count", "C", "number of samples, or of the best beams (default: 1), for each input"},
    {"--json", nullptr, "a JSON object for each sample"},
    {"--threads", "N", "threads (default: one per core); results do not depend on it"},
};
const Command generateCommandTable = {"generate", "continue a sequence, element by element",
                                      generateOptions};

namespace {

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

/// Prints samples on the standard output: each element as it is generated, or an object for each
/// sample.
class SampleOutput {
public:
  SampleOutput(const InputField &field, const text::Tokenizer *tokenizer, bool isJson, int64_t seed)
      : field(field), tokenizer(tokenizer), isJson(isJson), seed(seed) {}

  /// Begins a sample with the elements of the prompt.
  void begin(std::span<const char> prompt) {
    promptSize = count(prompt);
    if (isJson)
      return;
    // Series of numbers have an empty line between them, texts begin with the prompt.
    if (!isFirst && isFloat(field.dtype))
      print("\n");
    isFirst = false;
    if (tokenizer) {
      decoder.emplace(*tokenizer);
      for (int64_t number = 0; number < promptSize; ++number)
        print(decoder->add(idOf(prompt, number)));
    }
  }

  /// Adds the last one of the elements.
  void add(std::span<const char> elements) {
    if (isJson)
      return;
    int64_t last = count(elements) - 1;
    const char *separator = isFloat(field.dtype) ? "\n" : " ";
    print(decoder ? decoder->add(idOf(elements, last))
                  : (last > promptSize ? separator : "") + elementText(at(elements, last), field));
  }

  /// Adds all elements behind the prompt but `ending`.
  void addAll(std::span<const char> elements, std::optional<int32_t> ending) {
    for (int64_t number = promptSize; number < count(elements); ++number)
      if (!ending || idOf(elements, number) != ending)
        add(elements.first(static_cast<size_t>(number + 1) * elementBytes()));
  }

  /// Ends a sample; `input` is the number of the example that it belongs to, `score` the logarithm
  /// of its probability, if that is known.
  void end(std::optional<int64_t> input, int64_t sample, std::span<const char> elements,
           std::optional<double> score = {}) {
    if (!isJson) {
      print((decoder ? decoder->finish() : "") + "\n");
      return;
    }
    Json parts[2] = {Json::array(), Json::array()};
    for (int64_t number = 0; number < count(elements); ++number)
      parts[number >= promptSize].push_back(elementJson(at(elements, number), field));
    Json object = {{"sample", sample},
                   {"seed", seed},
                   {"prompt", std::move(parts[0])},
                   {"elements", std::move(parts[1])}};
    if (score)
      object["log_probability"] = *score;
    if (input)
      object["input"] = *input;
    if (tokenizer) {
      text::Decoder whole(*tokenizer);
      std::string content;
      for (int64_t number = 0; number < count(elements); ++number)
        content += whole.add(idOf(elements, number));
      object["text"] = content + whole.finish();
    }
    print(dumpJson(object) + "\n");
  }

private:
  size_t elementBytes() const {
    return static_cast<size_t>(elementCount(field.shape)) * sizeOf(field.dtype);
  }
  int64_t count(std::span<const char> elements) const {
    return static_cast<int64_t>(elements.size() / elementBytes());
  }
  const char *at(std::span<const char> elements, int64_t number) const {
    return elements.data() + static_cast<size_t>(number) * elementBytes();
  }
  int32_t idOf(std::span<const char> elements, int64_t number) const {
    return static_cast<int32_t>(loadElement(at(elements, number), DType::I32, 0));
  }

  const InputField &field;
  const text::Tokenizer *tokenizer;
  bool isJson, isFirst = true;
  int64_t seed, promptSize = 0;
  std::optional<text::Decoder> decoder;
};

/// Runs a search from the sequence of row 0. Each beam has a row; only one that several beams continue is
/// copied.
void runSearch(Sequences &sequences, BeamSearch &search) {
  std::vector<int64_t> rows = {0}; // by beam
  while (true) {
    std::vector<std::vector<double>> logits;
    for (int64_t row : rows)
      logits.push_back(sequences.readLogits(row));
    const std::vector<BeamSearch::Extension> extensions = search.advance(logits);
    if (extensions.empty())
      return;
    // The first of the beams that continue another one takes its row, the others take free ones.
    std::vector<int64_t> next(extensions.size(), -1);
    std::vector<bool> isTaken(static_cast<size_t>(sequences.rows()));
    for (size_t i = 0; i < extensions.size(); ++i)
      if (int64_t row = rows[extensions[i].parent]; !isTaken[static_cast<size_t>(row)]) {
        isTaken[static_cast<size_t>(row)] = true;
        next[i] = row;
      }
    for (size_t i = 0; i < extensions.size(); ++i)
      if (next[i] < 0) {
        auto free = std::find(isTaken.begin(), isTaken.end(), false);
        *free = true;
        next[i] = free - isTaken.begin();
        sequences.copy(rows[extensions[i].parent], next[i]);
      }
    for (size_t i = 0; i < extensions.size(); ++i)
      sequences.append(next[i], reinterpret_cast<const char *>(&extensions[i].element));
    sequences.step();
    rows = std::move(next);
  }
}

/// The inputs besides the sequence, from --input.
Dataset readInputs(const Description &description, const Arguments &arguments,
                   const DataConventions &conventions) {
  const Function &begin = *description.function("nnc_generate_begin");
  const DataBlock *block = description.block(description.function("nnc_generate_step")->data);
  const DataBlock fields = predictFields(begin, block);
  std::string names;
  for (const DataField &field : fields.fields)
    names += (names.empty() ? "'" : ", '") + field.name + "'";
  if (names.empty() && arguments.has("--input"))
    throw UsageError("--input: the model has no input besides the sequence");
  if (names.empty())
    return {};
  if (!arguments.has("--input"))
    throw UsageError("generate needs --input FILE with " + names);
  return readExamples(arguments.value("--input"), fields, block, conventions);
}

/// How many of `tokens` elements can follow the prompt: a padded sequence ends at the last position
/// of the model; others begin anew, and of a longer prompt see its end.
int64_t tokensAfter(size_t promptBytes, const InputField &field, const Description &description,
                    int64_t tokens) {
  const DataField *declared = findSequence(description);
  const int64_t limit = description.generation->limit;
  if (!declared || !limit)
    return tokens;
  auto given = static_cast<int64_t>(promptBytes / sizeOf(field.dtype)) / elementCount(field.shape);
  if (!declared->padded) {
    if (given > limit)
      (void)writeAll(
          STDERR_FILENO,
          text("warning: the prompt has %lld elements, the model takes %lld: it sees the "
               "last ones alone\n",
               static_cast<long long>(given), static_cast<long long>(limit)));
    return tokens;
  }
  if (given > limit)
    fail("the prompt has %lld elements, the model takes %lld", static_cast<long long>(given),
         static_cast<long long>(limit));
  return std::min(tokens, limit - given);
}

/// The special pieces that are never chosen: all but `<end>`, which is `end`, and `<unk>`.
std::vector<int32_t> excludedPieces(const text::Tokenizer &tokenizer, std::optional<int32_t> end) {
  std::vector<int32_t> excluded;
  for (int32_t id = 0; id < tokenizer.size(); ++id)
    if (tokenizer.isSpecial(id) && end != id && tokenizer.piece(id) != text::unknownPiece)
      excluded.push_back(id);
  return excluded;
}

/// A sequence to generate.
struct Sample {
  std::optional<int64_t> input; ///< the number of the example that it belongs to
  int64_t number;               ///< among all samples
};

/// Generates sequences that begin with the same prompt.
class Generator {
public:
  Generator(Sequences &sequences, std::span<const char> prompt, Sampler *sampler, int64_t tokens,
            std::optional<int32_t> last, SampleOutput &output)
      : sequences(sequences), prompt(prompt), sampler(sampler), tokens(tokens), last(last),
        output(output) {}

  /// Prints the best sequences of a search by beams, numbered from `first`.
  void search(BeamSearch::Settings settings, std::optional<int64_t> input, int64_t first,
              int64_t samples) {
    sequences.begin(0, input.value_or(0), prompt);
    BeamSearch search(std::move(settings));
    if (tokens > 0)
      runSearch(sequences, search);
    const std::vector<BeamSearch::Hypothesis> best = search.best(samples);
    if (best.empty()) // nothing can follow the prompt
      print({input, first}, prompt);
    for (const BeamSearch::Hypothesis &found : best) {
      std::vector<char> elements(prompt.begin(), prompt.end());
      const char *ids = reinterpret_cast<const char *>(found.elements.data());
      elements.insert(elements.end(), ids, ids + found.elements.size() * sizeof(int32_t));
      print({input, first++}, elements, found.score);
    }
  }

  /// Prints sequences that are drawn, or given by the model without a sampler: at most as many as there are
  /// rows. The first one is printed as it grows.
  void draw(std::span<const Sample> samples) {
    const auto count = static_cast<int64_t>(samples.size());
    for (int64_t row = 0; row < count; ++row)
      if (row > 0 && samples[row].input == samples[row - 1].input)
        sequences.copy(row - 1, row);
      else
        sequences.begin(row, samples[row].input.value_or(0), prompt);

    output.begin(prompt);
    std::vector<bool> hasEnded(samples.size());
    int64_t growing = count;
    for (int64_t number = 0; number < tokens; ++number) {
      for (int64_t row = 0; row < count; ++row) {
        if (hasEnded[row])
          continue;
        if (!sampler)
          sequences.appendOutput(row);
        else if (sequences.appendSampled(row, *sampler, samples[row].number) == last)
          hasEnded[row] = true, --growing;
        if (row == 0 && !hasEnded[row])
          output.add(sequences.elements(row));
      }
      if (growing == 0)
        break;
      if (number + 1 < tokens)
        sequences.step();
    }
    output.end(samples[0].input, samples[0].number, sequences.elements(0));
    for (int64_t row = 1; row < count; ++row)
      print(samples[row], sequences.elements(row));
  }

private:
  /// Prints a whole sequence.
  void print(const Sample &sample, std::span<const char> elements,
             std::optional<double> score = {}) {
    output.begin(prompt);
    output.addAll(elements, last);
    output.end(sample.input, sample.number, elements, score);
  }

  Sequences &sequences;
  std::span<const char> prompt;
  Sampler *sampler;
  const int64_t tokens;
  const std::optional<int32_t> last; ///< ends a sequence
  SampleOutput &output;
};

} // namespace

int generateCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (!description.generation || !model.generateBegin || !model.generateStep)
    throw Error("this program has no `generate` block");
  const Generation &generation = *description.generation;
  const DataField *declared = findSequence(description);
  const text::Tokenizer *tokenizer = declared ? declared->tokenizer.get() : nullptr;
  std::optional<Sampling> sampling = readSampling(generation, arguments);
  int64_t tokens = arguments.integer("--tokens", 0, INT32_MAX).value_or(100);
  int64_t samples = arguments.integer("--count", 1, INT32_MAX).value_or(1);
  int64_t seed = arguments.integer("--seed", 0, INT64_MAX).value_or(0);

  Execution execution(model, threadCount(arguments));
  const Function &step = *description.function("nnc_generate_step");
  const InputField &field = step.fields[0];
  std::vector<char> prompt =
      readPrompt(arguments, tokenizer, field, sampling ? step.values[0].shape.back() : 0);
  tokens = tokensAfter(prompt.size(), field, description, tokens);
  Safetensors weights = readWeights(arguments.value("--weights", description.weightsFile()),
                                    execution, arguments.has("--raw-weights"));
  // Throws if the classes are not the program's.
  const DataConventions conventions = loadConventions(weights, description);
  const Dataset inputs = readInputs(description, arguments, conventions);
  BoundSteps steps(execution, inputs);

  std::optional<int32_t> last;
  std::vector<int32_t> excluded;
  if (tokenizer && sampling) {
    last = tokenizer->special("<end>");
    excluded = excludedPieces(*tokenizer, last);
  }
  Sampler sampler(sampling.value_or(Sampling()), seed);
  for (int32_t id : excluded)
    sampler.exclude(id);
  BeamSearch::Settings beams;
  const bool searches = sampling && sampling->width > 0;
  if (searches) {
    beams.width = sampling->width;
    beams.lengthPenalty = sampling->lengthPenalty;
    beams.longest = tokens;
    beams.begin = static_cast<int64_t>(prompt.size() / steps.elementBytes());
    beams.end = last;
    beams.excluded = excluded;
    if (samples > sampling->width)
      throw UsageError(text("--count: %lld sequences are more than the %lld beams of the search",
                            static_cast<long long>(samples),
                            static_cast<long long>(sampling->width)));
  }
  SampleOutput output(field, tokenizer, arguments.has("--json"), seed);
  const bool hasInputs = !inputs.fields.empty();
  const int64_t given = hasInputs ? inputs.examples : 1;
  const int64_t rows =
      searches ? sampling->width : std::min(StepRows::rowsOfCall(execution), given * samples);
  Sequences sequences(execution, steps, generation.limit, rows);
  Generator generator(sequences, prompt, sampling ? &sampler : nullptr, tokens, last, output);
  auto inputOf = [&](int64_t number) { return hasInputs ? std::optional(number) : std::nullopt; };
  if (searches) {
    for (int64_t number = 0; number < given; ++number)
      generator.search(beams, inputOf(number), number * samples, samples);
    return 0;
  }
  std::vector<Sample> group;
  for (int64_t number = 0; number < given * samples; ++number) {
    group.push_back({inputOf(number / samples), number});
    if (static_cast<int64_t>(group.size()) == rows || number + 1 == given * samples) {
      generator.draw(group);
      group.clear();
    }
  }
  return 0;
}

} // namespace nnc::runtime
