/// The contract between a compiled model (the object that nnc emits) and the runtime it is linked
/// with. Plain C, versioned, and the only file that the compiler and the runtime share.
#pragma once

#include <stdint.h>

/// Goes up whenever a change here makes old objects and new runtimes disagree. The description
/// repeats it as "abi", and the runtime refuses to start when the two differ.
#define NNC_ABI_VERSION 5

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled function. All threads of the pool call it at the same time with the same blocks;
/// `thread` is in [0, threads). Kernels that depend on each other are separated by nnc_barrier(),
/// which the compiled code calls the same number of times on every thread. No barrier is needed at
/// the end: the runtime waits for all threads. Results must not depend on `threads`.
///
///   persistent  parameters, then slots (optimizer state), then states (e.g. running statistics);
///               lives through the whole run; offsets in "persistent". Only nnc_initialize and
///               training steps write to it.
///   arena       scratch memory of at least the function's "arena" bytes; undefined on entry; shared
///               by all functions, so nothing in it survives a call.
///   inputs      the batch: the fields and the weights of the examples, at the offsets in the
///               function's "inputs". Null if the function has no inputs.
///   outputs     losses, metrics, predictions, at the offsets in the function's "outputs".
///   scalars     seed, step, settings, at the offsets in "scalars" (one layout for all functions).
///
/// Every block starts at a 64-byte boundary; offsets of tensors in persistent, inputs and outputs
/// are multiples of 64, offsets of scalars multiples of 8. Tensors are dense and row-major,
/// little-endian.
typedef void nnc_function(char *persistent, char *arena, const char *inputs, char *outputs,
                          const char *scalars, int64_t thread, int64_t threads);

/// The functions of a compiled model, in the order of the "functions" of the description; null for
/// those that generate sequences.
///
///   nnc_initialize  writes every parameter, slot and state from scalar "seed"; must be there
///   training steps  forward, backward, update of parameters, slots and states in place; "recipes"
///                   says when which is called
///   evaluations     loss and metrics of a batch, without dropout and the like
///   metrics         the metrics of many examples: their inputs are the sums of the totals that a
///                   training step or an evaluation has computed for them
///   predictions     what a predict block computes for each example of a batch
///   augmentations   the fields of a batch as a training step of the same seed and step sees them
///   made data       the fields of one example
extern nnc_function *const nnc_functions[];

/// A function that generates a sequence, position by position: as nnc_function, with one more block.
///
///   cache       the state of a sequence between positions, at the offsets in "generation"; one for
///               each generated sequence. nnc_generate_begin writes it before the first position
///
typedef void nnc_step_function(char *persistent, char *arena, const char *inputs, char *outputs,
                               const char *scalars, char *cache, int64_t thread, int64_t threads);

///   nnc_generate_begin  reads the inputs besides the sequence, writes the cache
///   nnc_generate_step   takes the element at position "position" (scalars) as its only input,
///                       writes the logits of the next element, or that element, and updates the
///                       cache
///   nnc_generate_chunk  the same for several elements from "position" on, with a row of output for
///                       each; some models do not have it. The sequence may end within the chunk:
///                       steps at later positions overwrite the cache there
///   nnc_generate_rows   a step of several sequences at the same position; some models do not have it.
///                       The cache is that of all of them: a tensor has the sequences as its first
///                       dimension, and its offset is as many times the one in "generation"
///
/// One that the model does not have is not defined: the runtime's references are weak.
nnc_step_function nnc_generate_begin;
nnc_step_function nnc_generate_step;
nnc_step_function nnc_generate_chunk;
nnc_step_function nnc_generate_rows;

/// Everything else that the runtime must know: a JSON text, UTF-8, ended by a zero byte. Schema
/// below. Or that text compressed: a zero byte; two little-endian numbers of four bytes, how many
/// the text has and how many follow; and a zlib stream.
extern const char nnc_description[];

/// Provided by the runtime. Waits until every thread that runs the current function has called it,
/// and makes their earlier writes visible to all of them. With one thread it returns at once.
void nnc_barrier(void);

/// Provided by the runtime and called by profiled code only (`nnc build --profile`): `thread`
/// begins the kernels of a region of the function that runs, by its number in the function's
/// "regions".
void nnc_profile(int64_t region, int64_t thread);

#ifdef __cplusplus
}
#endif

// clang-format off

