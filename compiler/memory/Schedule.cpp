// Groups contractions with their epilogues, and sorts the groups topologically so that updates run
// in place.
#include "compiler/memory/Schedule.h"

#include "compiler/analysis/PrologueLegality.h"
#include "compiler/analysis/Recomputed.h"
#include "compiler/analysis/RowUpdates.h"
#include "compiler/analysis/StepLoops.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

#include <queue>

using namespace mlir;

namespace nnc {

namespace {

/// The order that dependences require among nodes to which kernels are assigned.
class DependenceGraph {
public:
  /// Every kernel a node of its own.
  explicit DependenceGraph(const BufferAnalysis &analysis);

  unsigned nodeOf(Operation *kernel) const { return find(numbers.at(kernel)); }
  void addEdge(unsigned from, unsigned to) { successors[from].insert(to); }
  llvm::DenseSet<unsigned> nextOf(unsigned node) const;
  /// Does `to` run after `from` in any order? `except` is an edge not to take.
  bool reaches(unsigned from, unsigned to, bool exceptDirectly = false) const;
  void merge(unsigned into, unsigned other);

private:
  unsigned find(unsigned number) const {
    while (parents[number] != number)
      number = parents[number];
    return number;
  }

  DenseMap<Operation *, unsigned> numbers;
  SmallVector<unsigned> parents;
  SmallVector<llvm::SetVector<unsigned>> successors;
};

} // namespace

DependenceGraph::DependenceGraph(const BufferAnalysis &analysis) {
  for (auto [i, kernel] : llvm::enumerate(analysis.kernels)) {
    numbers[kernel] = i;
    parents.push_back(i);
  }
  successors.resize(parents.size());
  for (auto [i, kernel] : llvm::enumerate(analysis.kernels)) {
    auto dependOn = [&](Value tensor) {
      if (Operation *producer = producerOf(tensor))
        addEdge(numbers[producer], i);
    };
    for (Value operand : kernel->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        dependOn(operand);
    for (Value tensor : tensorsRead(kernel))
      dependOn(tensor);
    // The new value of a carry without a trace overwrites the old one: its readers run before.
    if (!kernel->hasAttr(carryAttrName))
      continue;
    auto insert = cast<tensor::InsertSliceOp>(kernel);
    Operation *writer = isWrittenInPlace(insert) ? insert.getSource().getDefiningOp() : kernel;
    for (OpOperand *use : usesOfCarry(insert)) {
      Operation *reader = kernel->getBlock()->findAncestorOpInBlock(*use->getOwner());
      if (reader != writer)
        addEdge(numbers.at(reader), numbers.at(writer));
    }
  }
}

llvm::DenseSet<unsigned> DependenceGraph::nextOf(unsigned node) const {
  llvm::DenseSet<unsigned> next;
  for (unsigned successor : successors[node])
    if (find(successor) != node)
      next.insert(find(successor));
  return next;
}

bool DependenceGraph::reaches(unsigned from, unsigned to, bool exceptDirectly) const {
  SmallVector<unsigned> work{from};
  llvm::DenseSet<unsigned> seen;
  while (!work.empty()) {
    unsigned node = work.pop_back_val();
    for (unsigned next : nextOf(node)) {
      if (next == to && exceptDirectly && node == from)
        continue;
      if (next == to)
        return true;
      if (seen.insert(next).second)
        work.push_back(next);
    }
  }
  return false;
}

void DependenceGraph::merge(unsigned into, unsigned other) {
  if (into == other)
    return;
  parents[other] = into;
  successors[into].insert(successors[other].begin(), successors[other].end());
}

/// The storages of the arguments that a kernel writes over.
using OverwrittenStorages = DenseMap<Operation *, SmallVector<unsigned, 1>>;

/// The first consumer of a contraction that can be its epilogue, if they can run as one.
static linalg::LinalgOp findEpilogue(const BufferAnalysis &analysis, DependenceGraph &graph,
                                     linalg::LinalgOp contraction,
                                     const OverwrittenStorages &overwritten,
                                     const llvm::DenseSet<Operation *> &grouped,
                                     SmallVectorImpl<EpilogueDecision> &decisions) {
  SmallVector<Operation *> users(contraction->getUsers());
  llvm::sort(users, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
  users.erase(llvm::unique(users), users.end());
  linalg::LinalgOp found;
  // The tiles of an update overwrite operands that a contraction still reads for later tiles.
  auto overwrites = [&](Operation *user) {
    auto storages = overwritten.find(user);
    return storages != overwritten.end() &&
           llvm::any_of(contraction.getDpsInputs(), [&](Value input) {
             return llvm::is_contained(storages->second, analysis.memory(input).storage);
           });
  };
  for (Operation *user : users) {
    auto consumer = dyn_cast<linalg::LinalgOp>(user);
    if (!consumer || !areInOneLoop(user, contraction))
      continue;
    EpilogueObstacle obstacle = epilogueObstacle(contraction, consumer);
    if (obstacle == EpilogueObstacle::None) {
      if (grouped.contains(user))
        obstacle = EpilogueObstacle::Elsewhere;
      else if (found)
        obstacle = EpilogueObstacle::Taken;
      else if (graph.reaches(graph.nodeOf(contraction), graph.nodeOf(consumer),
                             /*exceptDirectly=*/true))
        obstacle = EpilogueObstacle::Dependent;
      else if (overwrites(user))
        obstacle = EpilogueObstacle::Overwrites;
      else
        found = consumer;
    }
    if (obstacle != EpilogueObstacle::NoContraction)
      decisions.push_back({contraction, consumer, obstacle});
  }
  return found;
}

/// The mark of the rows that were looked up, the gradient and the update.
static KernelGroup rowUpdateGroup(linalg::GenericOp update) {
  KernelGroup group;
  if (auto fill = update.getDpsInputs().back().getDefiningOp<linalg::FillOp>())
    group.push_back(fill);
  for (Value input : update.getDpsInputs())
    if (auto scatter = input.getDefiningOp<nn::ScatterAddOp>(); scatter && scatter->hasOneUse())
      group.push_back(scatter);
  group.push_back(update);
  return group;
}

/// Moves a group right behind the last of those that it depends on, together with kernels that are
/// computed again for it alone.
static void moveToOperands(SmallVectorImpl<KernelGroup> &groups, Operation *kernel) {
  DenseMap<Operation *, unsigned> numbers;
  for (auto [number, group] : llvm::enumerate(groups))
    for (Operation *member : group)
      numbers[member] = number;
  llvm::SmallSetVector<unsigned, 4> moved;
  moved.insert(numbers.at(kernel));
  std::optional<unsigned> last;
  for (unsigned next = 0; next < moved.size(); ++next)
    for (Operation *member : groups[moved[next]])
      for (Value tensor : tensorsRead(member)) {
        Operation *producer = producerOf(tensor);
        if (!producer || moved.contains(numbers.at(producer)))
          continue;
        const unsigned number = numbers.at(producer);
        auto isMoved = [&](Operation *user) {
          auto found = numbers.find(user);
          return found != numbers.end() && moved.contains(found->second);
        };
        if (groups[number].size() == 1 && producer->hasAttr(recomputedAttrName) &&
            llvm::all_of(producer->getUsers(), isMoved))
          moved.insert(number);
        else
          last = std::max(last.value_or(0), number);
      }
  SmallVector<unsigned> order(moved.begin(), moved.end());
  llvm::sort(order);
  SmallVector<KernelGroup> together, result;
  for (unsigned number : order)
    together.push_back(std::move(groups[number]));
  auto insert = [&] { llvm::append_range(result, together); };
  if (!last)
    insert();
  for (auto [number, group] : llvm::enumerate(groups)) {
    if (!moved.contains(number))
      result.push_back(std::move(group));
    if (number == last)
      insert();
  }
  groups = std::move(result);
}

SmallVector<KernelGroup> groupKernels(const BufferAnalysis &analysis, ArrayRef<Update> updates,
                                      const ContractionSet &apart,
                                      SmallVectorImpl<EpilogueDecision> &decisions) {
  DependenceGraph graph(analysis);
  OverwrittenStorages overwritten;
  for (const Update &update : updates)
    if (update.argument)
      overwritten[update.writer].push_back(analysis.memory(update.argument).storage);
  llvm::DenseSet<Operation *> grouped;
  llvm::MapVector<Operation *, KernelGroup> groups; // by the last kernel
  for (Operation *kernel : analysis.kernels) {
    if (kernel->hasAttr(rowUpdateAttrName)) {
      KernelGroup group = rowUpdateGroup(cast<linalg::GenericOp>(kernel));
      for (Operation *other : group)
        graph.merge(graph.nodeOf(kernel), graph.nodeOf(other));
      grouped.insert(group.begin(), group.end());
      groups[kernel] = std::move(group);
      continue;
    }
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    if (!op || op.getNumReductionLoops() == 0)
      continue;
    KernelGroup group;
    for (linalg::LinalgOp prologue : prologuesOf(op))
      if (areInOneLoop(prologue, kernel)) {
        group.push_back(prologue);
        graph.merge(graph.nodeOf(op), graph.nodeOf(prologue));
      }
    for (Value init : op.getDpsInits())
      if (auto fill = init.getDefiningOp<linalg::FillOp>();
          fill && fill->hasOneUse() && areInOneLoop(fill, kernel)) {
        group.push_back(fill);
        graph.merge(graph.nodeOf(op), graph.nodeOf(fill));
      }
    group.push_back(kernel);
    linalg::LinalgOp epilogue;
    if (!apart.contains(kernel))
      epilogue = findEpilogue(analysis, graph, op, overwritten, grouped, decisions);
    if (epilogue) {
      group.push_back(epilogue);
      graph.merge(graph.nodeOf(op), graph.nodeOf(epilogue));
    }
    grouped.insert(group.begin(), group.end());
    groups[kernel] = std::move(group);
  }
  SmallVector<KernelGroup> result;
  for (Operation *kernel : analysis.kernels) {
    if (auto found = groups.find(kernel); found != groups.end())
      result.push_back(found->second);
    else if (!grouped.contains(kernel))
      result.push_back({kernel});
  }
  for (Operation *kernel : analysis.kernels)
    if (apart.contains(kernel))
      moveToOperands(result, kernel);
  return result;
}

/// Arithmetic on single numbers, such as a learning rate that updates wait for.
static bool isScalarArithmetic(const KernelGroup &group) {
  return llvm::all_of(group, [](Operation *kernel) {
    return llvm::all_of(kernel->getOperandTypes(), [](Type type) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      return !tensor || tensor.getRank() == 0;
    });
  });
}

/// The groups `members` in an order in which each comes behind those that it depends on: `isEarly`
/// ones as soon as they can, otherwise by number.
static SmallVector<unsigned> sortGroups(const DependenceGraph &graph, ArrayRef<KernelGroup> groups,
                                        ArrayRef<unsigned> members,
                                        llvm::function_ref<bool(unsigned)> isEarly) {
  // Nodes are numbered by kernels in program order; groups by the order they come in.
  DenseMap<unsigned, unsigned> groupOf;
  for (unsigned group : members)
    groupOf[graph.nodeOf(groups[group].front())] = group;
  DenseMap<unsigned, SmallVector<unsigned>> next;
  DenseMap<unsigned, unsigned> waiting;
  for (auto [node, group] : groupOf)
    for (unsigned successor : graph.nextOf(node))
      if (auto found = groupOf.find(successor); found != groupOf.end()) {
        next[group].push_back(found->second);
        ++waiting[found->second];
      }
  using Queue = std::priority_queue<unsigned, std::vector<unsigned>, std::greater<>>;
  Queue ready, readyEarly;
  auto release = [&](unsigned group) { (isEarly(group) ? readyEarly : ready).push(group); };
  for (unsigned group : members)
    if (waiting.lookup(group) == 0)
      release(group);
  SmallVector<unsigned> order;
  while (!ready.empty() || !readyEarly.empty()) {
    Queue &queue = readyEarly.empty() ? ready : readyEarly;
    unsigned group = queue.top();
    queue.pop();
    order.push_back(group);
    for (unsigned successor : next[group])
      if (--waiting[successor] == 0)
        release(successor);
  }
  return order;
}

namespace {

/// Sorts the groups of a function. The kernels of a loop run without others in between: outside of
/// the loop they are one node of the graph, and within it they are sorted by themselves.
class Sorting {
public:
  /// `inLoops` are the dependences with a node for each group.
  Sorting(ArrayRef<KernelGroup> groups, const DependenceGraph &inLoops,
          llvm::function_ref<bool(const KernelGroup &)> isEarly)
      : groups(groups), inLoops(inLoops), isEarly(isEarly) {}

  /// Appends `members`, groups whose `depth` outermost loops are the same, to the order.
  void sort(DependenceGraph graph, ArrayRef<unsigned> members, unsigned depth) {
    llvm::MapVector<int64_t, SmallVector<unsigned>> loops; // members by the number of the loop
    SmallVector<unsigned> outside; // members in no deeper loop, and the first of each such loop
    for (unsigned member : members) {
      StepLoops inside = loopsOf(groups[member].front());
      if (inside.size() == depth) {
        outside.push_back(member);
        continue;
      }
      SmallVector<unsigned> &others = loops[inside[depth].number];
      if (others.empty())
        outside.push_back(member);
      else
        graph.merge(graph.nodeOf(groups[others.front()].front()),
                    graph.nodeOf(groups[member].front()));
      others.push_back(member);
    }
    auto isEarlyGroup = [&](unsigned member) {
      return loopsOf(groups[member].front()).empty() && isEarly(groups[member]);
    };
    for (unsigned member : sortGroups(graph, groups, outside, isEarlyGroup)) {
      StepLoops inside = loopsOf(groups[member].front());
      if (inside.size() == depth)
        order.push_back(groups[member]);
      else
        sort(inLoops, loops[inside[depth].number], depth + 1);
    }
  }

  SmallVector<KernelGroup> order;

private:
  ArrayRef<KernelGroup> groups;
  const DependenceGraph &inLoops;
  llvm::function_ref<bool(const KernelGroup &)> isEarly;
};

} // namespace

SmallVector<KernelGroup> scheduleKernels(const BufferAnalysis &analysis,
                                         ArrayRef<KernelGroup> groups, ArrayRef<Update> updates,
                                         unsigned &offender) {
  DependenceGraph graph(analysis);
  for (const KernelGroup &group : groups)
    for (Operation *kernel : ArrayRef(group).drop_front())
      graph.merge(graph.nodeOf(group.front()), graph.nodeOf(kernel));
  const DependenceGraph inLoops = graph;
  llvm::MapVector<int64_t, unsigned> loops; // the first group of each outermost loop
  for (auto [i, group] : llvm::enumerate(groups))
    if (StepLoops inside = loopsOf(group.front()); !inside.empty()) {
      auto [found, isNew] = loops.try_emplace(inside.front().number, i);
      if (!isNew)
        graph.merge(graph.nodeOf(groups[found->second].front()), graph.nodeOf(group.front()));
    }

  llvm::DenseSet<unsigned> updateNodes;
  for (auto [number, update] : llvm::enumerate(updates)) {
    unsigned writer = graph.nodeOf(update.writer);
    updateNodes.insert(writer);
    if (!update.argument)
      continue;
    for (Operation *kernel : analysis.storages[analysis.memory(update.argument).storage].readers) {
      unsigned reader = graph.nodeOf(kernel);
      if (kernel == update.writer)
        continue;
      if (reader == writer || graph.reaches(writer, reader)) {
        offender = number;
        return {};
      }
      graph.addEdge(reader, writer);
    }
  }

  auto isEarly = [&](const KernelGroup &group) {
    // Single numbers take no memory; the kernels that wait for them may hold large buffers.
    return updateNodes.contains(graph.nodeOf(group.front())) || isScalarArithmetic(group);
  };
  Sorting sorting(groups, inLoops, isEarly);
  sorting.sort(graph, llvm::to_vector(llvm::seq<unsigned>(groups.size())), 0);
  return std::move(sorting.order);
}

} // namespace nnc
