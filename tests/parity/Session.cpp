#include "tests/parity/Checks.h"

#include <fmt/format.h>

namespace nnc::parity {

bool Session::start(const ProgramPlan &plan, const std::vector<std::string> &functions) {
  ExecutableOptions options{engine, measurement.precision, plan.batch, functions};
  options.functions.push_back("initialize");
  std::string error;
  executable = Executable::compile(plan.text, options, error);
  if (!executable) {
    measurement.fail("does not compile:\n" + error);
    return false;
  }
  arguments[{"scalar", "seed"}] = scalar(1);
  setStep(0, 1);
  if (!executable->signature("initialize"))
    return true;
  Tensors initial;
  if (!call("initialize", initial))
    return false;
  keep(initial);
  return true;
}

void Session::setPersistent(const std::vector<std::string> &roles, const std::string &prefix) {
  for (const std::string &role : roles)
    for (const std::string &name : golden.named(role)) {
      Placement placement = placementOf(entry, name.substr(prefix.size()));
      std::string ours = placement.ours.empty() ? placement.golden : placement.ours;
      Array array = transposed(*golden.find(name), placement.permutation);
      bool known = false;
      for (const char *kind : {"parameter", "state"})
        if (auto found = arguments.find({kind, ours});
            found != arguments.end() && found->second.size() == array.size()) {
          found->second = array;
          known = true;
        }
      if (!known)
        measurement.fail(fmt::format("the program has no parameter or state {} of shape {}", ours,
                                     describeShape(array.shape)));
    }
}

void Session::setStep(int64_t finished, int64_t steps) {
  arguments[{"scalar", "step"}] = arguments[{"scalar", "epoch"}] =
      scalar(static_cast<double>(finished));
  arguments[{"scalar", "steps"}] = arguments[{"scalar", "epochs"}] =
      scalar(static_cast<double>(steps));
  arguments[{"scalar", "steps_per_epoch"}] = scalar(1);
  arguments[{"scalar", "rate_override"}] = scalar(0);
}

bool Session::call(const std::string &function, Tensors &results) {
  std::string error;
  if (executable->call(function, arguments, results, error))
    return true;
  measurement.fail(error);
  return false;
}

void Session::keep(const Tensors &results) {
  for (const auto &[port, array] : results)
    if (port.kind == "parameter" || port.kind == "slot" || port.kind == "state")
      arguments.insert_or_assign(port, array);
}

const Array *Session::result(const Tensors &results, const Port &port) {
  auto found = results.find(port);
  if (found != results.end())
    return &found->second;
  measurement.fail(fmt::format("the program does not give the {} {}", port.kind, port.name));
  return nullptr;
}

void Session::compare(const Tensors &results, const Port &port, const std::string &goldenName,
                      Aspect aspect, Scale scale, const std::string &layoutOf) {
  markCompared(goldenName);
  const Array *computed = result(results, port);
  if (!computed)
    return;
  Placement placement = placementOf(entry, layoutOf.empty() ? goldenName : layoutOf);
  Array expected = transposed(*golden.find(goldenName), placement.permutation);
  if (aspect == Aspect::Value && computed->size() == expected.size())
    for (auto i = static_cast<size_t>(placement.noise.first);
         i < static_cast<size_t>(placement.noise.second); ++i)
      expected.values[i] = computed->values[i];
  measurement.check(goldenName, *computed, expected, aspect, scale);
}

void Session::requireAllCompared() {
  for (const auto &[name, tensor] : golden.tensors) {
    bool given = tensor.role == "input" || tensor.role == "param" || tensor.role == "buffer" ||
                 tensor.role == "loss_weight" || tensor.role == "data";
    if (!given && !compared.count(name))
      measurement.fail(name + " was not compared");
  }
}

} // namespace nnc::parity
