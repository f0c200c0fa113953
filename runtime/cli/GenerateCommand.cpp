// `generate`: continues a sequence, element by element.
#include "runtime/cli/Commands.h"
#include "runtime/cli/GenerationOptions.h"
#include "runtime/generate/Sequence.h"
#include "runtime/support/Json.h"
#include "runtime/support/Output.h"
#include "runtime/train/Checkpoint.h"

namespace nnc::runtime {

static const Option generateOptions[] = {
    {"--weights", "W", "trained weights (default: MODEL.safetensors)"},
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
    {"--set", "KEY=VALUE", "the same numbers by their names in the program: temperature=0.5", true},
    {"--seed", "S", "seed of the draws (default: 0)"},
    {"--count", "C", "number of samples (default: 1)"},
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

  /// Begins a sample; the sequence holds the prompt.
  void begin(int64_t sample, const Sequence &sequence) {
    promptSize = sequence.size();
    if (isJson)
      return;
    // Series of numbers have an empty line between them, texts begin with the prompt.
    if (sample && isFloat(field.dtype))
      print("\n");
    if (tokenizer) {
      decoder.emplace(*tokenizer);
      for (int64_t number = 0; number < promptSize; ++number)
        print(decoder->add(idOf(sequence, number)));
    }
  }

  void add(const Sequence &sequence) {
    if (isJson)
      return;
    int64_t last = sequence.size() - 1;
    const char *separator = isFloat(field.dtype) ? "\n" : " ";
    print(decoder
              ? decoder->add(idOf(sequence, last))
              : (last > promptSize ? separator : "") + elementText(sequence.element(last), field));
  }

  void end(int64_t sample, const Sequence &sequence) {
    if (!isJson) {
      print((decoder ? decoder->finish() : "") + "\n");
      return;
    }
    Json elements[2] = {Json::array(), Json::array()};
    for (int64_t number = 0; number < sequence.size(); ++number)
      elements[number >= promptSize].push_back(elementJson(sequence.element(number), field));
    Json object = {{"sample", sample},
                   {"seed", seed},
                   {"prompt", std::move(elements[0])},
                   {"elements", std::move(elements[1])}};
    if (tokenizer) {
      text::Decoder whole(*tokenizer);
      std::string content;
      for (int64_t number = 0; number < sequence.size(); ++number)
        content += whole.add(idOf(sequence, number));
      object["text"] = content + whole.finish();
    }
    print(dumpJson(object) + "\n");
  }

private:
  static int32_t idOf(const Sequence &sequence, int64_t number) {
    return static_cast<int32_t>(loadElement(sequence.element(number), DType::I32, 0));
  }

  const InputField &field;
  const text::Tokenizer *tokenizer;
  bool isJson;
  int64_t seed, promptSize = 0;
  std::optional<text::Decoder> decoder;
};

} // namespace

int generateCommand(const Model &model, const Arguments &arguments) {
  const Description &description = model.description;
  if (!description.generation || !model.generateBegin || !model.generateStep)
    throw Error("this program has no `generate` block");
  const Generation &generation = *description.generation;
  const text::Tokenizer *tokenizer = findTokenizer(description);
  std::optional<Sampling> sampling = readSampling(generation, arguments);
  int64_t tokens = arguments.integer("--tokens", 0, INT32_MAX).value_or(100);
  int64_t samples = arguments.integer("--count", 1, INT32_MAX).value_or(1);
  int64_t seed = arguments.integer("--seed", 0, INT64_MAX).value_or(0);

  Execution execution(model, threadCount(arguments));
  BoundSteps steps(execution);
  Sequence sequence(steps, generation.limit);
  const InputField &field = steps.element();
  std::vector<char> prompt =
      readPrompt(arguments, tokenizer, field, sampling ? steps.result().shape.back() : 0);
  Safetensors weights =
      readWeights(arguments.value("--weights", description.weightsFile()), execution);
  loadConventions(weights, description); // throws if the classes are not the program's
  sequence.begin();
  for (size_t at = 0; at < prompt.size(); at += steps.elementBytes())
    sequence.add(prompt.data() + at);
  const Sequence::State afterPrompt = sequence.save();

  // Special pieces except <end> and <unk> are never sampled.
  Sampler sampler(sampling.value_or(Sampling()), seed);
  std::optional<int32_t> last;
  if (tokenizer && sampling) {
    last = tokenizer->special("<end>");
    for (int32_t id = 0; id < tokenizer->size(); ++id)
      if (tokenizer->isSpecial(id) && last != id && tokenizer->piece(id) != text::unknownPiece)
        sampler.exclude(id);
  }
  SampleOutput output(field, tokenizer, arguments.has("--json"), seed);
  for (int64_t sample = 0; sample < samples; ++sample) {
    if (sample)
      sequence.restore(afterPrompt);
    output.begin(sample, sequence);
    for (int64_t number = 0; number < tokens; ++number) {
      if (!sampling)
        sequence.addOutput();
      else if (sequence.addSampled(sampler, sample) == last)
        break;
      output.add(sequence);
    }
    output.end(sample, sequence);
  }
  return 0;
}

} // namespace nnc::runtime
