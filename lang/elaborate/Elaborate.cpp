// Implements elaborate(): names are resolved first, then the functions are built.
#include "lang/elaborate/Elaborate.h"

#include "lang/elaborate/resolve/Resolver.h"
#include "lang/elaborate/training/BatchSizes.h"
#include "lang/elaborate/training/Buckets.h"
#include "lang/elaborate/training/Training.h"

#include <functional>
#include <pthread.h>
#include <utility>

namespace nnc::lang {

namespace {

/// Holds as many evaluations as may be nested (Environment::step).
constexpr size_t stackBytes = size_t(1) << 28;

/// Runs a function on a stack large enough for maximumDepth, whatever the caller's is.
void runOnLargeStack(std::function<void()> function) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stackBytes);
  pthread_t thread;
  auto run = [](void *argument) -> void * {
    (*static_cast<std::function<void()> *>(argument))();
    return nullptr;
  };
  if (pthread_create(&thread, &attributes, run, &function) == 0)
    pthread_join(thread, nullptr);
  else
    function();
  pthread_attr_destroy(&attributes);
}

} // namespace

/// Elaborates the program for a bucket: padded dimensions have their bucketSize().
static std::optional<Program> elaborateBucket(const Module &user,
                                              std::span<const Module *const> standard,
                                              Diagnostics &diagnostics,
                                              const ElaborateOptions &options, int64_t bucket) {
  Globals globals(user, standard, diagnostics);
  ConfigOverrides overrides = readOverrides(options.settings, globals, diagnostics);
  Resolver(globals, diagnostics).run();
  Vocabularies vocabularies{options.vocabularies, {}};
  Elaboration elaboration(globals, overrides, diagnostics, vocabularies);
  elaboration.environment.bucket = bucket;
  elaboration.watch = options.watch;
  TrainingElaborator(elaboration).run();
  if (!diagnostics.hasErrors())
    checkBatchSizes(elaboration.program, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  return std::move(elaboration.program);
}

std::optional<Program> elaborate(const Module &user, std::span<const Module *const> standard,
                                 Diagnostics &diagnostics, const ElaborateOptions &options) {
  std::optional<Program> program;
  runOnLargeStack([&] {
    program = elaborateBucket(user, standard, diagnostics, options, bucketCount);
    if (program)
      addBuckets(
          *program,
          [&](int64_t bucket, Diagnostics &found) {
            return elaborateBucket(user, standard, found, options, bucket);
          },
          diagnostics);
    if (diagnostics.hasErrors())
      program.reset();
  });
  return program;
}

} // namespace nnc::lang