/// The features of x86-64 processors, beyond the baseline, whose instructions compiled code may contain,
/// by LLVM's names: where the instruction `cpuid` says that the processor has them (leaf, subleaf,
/// register, bit), and the registers that the operating system must save (bits of XCR0: the upper
/// halves of 256-bit vectors, those of 512-bit vectors and masks, 16 more general registers).
/// X(NAME, LEAF, SUBLEAF, REGISTER, BIT, SAVED)
#define NNC_X86_FEATURES(X)                                                                        \
  X("sse3", 1, 0, ECX, 0, 0)                                                                       \
  X("ssse3", 1, 0, ECX, 9, 0)                                                                      \
  X("sse4.1", 1, 0, ECX, 19, 0)                                                                    \
  X("sse4.2", 1, 0, ECX, 20, 0)                                                                    \
  X("sse4a", 0x80000001, 0, ECX, 6, 0)                                                             \
  X("cx16", 1, 0, ECX, 13, 0)                                                                      \
  X("movbe", 1, 0, ECX, 22, 0)                                                                     \
  X("popcnt", 1, 0, ECX, 23, 0)                                                                    \
  X("sahf", 0x80000001, 0, ECX, 0, 0)                                                              \
  X("lzcnt", 0x80000001, 0, ECX, 5, 0)                                                             \
  X("tbm", 0x80000001, 0, ECX, 21, 0)                                                              \
  X("bmi", 7, 0, EBX, 3, 0)                                                                        \
  X("bmi2", 7, 0, EBX, 8, 0)                                                                       \
  X("adx", 7, 0, EBX, 19, 0)                                                                       \
  X("gfni", 7, 0, ECX, 8, 0)                                                                       \
  X("avx", 1, 0, ECX, 28, 0x6)                                                                     \
  X("f16c", 1, 0, ECX, 29, 0x6)                                                                    \
  X("fma", 1, 0, ECX, 12, 0x6)                                                                     \
  X("fma4", 0x80000001, 0, ECX, 16, 0x6)                                                           \
  X("xop", 0x80000001, 0, ECX, 11, 0x6)                                                            \
  X("avx2", 7, 0, EBX, 5, 0x6)                                                                     \
  X("avxvnni", 7, 1, EAX, 4, 0x6)                                                                  \
  X("avxifma", 7, 1, EAX, 23, 0x6)                                                                 \
  X("avxvnniint8", 7, 1, EDX, 4, 0x6)                                                              \
  X("avxneconvert", 7, 1, EDX, 5, 0x6)                                                             \
  X("avxvnniint16", 7, 1, EDX, 10, 0x6)                                                            \
  X("avx512f", 7, 0, EBX, 16, 0xe6)                                                                \
  X("avx512dq", 7, 0, EBX, 17, 0xe6)                                                               \
  X("avx512ifma", 7, 0, EBX, 21, 0xe6)                                                             \
  X("avx512cd", 7, 0, EBX, 28, 0xe6)                                                               \
  X("avx512bw", 7, 0, EBX, 30, 0xe6)                                                               \
  X("avx512vl", 7, 0, EBX, 31, 0xe6)                                                               \
  X("avx512vbmi", 7, 0, ECX, 1, 0xe6)                                                              \
  X("avx512vbmi2", 7, 0, ECX, 6, 0xe6)                                                             \
  X("avx512vnni", 7, 0, ECX, 11, 0xe6)                                                             \
  X("avx512bitalg", 7, 0, ECX, 12, 0xe6)                                                           \
  X("avx512vpopcntdq", 7, 0, ECX, 14, 0xe6)                                                        \
  X("avx512fp16", 7, 0, EDX, 23, 0xe6)                                                             \
  X("avx512bf16", 7, 1, EAX, 5, 0xe6)                                                              \
  X("egpr", 7, 1, EDX, 21, 0x80006)

