// The pass `expand-math`: f32 functions and quotients by constants become arithmetic, functions of f64 calls of the C library,
// element by element, since f64 is for checking.
#include "compiler/math/ExpandMath.h"
#include "compiler/passes/Passes.h"
#include "compiler/target/TargetDescription.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_EXPANDMATH
#include "compiler/passes/Passes.h.inc"

namespace {

class Expansion {
public:
  Expansion(ModuleOp module, const TargetDescription &target) : module(module), target(target) {}

  /// The op's value in other terms, or null if the op is to stay.
  Value expand(Operation *op) {
    ImplicitLocOpBuilder builder(op->getLoc(), op);
    Type type = op->getNumResults() == 1 ? op->getResult(0).getType() : Type();
    if (!type)
      return {};
    if (getElementTypeOrSelf(type).isF32())
      return expandF32(builder, op, type);
    if (getElementTypeOrSelf(type).isF64())
      return expandF64(builder, op, type);
    return {};
  }

private:
  Value expandF32(ImplicitLocOpBuilder &builder, Operation *op, Type type) {
    MathEmitter emit(builder, type, target);
    return llvm::TypeSwitch<Operation *, Value>(op)
        .Case([&](math::ExpOp op) { return emit.exp(op.getOperand()); })
        .Case([&](math::ExpM1Op op) { return emit.expm1(op.getOperand()); })
        .Case([&](math::LogOp op) { return emit.log(op.getOperand()); })
        .Case([&](math::Log1pOp op) { return emit.log1p(op.getOperand()); })
        .Case([&](math::TanhOp op) { return emit.tanh(op.getOperand()); })
        .Case([&](math::ErfOp op) {
          expandSumsWithOne(emit, op);
          return op->use_empty() ? op.getOperand() : emit.erf(op.getOperand());
        })
        .Case([&](math::RsqrtOp op) { return emit.rsqrt(op.getOperand()); })
        .Case([&](math::PowFOp op) { return emit.pow(op.getLhs(), op.getRhs()); })
        .Case([&](math::Atan2Op op) { return emit.atan2(op.getLhs(), op.getRhs()); })
        .Case([&](arith::DivFOp op) { return divide(emit, op); })
        .Case([&](math::SinOp op) { return sine(builder, emit, op.getOperand(), false); })
        .Case([&](math::CosOp op) { return sine(builder, emit, op.getOperand(), true); })
        .Default([](Operation *) { return Value(); });
  }

  /// Sums 1 + erf(x), as in gelu, by a shorter and better function: the sum cancels where x is negative.
  void expandSumsWithOne(MathEmitter &emit, math::ErfOp op) {
    Value sum;
    for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
      auto isOne = [](Value value) { return matchPattern(value, m_OneFloat()); };
      if (!isa<arith::AddFOp>(user) || llvm::none_of(user->getOperands(), isOne))
        continue;
      if (!sum)
        sum = emit.onePlusErf(op.getOperand());
      user->getResult(0).replaceAllUsesWith(sum);
      user->erase();
    }
  }

  /// A quotient whose divisor is a constant, other than those that LLVM makes a product of anyway.
  Value divide(MathEmitter &emit, arith::DivFOp op) {
    Value divisor = op.getRhs();
    if (auto broadcast = divisor.getDefiningOp<vector::BroadcastOp>())
      divisor = broadcast.getSource();
    APFloat constant(0.0F);
    if (!matchPattern(divisor, m_ConstantFloat(&constant)) || !constant.isNormal() ||
        constant.getExactInverse(nullptr))
      return {};
    constexpr int mostExponent = 64; // so that both parts of the reciprocal are normal
    return std::abs(ilogb(constant)) < mostExponent
               ? emit.divide(op.getLhs(), constant.convertToFloat())
               : Value();
  }

  Value expandF64(ImplicitLocOpBuilder &builder, Operation *op, Type type) {
    if (auto root = dyn_cast<math::RsqrtOp>(op)) {
      Value one = arith::ConstantOp::create(builder, builder.getOneAttr(type));
      return arith::DivFOp::create(builder, one, math::SqrtOp::create(builder, root.getOperand()));
    }
    StringRef name = llvm::TypeSwitch<Operation *, StringRef>(op)
                         .Case([](math::ExpOp) { return "exp"; })
                         .Case([](math::ExpM1Op) { return "expm1"; })
                         .Case([](math::LogOp) { return "log"; })
                         .Case([](math::Log1pOp) { return "log1p"; })
                         .Case([](math::TanhOp) { return "tanh"; })
                         .Case([](math::ErfOp) { return "erf"; })
                         .Case([](math::PowFOp) { return "pow"; })
                         .Case([](math::Atan2Op) { return "atan2"; })
                         .Case([](math::SinOp) { return "sin"; })
                         .Case([](math::CosOp) { return "cos"; })
                         .Default([](Operation *) { return ""; });
    if (name.empty())
      return {};
    return perElement(builder, type, [&](ArrayRef<int64_t> position) {
      SmallVector<Value> arguments;
      for (Value operand : op->getOperands())
        arguments.push_back(position.empty() && !isa<VectorType>(type)
                                ? operand
                                : vector::ExtractOp::create(builder, operand, position));
      return call(builder, name, arguments);
    });
  }

