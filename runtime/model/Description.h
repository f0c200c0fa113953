// The description of a compiled model (see Abi.h for its JSON), parsed and checked. Everything that
// the runtime knows about a model is in here.
#pragma once

#include "runtime/Abi.h"
#include "runtime/support/Tensor.h"
#include "runtime/text/Content.h"
#include "runtime/text/CsvRows.h"
#include "runtime/text/Tokenizer.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nnc::runtime {

enum class TensorKind { Parameter, Slot, State, ExampleState, Average };

/// A tensor of the persistent block.
struct PersistentTensor {
  std::string name;
  TensorKind kind = TensorKind::Parameter;
  std::string owner;
  DType dtype = DType::F32;
  Shape shape;
  size_t offset = 0;
  int64_t line = 0;
  bool trained = true;

  int64_t count() const { return elementCount(shape); }
  /// Whether it is one of the weights; the other tensors belong to a training run.
  bool isWeight() const { return kind != TensorKind::Slot && kind != TensorKind::ExampleState; }
  size_t bytes() const { return static_cast<size_t>(count()) * sizeOf(dtype); }
};

enum class InputKind { Field, Length, ExampleWeight, Total };

struct InputField {
  std::string name;
  InputKind kind = InputKind::Field;
  DType dtype = DType::F32;
  Shape shape; ///< batch first, but for a total
  size_t offset = 0;

  int64_t elementsPerExample() const { return shape[0] ? elementCount(shape) / shape[0] : 0; }
};

enum class OutputKind { Loss, Metric, LearningRate, Prediction, Length, Total, Watch };

struct OutputValue {
  std::string name;
  OutputKind kind = OutputKind::Loss;
  DType dtype = DType::F32;
  Shape shape; ///< batch first if batched
  size_t offset = 0;
  bool batched = false;
  std::string field; ///< class field that it numbers or scores, or empty
  /// By padded dimension of an example: the name of the output that holds its length.
  std::map<size_t, std::string> lengths = {};
  /// By padded dimension of an example: the input whose length its length follows.
  std::map<size_t, std::string> fields = {};
};

/// A buffer that the forward pass leaves for the backward pass.
struct SavedBuffer {
  std::string name;
  int64_t line = 0;
  size_t bytes = 0;
};

/// Kernels that profiled code reports as one.
struct Region {
  int64_t line = 0;
  bool backward = false;
  std::string kind;
  int64_t flop = 0, bytes = 0;
};

struct Function {
  std::string symbol;
  nnc_function *code = nullptr; ///< null for those of generation
  std::string block;            ///< of a prediction: the name of its predict block; else empty
  std::string data;             ///< the data block whose fields it takes; empty: none
  int64_t batch = 0;
  size_t arenaBytes = 0, threadBytes = 0, inputBytes = 0, outputBytes = 0;
  int64_t flop = 0;
  std::vector<InputField> fields;
  std::vector<OutputValue> values;
  size_t largestLiveBytes = 0, scratchBytes = 0;
  size_t panelBytes = 0;          ///< of the arena, for operands that are packed in front of loops
  std::vector<SavedBuffer> saved; ///< the largest first
  std::vector<Region> regions;    ///< empty unless the code is profiled

  size_t savedBytes() const;

  const OutputValue *loss() const;
  const OutputValue *learningRate() const;
  std::vector<const OutputValue *> valuesOf(OutputKind kind) const;
  /// Returns null for an unknown output.
  const OutputValue *value(OutputKind kind, const std::string &name) const;
};

struct Scalar {
  std::string name;
  bool integer = false;
  size_t offset = 0;
  bool settable = false;
  double defaultValue = 0;
  std::string description;
  bool whole = false; ///< a setting whose values are integers
};

/// A step from the cell of a table to the value of a field.
struct Transform {
  enum class Kind { Missing, IsMissing, Unknown, Date, Log, Log1p, Standardize, MinMax };
  /// The treatment of missing values and of unknown categories.
  enum class Policy { None, Drop, Mean, Median, MostFrequent, Previous, Category, Zeros, Value };
  enum class DatePart { Days, Year, Month, Day, Hour, Minute, Weekday, Yearday };

  Kind kind = Kind::Log;
  Policy policy = Policy::None;
  std::vector<std::string> marks = {}; ///< missing, is_missing: cells that stand for no value
  double low = 0, high = 1;            ///< min_max: the range; a missing value is `low`
  std::string format = {};             ///< date; empty: 2024-03-01, also with 12:30:00
  DatePart part = DatePart::Days;
};