/* The schema of nnc_description
   ============================
   Unknown members are ignored. Members marked (optional) may be missing; every other one must be there.
   BYTES, OFFSET, COUNT, LINE are integers >= 0; TEXT is a string; SHAPE is an array of integers >= 1
   ([] is a scalar); DTYPE is "f32" | "f64" | "i32" | "i64" | "u8" (a bool is a u8 holding 0 or 1).

   {
     "abi": 5,                          NNC_ABI_VERSION
     "compiler": TEXT,                  its version, e.g. "0.1.0"
     "model": TEXT,                     name of the model; names the default weights, MODEL.safetensors
     "source": TEXT,                    file name of the program, without folders, e.g. "mnist.nn"
     "float": "f32" | "f64",            the element type that `float` was compiled to
     "target": TEXT,                    processor the code is for, e.g. "znver4"
     "features": [TEXT...],             (optional; default none) what the processor must have: names of
                                        NNC_X86_FEATURES
     "program": TEXT,                   (optional) the source of the program
     "defines": {NAME: TEXT, ...},      (optional; default none) what `nnc build -D` gave `config` names

     "persistent": {
       "bytes": BYTES,                  size of the block
       "tensors": [{                    in the order of the layers; parameters, then slots, states, states of
                                        the rows
         "name": TEXT,                  unique; parameters and states: layer path and name, e.g.
                                        "dense_1.weight". It is the tensor's name in weight files
         "kind": "parameter" | "slot" | "state" | "example_state" | "average",
                                        example_state: one value for each row of the batch, which comes first
                                        in "shape"; part of a run, not of the weights
                                        average: a slot that holds an average of its owner's values; part
                                        of the weights. "name" is "average/" and the owner's
         "owner": TEXT,                 (optional; slots) name of the parameter it belongs to; a slot
                                        without owner belongs to the optimizer as a whole
         "dtype": DTYPE, "shape": SHAPE, "offset": OFFSET,
         "line": LINE,                  (optional) source line that declares it
         "trained": true | false        (optional; parameters; default true) false if frozen
       }]
     },

     "functions": [{                    one for each exported function
       "symbol": TEXT,                  unique: "nnc_initialize" | "nnc_generate_begin" |
                                        "nnc_generate_step" | "nnc_generate_chunk" |
                                        "nnc_generate_rows", or any of a training step, an
                                        evaluation, metrics or a prediction; or "nnc_sample", "nnc_sample_2", ...,
                                        with random layers such as dropout on and the batch and the outputs of
                                        "nnc_predict", "nnc_predict_2", ...; or with the beginning "nnc_augment", whose predictions have the names of fields; or
                                        "nnc_made_" and the name of a split, whose predictions are the fields of
                                        one example, whose number from 0 is the scalar "step", and not batched
       "block": TEXT,                   (predictions) name of the predict block, unique
       "data": TEXT,                    (optional) name of the data block whose fields it takes
       "batch": COUNT,                  examples per call; 0 for nnc_initialize and metrics; for nnc_generate_begin 1,
                                        or 0 if it has no inputs; for the others that
                                        generate the number of elements in their input
       "arena": BYTES,
       "thread_memory": BYTES,          (optional; default 0) for each thread, behind the arena
       "flop": COUNT,                   (optional) floating-point operations of one call
       "inputs": {
         "bytes": BYTES,
         "fields": [{
           "name": TEXT,                name of the field in the data block (predictions: of the model's input)
           "kind": "field" | "length" | "example_weight" | "total",
                                        length: the length of the field of this name in each example; i32, of
                                        shape [batch]. example_weight: 1/n for the n real examples, 0 for
                                        padding; at most one; always of the model's float type and of shape
                                        [batch]. total: (functions of metrics) the sum of the outputs of
                                        this name; f64, without a batch
           "dtype": DTYPE,              "f32"/"f64" (the model's float) or "i32"; must be what "data" says
           "shape": SHAPE,              with the batch first
           "offset": OFFSET
         }]
       },
       "outputs": {
         "bytes": BYTES,
         "values": [{
           "name": TEXT,                e.g. "loss", "accuracy", "learning_rate", "digit"
           "kind": "loss" | "metric" | "learning_rate" | "prediction" | "length" | "total" | "watch",
                                        train_step, evaluate: exactly one loss; loss, metric and
                                        learning_rate have shape []. Losses and metrics are means over the
                                        real examples of the batch. total: a sum over them, f64, for each
                                        input of the function of metrics. Instead of "NAME" there may be
                                        predictions "NAME.score" and "NAME.positive": the total is the number
                                        of pairs of a positive example and another one of a lower score, those
                                        with equal scores by half. A function of metrics gives all metrics of
                                        its model, of any shape, f64. length: the length of a padded dimension
                                        of predictions in each example. watch: of the parameter behind the "/"
                                        of its name: "gradient", "weight" and "update", f64 of shape [], are
                                        norms, "unused" is the fraction of columns whose gradient is 0,
                                        "histogram" is the gradient itself, of the parameter's shape
           "dtype": DTYPE,
           "shape": SHAPE,              with the batch first if batched
           "offset": OFFSET,
           "batched": true | false,     (optional; default true for predictions, else false)
           "field": TEXT                (optional; predictions) name of the class field of the data that
                                        an integer output numbers (it is then printed as the class's name)
                                        or whose classes the last dimension of a float output counts
           "lengths": {DIM: TEXT, ...}, (optional; predictions) by padded dimension of an example, from 0: name
                                        of the output of kind length; padding is 0
           "fields": {DIM: TEXT, ...}   (optional; predictions) by padded dimension: the input whose length its
                                        length follows
         }]
       },
       "memory": {                      (optional)
         "largest_live": BYTES,         the most bytes of buffers that are alive at one time; "arena" is more
                                        where they could not be placed without gaps
         "saved": [{                    buffers that the forward pass leaves for the backward pass,
           "name": TEXT,                the largest first; name is the user's, may be empty
           "line": LINE,                0 if unknown
           "bytes": BYTES
         }],
         "scratch": BYTES,              the most bytes of all other buffers that are alive at one time
         "panels": BYTES                (optional; default 0) at the end of the arena, of operands that are
                                        packed in front of loops
       },
       "regions": [{                    (optional; profiled code) by their numbers
         "line": LINE,                  0 if unknown
         "pass": "forward" | "backward",  backward: or the optimizer's update
         "kind": TEXT,                  contraction, reduction, element-wise, copy, scatter
         "flop": COUNT,
         "bytes": BYTES                 of the tensors that are read and written
       }]
     }],

     "generation": {                    (optional: of a program with a generate block)
       "sequence": TEXT,                name of the field that grows, the input of nnc_generate_step. Its one
                                        output is the logits of the next element, or the next element
       "limit": COUNT,                  (optional; default 0: none) maximum number of positions
       "sampling": {                    (optional) how the next element is chosen by the logits; without it
                                        the output is the next element
         "temperature": NUMBER, "top_k": COUNT, "top_p": NUMBER, "min_p": NUMBER, "repetition_penalty": NUMBER,
         "width": COUNT,                of a search by beams; 0: elements are drawn
         "length_penalty": NUMBER
       },
       "cache": {
         "bytes": BYTES,
         "tensors": [{
           "name": TEXT,                unique; its class (carry, ring, sum, timeless), a dot, a name
           "dtype": DTYPE, "shape": SHAPE, "offset": OFFSET
         }]
       }
     },

     "scalars": {
       "bytes": BYTES,
       "values": [{
         "name": TEXT,                  of a setting: its full key, e.g. "optimizer.mu", "rate.peak"
         "dtype": "i64" | "f64",
         "offset": OFFSET,
         "settable": true | false,      (optional; default false) a setting of the recipe: `--set NAME=VALUE`
         "default": NUMBER,             (required when settable)
         "whole": true | false,         (optional; default false) a setting that takes integers only
         "description": TEXT            (optional) one line, for --help
       }]
     },
       The runtime fills in the scalars with these names, whatever "settable" says; all others are settable:
         seed             i64  --seed
         step             i64  calls of the training step before this one in its phase: 0 in the first
         steps            i64  calls that the phase is planned to have
         epoch            i64  epochs of the phase finished before this one
         epochs           i64  epochs that the phase is planned to have (at least 1)
         steps_per_epoch  i64
         validation_loss  f64  after the epoch before, on the split "validation" or, without one, the mean of the
                               training steps; infinite in the first epoch
         rate_override    f64  the learning rate, in place of that of the recipe; 0: that of the recipe
         position         i64  elements of the generated sequence before this one

     "data": [{                         every data block that the model can be trained on or evaluated with
       "name": TEXT,                    for --data NAME=FOLDER
       "folder": TEXT,                  absolute path of its files' folder unless --data says otherwise
       "fields": [{
         "name": TEXT,
         "dtype": DTYPE,                "f32"/"f64" (the model's float), or "i32" for int and class
         "shape": SHAPE,                of one example
         "padded": DIM,                 (optional) the padded dimension: each example has its own length, from
                                        1 to the size in "shape"
         "length_of": TEXT,             (optional; padded fields) name of an earlier field: each example has
                                        the same length in both
         "classes": COUNT,              (optional) a class field: numbers 0 .. classes-1
         "class_names": [TEXT...],      (optional) declared names of the classes, in order
         "vocabulary": {...},           (optional) a field of texts, i32: the JSON of
                                        text::Tokenizer::serialize()
         "unused": true | false,        (optional; default false) no function depends on the field
         "categories": true | false,    (optional; csv; default false) the classes are the categories of the
                                        rows that are trained on, at most "classes"
         "one_hot": true | false,       (optional; csv; default false) a field with categories that has a float
                                        for each, 1 for that of the example and 0 for the others; one column
         "transforms": [{               (optional; csv) steps from the cell to the value, in their order
           "kind": "missing" | "is_missing" | "unknown" | "date" | "log" | "log1p" | "standardize" | "min_max",
           "marks": [TEXT...],          (optional; missing, is_missing) cells that stand for no value, besides
                                        empty ones
           "as": TEXT,                  missing: "drop" | "mean" | "median" | "most_frequent" | "previous" |
                                        "category" | "zeros" | "value", which is "low". unknown: "category" |
                                        "most_frequent" | "zeros". date: "days" | "year" | "month" | "day" |
                                        "hour" | "minute" | "weekday" | "yearday"
           "low": NUMBER, "high": NUMBER,  (optional; min_max; default 0 and 1) the range
           "format": TEXT               (optional; date) with %Y %m %d %H %M %S
         }]
       }],
       "splits": [{
         "name": "train" | "test" | "validation",
         "reader": "idx" | "csv" | "npy" | "npz" | "safetensors" | "ts" | "cifar" | "text" | "lines" |
                   "images" | "random" | "made",
         "files": [TEXT...],            relative to the folder of the data block
                                        idx, npy: one per field, in the order of the fields
                                        npz, safetensors: one, with an array for each field
                                        csv, ts: one or more of the same kind; their examples are appended
                                        cifar: one or more CIFAR-10 batches, in the binary version; the
                                        fields are a float [32, 32, 3] and a class
                                        text: one; the only field takes windows of it
                                        lines: one or more; each line is an example, its fields separated by
                                        tabs
                                        images: folders with a folder of images for each class; without a
                                        class field, of images; or tables of files' names, .csv, with
                                        the settings of csv
                                        random, made: none
         "examples": COUNT,             (random, made) the number of examples
         "seed": COUNT,                 (optional; made; default 0) below 2^31
         "drop_last": COUNT,            (optional; default 0: all) leaves out the last so many examples of all
                                        files together
         "only_last": COUNT,            (optional; default 0: all) the last so many only; not with drop_last
         "memory": COUNT,               (optional; idx, npy, npz, safetensors, csv, images; default 0: all) the most
                                        bytes of examples that are in memory at once
         "part_begin": NUMBER, "part_end": NUMBER,
                                        (optional; text, lines, csv with "window"; default 0 and 1) the part
                                        of the text, the lines or the rows, as fractions
         "encoding": TEXT,              (optional; text, lines, csv) "utf-8" (default) | "windows-1252" | "latin-1"
         "stream": true | false,        (optional; text; default false) row b of each batch begins at
                                        b / batch of the text and continues from step to step
         "resize": true | false,        (optional; images; default false) make images of other sizes fit
         "crop": true | false,          (optional; images; default false) take the part in the middle
         "cache": TEXT,                 (optional; images) the file that keeps the pixels between runs
         "truncate": true | false,      (optional; lines; default false) cut texts that are too long
         "window": COUNT, "horizon": COUNT,
                                        (optional; csv; default 0) rows are times: the first field takes
                                        "window" rows, the others the "horizon" rows that follow. The part is
                                        one of the rows
         "class_by_file": TEXT,         (optional; lines) the class field that holds the index of the file
         "header": true | false,        (optional; csv) the first line names the columns. Default: true if
                                        columns are selected by name, else true if no cell of the first
                                        line is a number or meant as one
         "separator": TEXT,             (optional; csv) one character. Default: the one of , ; and tab that
                                        is most frequent in the first line
         "decimal": "." | ",",          (optional; csv; default ".")
         "comment": TEXT,               (optional; csv) lines that begin with it are skipped
         "strip": TEXT,                 (optional; csv) characters that do not belong to the ends of cells
         "missing": [TEXT...],          (optional; csv) cells that stand for no value
         "rows": {"column": TEXT or COUNT, "values": [TEXT...]},
                                        (optional; csv) only the rows with one of these cells
         "columns": {FIELD: [TEXT or COUNT ...], ...}
                                        (optional; npz, safetensors) the name of each field's array; default:
                                        that of the field
                                        (optional; csv) the columns that make up each field, by name or by
                                        number from 0, as many as the field has elements. Default: the fields
                                        take the columns from left to right
       }]
     }],
       An unsigned byte (IDX, NPY or CIFAR) that meets a float field is divided by 255. A class column of a CSV
       file holds class numbers or, once there are any, class names only; which name has which number:
       "class_names", else the sorted distinct names of the train split. CSV files to predict have the header,
       separator and columns of the train split.

     "recipes": [{                      (optional) one for each train block
       "name": TEXT,                    unique
       "data": TEXT,                    name of the data block
       "batch": COUNT,                  must be the batch of all its functions
       "parts": COUNT,                  (optional; default 1) so many batches make one step: its function takes
                                        each, then its update
       "validate": NUMBER,              (optional; default 0) fraction of the train split that is kept out
                                        and evaluated after each epoch
       "validate_by": {"manner": "stratified" | "grouped" | "latest", "field": TEXT},
                                        (optional; default: at random) by the classes of a field; whole groups
                                        of equal values; the largest values, or, where the field is empty, the
                                        last rows
       "sample": {"manner": "balanced" | "weighted", "field": TEXT},
                                        (optional; default: each example once) an epoch draws as many examples
                                        as there are: each class of the field as often, or by its numbers
       "shuffle": true | false,         (optional; default true) false: the examples are taken in their order
       "load": [{                       (optional) before the first step, unless a run is resumed or --init given
         "file": TEXT,                  relative to the current folder
         "tensors": {NAME: TEXT, ...}   parameters and states, each with the name of its tensor in the file
       }],
       "phases": [{                     at least one; each begins where the one before ends, with new slots
         "name": TEXT,                  (optional) not of the first one
         "epochs": COUNT,               (optional) at least one of epochs and steps; with both, the phase ends
         "steps": COUNT,                (optional) at what comes first
         "patience": COUNT,             (optional; default 0: off) stop after so many epochs without a better
                                        validation loss (without validation: training loss); the best weights
                                        are kept
         "stop_metric": TEXT,           (optional; default the loss) name of a metric of one number that
                                        decides in place of the loss
         "stop_highest": true | false,  (optional; default false) whether a higher one is better
         "directions": {NAME: BOOL},    (optional; default none) whether a higher value of a metric is better, of
                                        metrics of one number where that is known
         "evaluate": TEXT,              symbol of the function of its loss and metrics
         "metrics": TEXT,               (optional) symbol of the function of its metrics, if these are computed of
                                        totals
         "cache": TEXT,                 (optional) symbol of a function of one prediction, which the runtime calls
                                        for each example before the phase: the field "<cached>" of its steps and
                                        evaluations
         "training_steps": [{           at least one; each batch is given to all of them in turn
           "name": TEXT,                (required if there are several)
           "function": TEXT,            its symbol
           "update": TEXT,              (required if there are several parts) the symbol of the function without
                                        inputs that follows the last part
           "every": COUNT,              (optional; default 1) it takes the first of each so many batches
           "buckets": [TEXT...],        (optional) symbols of functions with its outputs for batches whose padded
                                        fields have at most the lengths in the shapes of their inputs, the
                                        shortest first
           "scope": TEXT,               (optional) the beginning of the names of its settings
           "schedule": TEXT             (optional; default none) name of the schedule that gives the learning
                                        rate; its settings begin with the scope and "rate."
         }]
       }]
     }],

     "source_lines": {"LINE": TEXT},    (optional; profiled code) the lines that "regions" name

     "layers": [{                       for `info`, in the order of the computation
       "path": TEXT,                    e.g. "dense_1"
       "kind": TEXT,                    name of the layer's declaration, e.g. "dense"
       "line": LINE,
       "input": SHAPE, "output": SHAPE, of one example
       "parameters": COUNT,             number of elements
       "bytes": BYTES,                  of the parameters
       "flop": COUNT                    (optional) forward, one example
     }]
   }
*/
// clang-format on
