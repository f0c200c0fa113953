"""The test suite: FileCheck tests of every stage, and the unit tests as one test a program."""
import os
import platform
import shutil
import sys
import lit.formats

config.name = "nnc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".nn", ".test"]
config.excludes = ["inputs", "Inputs", "benchmarks"]
config.test_source_root = os.path.join(config.source_folder, "tests")
config.test_exec_root = os.path.join(config.build_folder, "tests")

binaries = os.path.join(config.build_folder, "bin")
config.environment["PATH"] = os.pathsep.join(
    [binaries, config.llvm_tools, os.environ.get("PATH", "")])
config.substitutions.append(("%{python}", sys.executable))
config.substitutions.append(("%{source}", config.source_folder))
config.substitutions.append(("%{build}", config.build_folder))
config.substitutions.append(("%{examples}", os.path.join(config.source_folder, "examples")))
config.substitutions.append(("%{digits}", os.path.join(config.build_folder, "digits")))

# Data and golden values that do not belong to the project; tests that need them are skipped without.
shared = os.environ.get("NNC_SHARED", os.path.join(config.source_folder, "..", "shared"))
shared = os.path.realpath(shared)
if os.path.isdir(os.path.join(shared, "data")):
    config.available_features.add("shared")
    config.environment["NNC_SHARED"] = shared
config.substitutions.append(("%{shared}", shared))

# Programs of other packages that some pictures need; tests with them are skipped without.
for program in ("chromium", "dot", "rsvg-convert"):
    if shutil.which(program):
        config.available_features.add(program)

if platform.machine() == "x86_64":
    config.available_features.add("x86_64")

# Under sanitizers a sample of what differs in text alone.
config.substitutions.append(("%{every}", "8" if config.sanitized else "1"))
if config.sanitized:
    config.available_features.add("sanitized")
    # LLVM and MLIR are not instrumented: containers and arenas that cross the boundary cannot be checked (an arena that
    # our code poisons is one that theirs allocates from), and memory that they keep until the process ends is not a
    # leak of ours.
    config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0:detect_leaks=0:allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
