// The elaborated program: what the language front end hands to the compiler.
//
// Everything that is known when compiling has been resolved: layers are instantiated, loops over
// compile-time ranges and compile-time conditions are executed, all shapes are numbers. The
// rest is one graph of primitive operations per role, written for a single example (the compiler
// adds the batch), plus tables that describe parameters, data and recipe.
#pragma once

#include "lang/support/Source.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nnc::lang {

/// Real is always f64: rates, schedules and bias corrections are computed in it, whatever the
/// precision of Float.
enum class Element { Float, Real, Int, Bool };

struct Type {
  Element element = Element::Float;
  std::vector<int64_t> shape;
  int64_t classes = 0; ///< n of `class[n]` (an Int below n), else 0

  bool operator==(const Type &) const = default;
};

using ValueId = uint32_t;

struct Value {
  Type type;
  SourceRange range;
  std::string name;        ///< the user's name for it (`hidden`, `dense.weight`), or empty
  bool perExample = false; ///< depends on the example, so that a batch has one for each
};

using Attribute =
    std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

struct Operation;

/// The block of a `scan`, which is computed once for each step. It has an argument for each operand
/// of the operation: a row of each sequence, then the carries, then what is the same in all steps.
/// It reads no other value from outside. The results are the traces of the carries, one row longer
/// than the sequences, then the sequences of what each step emits.
struct Body {
  std::vector<ValueId> arguments;
  size_t sequences = 0; ///< how many of them are rows of sequences
  std::vector<Operation> operations;
  std::vector<ValueId> carries; ///< their values behind the step
  std::vector<ValueId> emits;
};

/// One operation of the `nn` dialect. Result types are those of the result values; `name` is the
/// dialect's mnemonic. One has no counterpart there: the operands of `substitute` are a value and pairs
/// of another one that it is computed from and the one in its place; the result is the value that
/// would follow. The importer copies the operations between.
struct Operation {
  std::string name;
  std::vector<ValueId> operands;
  std::vector<ValueId> results;
  std::vector<std::pair<std::string, Attribute>> attributes;
  SourceRange range;
  std::vector<Body> body = {}; ///< of a `scan`: one
  uint32_t scope = 0;          ///< in the function's scopes
};

/// An application of a layer, a function or a model, whose body gave operations.
struct Scope {
  uint32_t parent = 0;
  std::string kind; ///< the name of its declaration: dense, relu
  std::string path; ///< of layers: `encoder.dense`; empty for functions and the outermost model
  bool isLayer = false;
  bool isStandard = false; ///< of the standard library
  SourceRange range;       ///< in the user's text
};

/// `Parameter`, `Slot` (optimizer state that belongs to a parameter), `State` and `ExampleState` (a
/// state with one value for each row of the batch) persist between steps; `Input` is one field of
/// one example; `Scalar` is a number given at run time (seed, step, settings); `Total` is a sum over
/// the examples of a split, of the function `metrics` only.
enum class ArgumentKind { Parameter, Slot, State, ExampleState, Input, Scalar, Total };

/// The name of the Input that holds the length of a padded field in an example, an Int.
inline std::string lengthInput(const std::string &field) { return field + ".length"; }

struct FunctionArgument {
  ArgumentKind kind;
  std::string name;
  ValueId value;
};

/// `Output` is one number (or tensor) per call, `ExampleOutput` one per example; `Total` is a sum
/// over the examples of a batch, in Real, which the runtime adds up over a split and gives to the
/// Total argument of this name; `Watch` is a number of a parameter in a training step, in Real, whose
/// name is what it is and the parameter's path: `gradient/dense.weight`; or the elements of which the
/// runtime counts a histogram: `histogram/dense.weight`.
enum class ResultKind { Parameter, Slot, State, ExampleState, Output, ExampleOutput, Total, Watch };

