#include "lang/elaborate/StandardModules.h"

#include "lang/Parser.h"
#include "lang/StandardLibrary.h"

namespace nnc::lang {

std::vector<std::unique_ptr<Module>> parseStandardLibrary(SourceManager &sources, Diagnostics &diagnostics) {
  std::vector<std::unique_ptr<Module>> modules;
  for (const StandardSource &source : standardSources())
    modules.push_back(parse(sources.add(std::string(source.name), std::string(source.text)), diagnostics));
  return modules;
}

} // namespace nnc::lang