/// The rows of a table that a split takes: those with one of these values.
struct RowFilter {
  std::variant<int64_t, std::string> column;
  std::vector<std::string> values;
};

struct DataField {
  std::string name;
  DType dtype = DType::F32;
  Shape shape;         ///< of one example
  int64_t classes = 0; ///< 0 if it is not a class
  std::vector<std::string> classNames;
  /// The padded dimension: each example has its own length, from 1 to the size in `shape`.
  std::optional<size_t> padded = {};
  std::string lengthOf = {}; ///< a padded field of the same length in each example, or empty

  /// The number of elements at one position along the padded dimension.
  int64_t elementsPerPosition() const { return elementCount(shape) / shape[*padded]; }
  /// The shape of an example of this length.
  Shape shapeOf(int64_t length) const;
  std::shared_ptr<const text::Tokenizer> tokenizer = nullptr; ///< of a field of texts
  /// Its classes are the categories of the rows that are trained on; or it has a number for each of
  /// them, which is 1 for that of the example and 0 for the others.
  bool categories = false, oneHot = false;
  std::vector<Transform> transforms = {}; ///< in the order in which they are applied
  /// Whether a function of the model depends on the field.
  bool isUsed = true;

  /// The maximum number of categories or classes.
  int64_t classCount() const { return oneHot ? shape[0] : classes; }
  /// The number of columns of a table that make it up.
  int64_t columns() const { return oneHot ? 1 : elementCount(shape); }
  /// Whether its values depend on what is learnt from the training data.
  bool isTransformed() const { return categories || !transforms.empty(); }
  /// Null if it has none of this kind.
  const Transform *transform(Transform::Kind kind) const;
};

using Column = std::variant<int64_t, std::string>;

struct DataSplit {
  std::string name, reader;
  std::vector<std::string> files;
  int64_t examples = 0; ///< random, made: the number of examples
  int64_t seed = 0;     ///< made
  /// made: computes an example; the blocks are those of the fields. Bound by bindMadeData().
  std::function<void(int64_t example, const std::vector<char *> &fields)> make = {};
  int64_t dropLast = 0, onlyLast = 0; ///< examples; 0: not given
  std::optional<bool> header;
  std::optional<char> separator;
  bool decimalComma = false;        ///< csv
  std::string comment, strip;       ///< csv: see text::CsvFormat
  std::vector<std::string> missing; ///< csv: cells that stand for no value
  std::optional<RowFilter> filter;  ///< csv
  std::map<std::string, std::vector<Column>> columns;
  text::Part part; ///< of the text, the lines, or the rows of a series
  text::Encoding encoding = text::Encoding::Utf8;
  text::CsvFormat csvFormat() const { return {separator, comment, strip}; }
  int64_t window = 0;      ///< csv: rows of an example; 0: an example is a row
  int64_t horizon = 0;     ///< csv: rows after the window, for the other fields
  int64_t memory = 0;      ///< the most bytes of examples that are in memory at once; 0: all are
  bool stream = false;     ///< text: each row of the batch continues from step to step
  bool resize = false;     ///< images: make those of other sizes fit
  bool crop = false;       ///< images: take the part in the middle
  std::string cache;       ///< images: the file that keeps their pixels; empty: none
  bool truncate = false;   ///< lines: cut texts that are too long
  std::string classByFile; ///< lines: the class field that holds the index of the file; empty: none

  bool isTraining() const { return name == "train"; }
};

struct DataBlock {
  std::string name;
  std::vector<DataField> fields;
  std::vector<DataSplit> splits;
  std::string folder = {}; ///< of its files, unless the command line says otherwise

  const DataField *field(const std::string &fieldName) const;
  const DataSplit *split(const std::string &splitName) const;
};

/// The name of a field that holds a value computed before the phase.
inline constexpr const char *cachedField = "<cached>";

/// An update of parameters for each batch.
struct TrainingStep {
  std::string name;     ///< empty: the only one of its phase
  std::string function; ///< its symbol
  std::string update;   ///< the symbol of what follows the parts of a batch; empty: nothing
  /// Symbols of functions for shorter examples, the shortest first.
  std::vector<std::string> buckets;
  int64_t every = 1;    ///< it takes the first of so many batches
  std::string scope;    ///< the beginning of the names of its settings
  std::string schedule; ///< of the learning rate; empty: constant
};