  /// A value of `type` whose elements `element` returns for each position.
  Value perElement(ImplicitLocOpBuilder &builder, Type type,
                   llvm::function_ref<Value(ArrayRef<int64_t>)> element) {
    auto vectorType = dyn_cast<VectorType>(type);
    if (!vectorType)
      return element({});
    Value result = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
    SmallVector<int64_t> position(vectorType.getRank(), 0);
    for (int64_t i = 0; i < vectorType.getNumElements(); ++i) {
      int64_t rest = i;
      for (int64_t dim = vectorType.getRank() - 1; dim >= 0; --dim) {
        position[dim] = rest % vectorType.getDimSize(dim);
        rest /= vectorType.getDimSize(dim);
      }
      result = vector::InsertOp::create(builder, element(position), result, position);
    }
    return result;
  }

  /// sin and cos of huge arguments, which hardly occur, are left to the C library. Which elements
  /// those are does not depend on their neighbours, so that results do not either.
  Value sine(ImplicitLocOpBuilder &builder, MathEmitter &emit, Value x, bool cosine) {
    Value large = emit.isLargeAngle(x);
    Value fast = emit.sine(x, cosine);
    StringRef name = cosine ? "cosf" : "sinf";
    Type type = x.getType();
    auto vectorType = dyn_cast<VectorType>(type);
    Value any = large;
    VectorType flatType;
    if (vectorType) {
      auto flatMask = VectorType::get({vectorType.getNumElements()}, builder.getI1Type());
      flatType = VectorType::get({vectorType.getNumElements()}, builder.getF32Type());
      large = vector::ShapeCastOp::create(builder, flatMask, large);
      any = vector::ReductionOp::create(builder, vector::CombiningKind::OR, large);
    }
    auto slow = [&](OpBuilder &, Location) {
      if (!vectorType) {
        scf::YieldOp::create(builder, call(builder, name, x));
        return;
      }
      Value arguments = vector::ShapeCastOp::create(builder, flatType, x);
      Value start = vector::ShapeCastOp::create(builder, flatType, fast);
      Value zero = arith::ConstantIndexOp::create(builder, 0);
      Value one = arith::ConstantIndexOp::create(builder, 1);
      Value count = arith::ConstantIndexOp::create(builder, flatType.getNumElements());
      auto loop = scf::ForOp::create(
          builder, zero, count, one, start,
          [&](OpBuilder &, Location, Value lane, ValueRange carried) {
            Value argument = vector::ExtractOp::create(builder, arguments, OpFoldResult(lane));
            Value isLarge = vector::ExtractOp::create(builder, large, OpFoldResult(lane));
            Value before = vector::ExtractOp::create(builder, carried[0], OpFoldResult(lane));
            Value element =
                arith::SelectOp::create(builder, isLarge, call(builder, name, argument), before);
            Value next = vector::InsertOp::create(builder, element, carried[0], OpFoldResult(lane));
            scf::YieldOp::create(builder, next);
          });
      Value result = vector::ShapeCastOp::create(builder, type, loop.getResult(0));
      scf::YieldOp::create(builder, result);
    };
    auto choice = scf::IfOp::create(
        builder, any, slow, [&](OpBuilder &, Location) { scf::YieldOp::create(builder, fast); });
    return choice.getResult(0);
  }

  Value call(ImplicitLocOpBuilder &builder, StringRef name, ValueRange arguments) {
    if (!module.lookupSymbol(name)) {
      OpBuilder declarations = OpBuilder::atBlockBegin(module.getBody());
      auto type = builder.getFunctionType(arguments.getTypes(), arguments[0].getType());
      auto function = func::FuncOp::create(declarations, builder.getLoc(), name, type);
      function.setPrivate();
    }
    return func::CallOp::create(builder, name, arguments[0].getType(), arguments).getResult(0);
  }

  ModuleOp module;
  const TargetDescription &target;
};

struct ExpandMath : impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    std::string error;
    std::optional<TargetDescription> target = describeTarget(targetCpu, "", error);
    if (!target) {
      getOperation().emitError() << error;
      signalPassFailure();
      return;
    }
    SmallVector<Operation *> functions;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()) || isa<arith::DivFOp>(op))
        functions.push_back(op);
    });
    Expansion expansion(getOperation(), *target);
    for (Operation *op : functions)
      if (Value value = expansion.expand(op)) {
        op->getResult(0).replaceAllUsesWith(value);
        op->erase();
      }
  }
};

} // namespace
} // namespace nnc
