// Entry point of compiled models. In an object of its own, so that the rest can be linked with a
// test's main().
#include "runtime/cli/Commands.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/exec/MadeData.h"
#include "runtime/support/Error.h"

#include <cstdio>
#include <cstdlib>

// A function that the model does not have is a null pointer here.
extern "C" {
#pragma weak nnc_generate_begin
#pragma weak nnc_generate_step
#pragma weak nnc_generate_chunk
#pragma weak nnc_generate_rows
#pragma weak nnc_images
const nnc::runtime::ImageReader *nnc_images();
}

/// In place of libstdc++'s, which brings a demangler of 45 KB into every executable.
namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() {
  std::fputs("error: an exception that nothing has caught\n", stderr);
  std::abort();
}
} // namespace __gnu_cxx

int main(int argc, char **argv) {
  using namespace nnc::runtime;
  Model model;
  try {
    model.description = parseDescription(nnc_description);
    for (size_t i = 0; i < model.description.functions.size(); ++i)
      model.description.functions[i].code = nnc_functions[i];
    bindMadeData(model.description);
    if (nnc_images)
      imageReader = nnc_images();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  model.generateBegin = nnc_generate_begin;
  model.generateStep = nnc_generate_step;
  model.generateChunk = nnc_generate_chunk;
  model.generateRows = nnc_generate_rows;
  return runCommandLine(model, argc, argv);
}