struct FunctionResult {
  ResultKind kind;
  std::string name;
  ValueId value;
  /// Of an ExampleOutput: its padded dimensions, each with the name of the ExampleOutput that holds
  /// its length. The padding is 0.
  std::vector<std::pair<int64_t, std::string>> lengths = {};
  /// Of an ExampleOutput: the padded dimensions whose length follows from that of a field, and the field.
  std::vector<std::pair<int64_t, std::string>> fields = {};
};

/// The settings of `sample` and `beam`; options of `EXE generate` override them.
struct Sampling {
  double temperature = 1; ///< 0: the most likely element
  int64_t topK = 0;       ///< 0: all
  double topP = 1, minP = 0, repetitionPenalty = 1;
  int64_t width = 0; ///< of a search by beams; 0: the elements are drawn
  double lengthPenalty = 1;
};

/// Of a function for generation: its result determines the next element, for each position of a
/// sequence or for the last one.
struct Generation {
  std::string sequence;             ///< the Input that is extended
  std::optional<Sampling> sampling; ///< the result is logits; without it, the element itself
};

/// A function in static single assignment form; operations stand in an order in which operands
/// precede their users.
struct Function {
  /// initialize, generate; train_step, evaluate, gradient, cache, predict; metrics, which computes the
  /// metrics of a split from its Totals; augment, which computes the fields as a training step sees
  /// them; made_train, made_test, ..., which compute the fields of one example of made data. The
  /// second and later functions of a kind are called train_step_2, ... The sample that belongs to
  /// predict_2, with random layers on, is sample_2. train_step_bucket_1, ... are the training steps of
  /// buckets (T38).
  std::string name;
  std::string block; ///< of a prediction: the name of its predict block; of a gradient: its place
  std::string data;  ///< the data block whose fields are its inputs; empty: none
  int64_t batch = 32;
  std::optional<Generation> generation = {};
  std::vector<FunctionArgument> arguments;
  std::vector<Value> values;
  std::vector<Operation> operations;
  std::vector<Scope> scopes = {{}}; ///< the first one is the function itself
  std::vector<FunctionResult> results;
  SourceRange range;
};

struct ParameterInfo {
  std::string path; ///< `dense.weight`: the bindings' names from the model inwards
  Type type;
  bool trained = false; ///< by any training step
  SourceRange range;
};

struct SlotInfo {
  std::string path; ///< `dense.weight.m`
  std::string owner;
  Type type;
  bool isAverage = false; ///< of the owner's values, kept beside it in weight files
};

/// The path of the slot that holds the sum of a parameter's gradients over the parts of a batch.
inline std::string gradientSumOf(const std::string &parameter) { return "gradient/" + parameter; }

/// The path of the slot that holds the average of a parameter.
inline std::string averageOf(const std::string &parameter) { return "average/" + parameter; }

struct StateInfo {
  std::string path;
  Type type;
  SourceRange range;
  bool perExample = false; ///< an ExampleState
};

/// A number of the recipe that `--set key=value` changes at run time: a Scalar argument of type
/// Real with this name, `optimizer.mu` or `rate.peak`, behind the scope of its training step. The other Scalar arguments are counters that
/// the runtime fills in: `seed`, `step` (steps finished before this one), `steps`, `epoch` (epochs
/// finished), `epochs`, `steps_per_epoch`, `part` (of all parts of batches before this one). They have
/// type Int and are 64 bits wide. Of type Real are `validation_loss` (after the epoch before),
/// `rate_override` (the learning rate, where it is not 0) and `part_weight` (the fraction of the batch's
/// examples that are in this part).
struct Setting {
  std::string key;
  double value = 0;
  bool integer = false;
  SourceRange range;
};

struct ReaderArgument {
  std::string name; ///< empty: positional
  std::variant<std::string, double, bool, std::vector<std::string>> value;
};

/// How the texts of a field become numbers.
struct TokenizerInfo {
  std::string kind; ///< characters, bytes, words, bpe, or file: described by the file `file`
  int64_t size = 0; ///< words, bpe: the maximum number of pieces; 0: all words
  bool lower = false;
  std::string file;
  std::vector<std::string> special; ///< such as <pad>, in the order of their ids
  SourceRange range;