/// A part of a training run.
struct Phase {
  std::string name;              ///< empty: the first one
  int64_t epochs = 0, steps = 0; ///< 0: not given
  int64_t patience = 0;
  std::string stopMetric;   ///< that patience waits for; empty: the loss
  bool stopHighest = false; ///< whether a higher one is better
  /// Metrics, each with whether a higher value is better, as far as that is known.
  std::map<std::string, bool> directions = {};
  std::string metrics;  ///< the symbol of the function of its metrics; empty: they are means
  std::string evaluate; ///< the symbol of the function of its loss and metrics
  std::string cache;    ///< the symbol of the function of cachedField; empty: none
  std::vector<TrainingStep> trainingSteps;
};

/// Tensors of a file from which training begins.
struct LoadedWeights {
  std::string file;
  /// Names of persistent tensors, each with the name of its tensor in the file.
  std::vector<std::pair<std::string, std::string>> tensors;
};

/// A manner of choosing examples, and the field that it looks at.
struct Selection {
  enum class Manner { Random, Stratified, Grouped, Latest, Balanced, Weighted };
  Manner manner = Manner::Random;
  std::string field = {}; ///< empty: the order of the examples
};

/// A way to train the model.
struct Recipe {
  std::string name, data;
  int64_t batch = 0; ///< of its functions
  int64_t parts = 1; ///< calls of a step's function before the step's update
  double validate = 0;
  Selection validateBy = {}; ///< how the examples that are held out are chosen
  Selection sample = {};     ///< how those of an epoch are drawn; random: each is taken once
  bool shuffle = true;
  std::vector<LoadedWeights> loads;
  std::vector<Phase> phases;

  int64_t examplesPerStep() const { return batch * parts; }
};

struct Layer {
  std::string path, kind;
  int64_t line = 0;
  Shape input, output;
  int64_t parameters = 0, bytes = 0, flop = 0;
};

/// How the elements of a sequence are chosen by their logits.
struct Sampling {
  double temperature = 1; ///< 0: the most likely element
  int64_t topK = 0;       ///< 0: all
  double topP = 1, minP = 0, repetitionPenalty = 1;
  int64_t width = 0; ///< of a search by beams; 0: the elements are drawn
  double lengthPenalty = 1;
};

/// A tensor in the state of a generated sequence.
struct CacheTensor {
  size_t offset = 0, bytes = 0;
};

/// A sequence that is generated element by element.
struct Generation {
  std::string sequence; ///< the field that grows
  int64_t limit = 0;    ///< maximum number of positions; 0: none
  size_t cacheBytes = 0;
  std::vector<CacheTensor> cache;
  std::optional<Sampling> sampling; ///< if absent, the output is the next element
};

struct Description {
  std::string compiler, model, source, target;
  std::string program;                                      ///< its source
  std::vector<std::pair<std::string, std::string>> defines; ///< values of `config` names
  std::vector<std::string> features;                        ///< that the processor must have
  DType floatType = DType::F32;
  size_t persistentBytes = 0;
  std::vector<PersistentTensor> tensors;
  std::vector<Function> functions;
  size_t scalarBytes = 0;
  std::vector<Scalar> scalars;
  std::vector<DataBlock> data;
  std::vector<Recipe> recipes;
  std::optional<Generation> generation;
  std::vector<Layer> layers;
  std::map<int64_t, std::string> sourceLines; ///< that regions name

  // These return null for an unknown name.
  const PersistentTensor *tensor(const std::string &tensorName) const;
  const Function *function(std::string_view symbol) const;
  const Scalar *scalar(std::string_view name) const;
  const Recipe *recipe(std::string_view name) const;
  const DataBlock *block(const std::string &name) const;

  /// The functions of the predict blocks.
  std::vector<const Function *> predictions() const;
  /// The prediction with its random layers on; returns null if none of its layers is random.
  const Function *sampleOf(const Function &prediction) const;
  int64_t parameterCount() const;
  size_t parameterBytes() const;
  /// Default file of the weights: MODEL.safetensors.
  std::string weightsFile() const { return model + ".safetensors"; }
};

/// Reads nnc_description. Throws Error if the text does not follow the schema, if the ABI version differs, or if a tensor
/// lies outside its block.
Description parseDescription(const char *packed);

} // namespace nnc::runtime
