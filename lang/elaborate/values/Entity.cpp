// Implements the paths of layers, and what messages call an entity.
#include "lang/elaborate/values/Entity.h"

namespace nnc::lang {

std::string LayerInstance::path() const {
  std::string prefix = parent ? parent->path() : "";
  if (isModel && name.empty())
    return prefix;
  return prefix.empty() ? name : prefix + "." + name;
}

std::string describe(const Entity &entity) {
  struct Describer {
    std::string operator()(const Poison &) const { return "an error"; }
    std::string operator()(const Nothing &) const { return "nothing"; }
    std::string operator()(const IntegerConstant &integer) const {
      return fmt::format("the number {}", integer.value);
    }
    std::string operator()(double number) const { return fmt::format("the number {}", number); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string &text) const {
      return fmt::format("the text \"{}\"", text);
    }
    std::string operator()(const RangeConstant &range) const {
      return fmt::format("the range {}..{}", range.begin, range.end);
    }
    std::string operator()(const ShapeConstant &shape) const {
      return "the shape " + describe(shape.shape);
    }
    std::string operator()(const Tensor &tensor) const {
      return describe(tensor.element, tensor.shape, tensor.classes);
    }
    std::string operator()(const Group &group) const {
      if (group.members.empty())
        return "an empty list";
      if (!group.members[0].name.empty())
        return "a record";
      std::string numbers;
      for (const NamedEntity &member : group.members) {
        if (!member.value->isNumber())
          return fmt::format("a list of {}", group.members.size());
        numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", member.value->number());
      }
      return fmt::format("the list ({})", numbers);
    }
    std::string operator()(const CallableEntity &callable) const {
      if (callable.builtin)
        return fmt::format("the function `{}`", callable.builtin->name);
      std::string_view kind = spelling(callable.declaration->callable);
      if (callable.declaration->callable == CallableKind::Function)
        kind = "function";
      return fmt::format("the {} `{}`", kind == "init" ? "initialiser" : kind,
                         callable.declaration->name.text);
    }
    std::string operator()(const LayerPtr &layer) const {
      return fmt::format("the {} `{}`", spelling(layer->declaration->callable),
                         layer->declaration->name.text);
    }
    std::string operator()(const ReducerEntity &reducer) const {
      return fmt::format("the reduction `{}`", reducer.expression->reducer.text);
    }
    std::string operator()(const ByPath &) const { return "a value by parameters"; }
    std::string operator()(const DataEntity &data) const {
      return data.field.empty() ? fmt::format("the data block `{}`", data.declaration->name.text)
                                : fmt::format("the field `{}` of the data block `{}`", data.field,
                                              data.declaration->name.text);
    }
  };
  return std::visit(Describer{}, entity.value);
}

} // namespace nnc::lang