  bool operator==(const TokenizerInfo &) const = default;
};

/// A step from the cell of a table to the value of a field.
struct FieldTransform {
  /// missing, is_missing, unknown, date, log, log1p, standardize, min_max
  std::string kind;
  std::vector<std::string> marks = {}; ///< missing, is_missing: cells that stand for no value
  /// missing: drop, mean, median, most_frequent, previous, category, zeros, value; unknown:
  /// most_frequent, category, zeros; date: the part of the date, or empty
  std::string as = {};
  double low = 0, high = 1; ///< min_max: the range; missing as a value: it is `low`
  std::string format = {};  ///< date

  bool operator==(const FieldTransform &) const = default;
};

struct DataField {
  std::string name;
  Type type;
  SourceRange range;
  /// Of a class field, in the order of their numbers; empty when not declared.
  std::vector<std::string> classNames;
  /// The padded dimension, whose length in each example is from 1 to its size; and the earlier
  /// field with the same lengths, or empty.
  std::optional<int64_t> padded = {};
  std::string lengthOf = {};
  std::optional<TokenizerInfo> tokenizer = {}; ///< of a field of texts
  int64_t vocabulary = 0;                      ///< its number of pieces
  /// Its classes are the categories of the rows that are trained on, at most `type.classes`; of
  /// one-hot numbers, at most as many as the field has elements.
  bool categories = false, oneHot = false;
  std::vector<FieldTransform> transforms = {}; ///< in the order in which they are applied

  /// The number of columns of a table that make it up.
  int64_t columns() const {
    int64_t count = 1;
    for (int64_t size : type.shape)
      count *= oneHot ? 1 : size;
    return count;
  }
};

/// The rows of a table that a split takes.
struct RowFilter {
  std::string column; ///< its name, or its number in decimal
  std::vector<std::string> values;
};

struct DataSplit {
  std::string name;   ///< train, test, validation
  std::string reader; ///< idx, csv, npy, npz, safetensors, ts, cifar, text, lines, images, random,
                      ///< made
  /// Positional arguments are file names. `memory` is a number of bytes. `drop_last`, `only_last` and, of random and made,
  /// `examples` are numbers of examples. made has a `seed`, and the function made_train of a split
  /// `train`. csv also has, by name: `header` (bool), `separator` (string), `window`
  /// and `horizon` (numbers of rows), and for a field the columns that make it up (list of strings:
  /// names, or numbers from 0 in decimal; see `columnsByNumber`). csv, text and lines have
  /// `part_begin` and `part_end` (fractions of the whole); text and lines `encoding` (string), text
  /// also `stream` (bool), lines `class_by_file` (string, a field) and `truncate` (bool). csv also
  /// has `decimal`, `comment`, `strip` and `encoding` (strings), images `resize` and `crop` (bools), `cache`
  /// (string) and, of tables, what csv has, npz and safetensors for a field the name of its array (list of one string).
  std::vector<ReaderArgument> arguments;
  bool columnsByNumber = false;
  std::vector<std::string> missing = {}; ///< csv: cells that stand for no value
  std::optional<RowFilter> filter = {};  ///< csv; by name unless `filterByNumber`
  bool filterByNumber = false;
  SourceRange range;
};

struct DataInfo {
  std::string name;
  std::vector<DataField> fields;
  std::vector<DataSplit> splits;
};

/// The number of training steps that `bucket = true` compiles. Bucket i, from 1, has examples of up
/// to i / bucketCount of the padded dimensions.
inline constexpr int64_t bucketCount = 4;

/// The size of a padded dimension of `size` in a bucket, rounded up.
constexpr int64_t bucketSize(int64_t size, int64_t bucket) {
  // size * bucket / bucketCount without overflow.
  return size / bucketCount * bucket +
         (size % bucketCount * bucket + bucketCount - 1) / bucketCount;
}

