// The processor's f32 multiply-add peak right now, in GFLOP/s over all threads: what shares of peak
// are measured against.
//
//     fma-peak [--threads N]      prints {"gflops": X, "threads": N}
#include "runtime/exec/FmaPeak.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int count, char **arguments) {
  using namespace nnc::runtime;
  int threads = 1;
  if (count == 3 && !std::strcmp(arguments[1], "--threads"))
    threads = std::max(1, std::atoi(arguments[2]));
  ThreadPool pool(threads);
  std::printf("{\"gflops\": %.1f, \"threads\": %d}\n", measureFmaPeak(pool, DType::F32), threads);
}