/// The name of an Input that holds values computed before the phase.
inline constexpr const char *cachedInput = "<cached>";

/// An update of parameters for each batch.
struct TrainingStep {
  std::string name; ///< of a `step` block; empty without one
  std::string function;
  /// The function that changes the parameters once the function of the step has taken all parts of a
  /// batch; empty: the step does.
  std::string update = {};
  std::vector<std::string> buckets = {}; ///< functions for shorter examples, the shortest first
  int64_t every = 1;                     ///< it takes each so many-th batch
  std::string scope;                     ///< the beginning of the keys of its settings
  std::string schedule; ///< the name of the learning rate's schedule; empty: it is constant
};

/// A part of a training run. All its steps take each batch, in their order.
struct Phase {
  std::string name; ///< of a `then` block; empty: the first phase
  std::optional<int64_t> epochs;
  std::optional<int64_t> steps;
  int64_t patience = 0;     ///< epochs without improvement before stopping; 0: never
  std::string stopMetric;   ///< whose improvement counts; empty: that of the loss
  bool stopHighest = false; ///< whether a higher value of it is better
  /// Metrics of one number, each with whether a higher value is better, as far as that is known.
  std::vector<std::pair<std::string, bool>> directions = {};
  std::string evaluate; ///< the function of its loss
  std::string metrics =
      {}; ///< the function of its metrics; empty: they are means over the examples
  /// The function of a value that its training steps take as the Input `cachedInput`, once for each
  /// example; empty: none.
  std::string cache = {};
  std::vector<TrainingStep> trainingSteps = {};
};

/// Tensors of a file from which training begins.
struct LoadedWeights {
  std::string file;
  /// Paths of parameters and states, each with the name of its tensor in the file.
  std::vector<std::pair<std::string, std::string>> tensors;
};

/// A manner of choosing examples, and the field that it looks at; no manner: evenly at random.
struct Selection {
  std::string manner;
  std::string field = {};
};

/// A train block.
struct Recipe {
  std::string name;
  std::string data;          ///< the name of the data block
  int64_t batch = 32;        ///< of each part
  int64_t parts = 1;         ///< of a batch, which makes one update
  double validate = 0;       ///< fraction of the training split that is held out
  Selection validateBy = {}; ///< stratified, grouped, latest
  Selection sample = {};     ///< balanced, weighted: the examples of an epoch are drawn
  bool shuffle = true;       ///< whether the order of the examples differs from epoch to epoch
  bool bucket = false;       ///< whether examples of similar length make up a batch
  SourceRange bucketRange;
  std::vector<LoadedWeights> loads = {};
  std::vector<Phase> phases = {};
};

/// A row of `EXE info`: one layer instance, in the order of application.
struct LayerInfo {
  std::string path;
  std::string kind; ///< the layer's name in the source: dense, dropout
  SourceRange range;
  std::vector<int64_t> input, output;
  int64_t parameters = 0;
  /// Multiplications and additions of its contractions for one example, forward; like `parameters`
  /// without those of layers inside it.
  int64_t flop = 0;
};

struct Program {
  /// The model that is compiled; the name of the last train block if it trains several or there are
  /// several models.
  std::string model;
  std::vector<Function> functions;
  std::vector<ParameterInfo> parameters;
  std::vector<SlotInfo> slots;
  std::vector<StateInfo> states;
  std::vector<Setting> settings;
  std::vector<DataInfo> data;  ///< of the train blocks
  std::vector<Recipe> recipes; ///< one for each train block
  /// Names of the outputs of train_step and evaluate besides `loss`.
  std::vector<std::string> metrics;
  std::vector<LayerInfo> layers;

  /// Returns null for an unknown name.
  const DataInfo *findData(std::string_view name) const {
    auto found = std::ranges::find(data, name, &DataInfo::name);
    return found == data.end() ? nullptr : &*found;
  }
};

} // namespace nnc::lang
