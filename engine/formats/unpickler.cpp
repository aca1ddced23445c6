#include "engine/formats/unpickler.h"

#include <array>
#include <bit>

// Opcodes: CPython's Lib/pickletools.py.
namespace pinwheel::formats {
namespace {

struct StorageType {
  const char* global;
  DType dtype;
};
constexpr std::array<StorageType, 10> kStorages{{{"torch.FloatStorage", DType::float32},
                                                 {"torch.DoubleStorage", DType::float64},
                                                 {"torch.HalfStorage", DType::float16},
                                                 {"torch.BFloat16Storage", DType::bfloat16},
                                                 {"torch.LongStorage", DType::int64},
                                                 {"torch.IntStorage", DType::int32},
                                                 {"torch.ShortStorage", DType::int16},
                                                 {"torch.CharStorage", DType::int8},
                                                 {"torch.ByteStorage", DType::uint8},
                                                 {"torch.BoolStorage", DType::boolean}}};
// A state_dict needs about 40 instructions, 10 nodes and 10 memo entries for each of its tensors: these are for twenty
// thousand. Whatever the pickle holds, it stays below 64 MiB here.
constexpr std::size_t kMaximumInstructions = 1'000'000;
constexpr std::size_t kMaximumNodes = 200'000;
constexpr std::size_t kMaximumMemo = 200'000;
constexpr const char* kTooMany = "it holds more values than the state_dict of any network";

constexpr const char* kOrderedDict = "collections.OrderedDict";
constexpr const char* kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* kRebuildParameter = "torch._utils._rebuild_parameter";

std::vector<std::int64_t> integers(const PickleValue& value) {
  std::vector<std::int64_t> out;
  if (value.kind != PickleKind::list) return {-1};
  for (const PickleValue& item : value.node->items) out.push_back(item.kind == PickleKind::integer ? item.integer : -1);
  return out;
}

}  // namespace

Expected<PickleValue> Unpickler::load() {
  try {
    return run();
  } catch (const Refusal& refusal) {
    return failure("The file's contents are refused", refusal.why + " (byte " + std::to_string(m_at) + ")",
                   "save only the weights: torch.save(model.state_dict(), file)", m_path);
  }
}

std::string_view Unpickler::take(std::uint64_t count) {
  if (count > m_bytes.size() - m_at) throw Refusal{"it is truncated"};
  const auto view = m_bytes.substr(m_at, count);
  m_at += count;
  return view;
}

std::uint64_t Unpickler::number(int bytes) {
  const auto view = take(static_cast<std::uint64_t>(bytes));
  std::uint64_t value = 0;
  for (std::size_t i = view.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(view[i]);
  return value;
}

std::string Unpickler::line() {
  const auto end = m_bytes.find('\n', m_at);
  if (end == std::string_view::npos) throw Refusal{"it is truncated"};
  std::string out(m_bytes.substr(m_at, end - m_at));
  m_at = end + 1;
  return out;
}

PickleNode& Unpickler::make() {
  if (m_nodes.size() >= kMaximumNodes) throw Refusal{kTooMany};
  m_nodes.push_back(std::make_unique<PickleNode>());
  return *m_nodes.back();
}

PickleValue Unpickler::wrap(PickleKind kind, PickleNode& node) {
  return {kind, 0, 0, &node};
}

PickleValue Unpickler::text(std::string_view bytes) {
  PickleNode& node = make();
  node.text = bytes;
  return wrap(PickleKind::text, node);
}

PickleValue Unpickler::pop() {
  if (m_stack.empty() || m_stack.back().kind == PickleKind::mark) throw Refusal{"it takes a value where there is none"};
  const PickleValue value = m_stack.back();
  m_stack.pop_back();
  return value;
}

PickleNode& Unpickler::mutableTop(PickleKind kind) {
  if (m_stack.empty() || m_stack.back().kind != kind) throw Refusal{"it adds to something that is no container"};
  // Nodes are made by this object, never const; values hand them out as const.
  return const_cast<PickleNode&>(*m_stack.back().node);
}

std::vector<PickleValue> Unpickler::popToMark() {
  for (std::size_t i = m_stack.size(); i-- > 0;) {
    if (m_stack[i].kind != PickleKind::mark) continue;
    std::vector<PickleValue> items(m_stack.begin() + static_cast<std::ptrdiff_t>(i) + 1, m_stack.end());
    m_stack.resize(i);
    return items;
  }
  throw Refusal{"a mark is missing"};
}

void Unpickler::memoize(std::uint64_t index) {
  if (m_stack.empty()) throw Refusal{"it remembers a value where there is none"};
  m_memo[index] = m_stack.back();
  if (m_memo.size() > kMaximumMemo) throw Refusal{kTooMany};
}

void Unpickler::recall(std::uint64_t index) {
  const auto found = m_memo.find(index);
  if (found == m_memo.end()) throw Refusal{"it recalls what it never remembered"};
  m_stack.push_back(found->second);
}

PickleValue Unpickler::global(const std::string& name) {
  bool known = name == kOrderedDict || name == kRebuildTensor || name == kRebuildParameter;
  for (const StorageType& storage : kStorages) known = known || name == storage.global;
  if (!known) throw Refusal{"it wants to use \"" + name.substr(0, 100) + "\", which is no part of a state_dict"};
  PickleNode& node = make();
  node.text = name;
  return wrap(PickleKind::global, node);
}

// ('storage', torch.FloatStorage, key, device, elements)
PickleValue Unpickler::persistent(const PickleValue& id) {
  if (id.kind != PickleKind::list || id.node->items.size() < 5) throw Refusal{"a storage is malformed"};
  const auto& items = id.node->items;
  if (items[0].kind != PickleKind::text || items[0].node->text != "storage" || items[1].kind != PickleKind::global ||
      items[2].kind != PickleKind::text || items[4].kind != PickleKind::integer || items[4].integer < 0)
    throw Refusal{"a storage is malformed"};
  for (const StorageType& storage : kStorages) {
    if (items[1].node->text != storage.global) continue;
    PickleNode& node = make();
    node.text = items[2].node->text;
    node.dtype = storage.dtype;
    node.count = items[4].integer;
    return wrap(PickleKind::storage, node);
  }
  throw Refusal{"a storage's type is not known"};
}

// (storage, offset, shape, strides, requires_grad, hooks[, metadata])
PickleValue Unpickler::rebuildTensor(const std::vector<PickleValue>& arguments) {
  if (arguments.size() < 4 || arguments[0].kind != PickleKind::storage || arguments[1].kind != PickleKind::integer)
    throw Refusal{"a tensor is malformed"};
  PickleNode& node = make();
  node.storage = arguments[0].node;
  node.offset = arguments[1].integer;
  node.shape = integers(arguments[2]);
  node.strides = integers(arguments[3]);
  bool valid = node.offset >= 0 && node.shape.size() == node.strides.size() && node.shape.size() <= 32;
  for (const std::int64_t v : node.shape) valid = valid && v >= 0;
  for (const std::int64_t v : node.strides) valid = valid && v >= 0;
  if (!valid) throw Refusal{"a tensor's shape is malformed"};
  return wrap(PickleKind::tensor, node);
}

PickleValue Unpickler::reduce(const PickleValue& callable, const PickleValue& arguments) {
  if (callable.kind != PickleKind::global || arguments.kind != PickleKind::list)
    throw Refusal{"it calls something that is no function"};
  const std::string& name = callable.node->text;
  const auto& items = arguments.node->items;
  if (name == kOrderedDict && items.empty()) return wrap(PickleKind::dictionary, make());
  if (name == kRebuildTensor) return rebuildTensor(items);
  if (name == kRebuildParameter && !items.empty() && items[0].kind == PickleKind::tensor) return items[0];
  throw Refusal{"it calls \"" + name + "\" with unexpected arguments"};
}

void Unpickler::setItems(const std::vector<PickleValue>& items) {
  PickleNode& node = mutableTop(PickleKind::dictionary);
  if (items.size() % 2 != 0) throw Refusal{"a dictionary's key lacks its value"};
  for (std::size_t i = 0; i < items.size(); i += 2) node.pairs.emplace_back(items[i], items[i + 1]);
}

PickleValue Unpickler::run() {
  const auto push = [this](PickleValue value) { m_stack.push_back(value); };
  const auto pushInteger = [&push](std::int64_t value) {
    push({PickleKind::integer, value, static_cast<double>(value), nullptr});
  };
  const auto pushList = [this, &push](std::vector<PickleValue> items) {
    PickleNode& node = make();
    node.items = std::move(items);
    push(wrap(PickleKind::list, node));
  };
  // Every instruction puts at most one value anywhere: their number bounds the stack and all containers.
  for (std::size_t count = 0;; ++count) {
    if (count >= kMaximumInstructions) throw Refusal{kTooMany};
    const auto opcode = static_cast<unsigned char>(take(1)[0]);
    switch (opcode) {
      case 0x80:
        number(1);
        break;  // PROTO
      case 0x95:
        number(8);
        break;     // FRAME
      case '.': {  // STOP
        const PickleValue value = pop();
        if (!m_stack.empty()) throw Refusal{"values are left over"};
        return value;
      }
      case 'N':
        push({});
        break;  // NONE
      case 0x88:
        push({PickleKind::boolean, 1, 1, nullptr});
        break;  // NEWTRUE
      case 0x89:
        push({PickleKind::boolean, 0, 0, nullptr});
        break;  // NEWFALSE
      case 'K':
        pushInteger(static_cast<std::int64_t>(number(1)));
        break;  // BININT1
      case 'M':
        pushInteger(static_cast<std::int64_t>(number(2)));
        break;  // BININT2
      case 'J':
        pushInteger(static_cast<std::int32_t>(static_cast<std::uint32_t>(number(4))));
        break;      // BININT
      case 0x8a: {  // LONG1
        const auto bytes = static_cast<int>(number(1));
        if (bytes > 8) throw Refusal{"a whole number does not fit 64 bits"};
        std::uint64_t value = bytes > 0 ? number(bytes) : 0;
        if (bytes > 0 && bytes < 8 && (value >> (8 * bytes - 1) & 1U) != 0) value |= ~std::uint64_t{0} << (8 * bytes);
        pushInteger(static_cast<std::int64_t>(value));
        break;
      }
      case 'G': {  // BINFLOAT, big endian
        std::uint64_t value = 0;
        for (const char byte : take(8)) value = value << 8 | static_cast<unsigned char>(byte);
        push({PickleKind::real, 0, std::bit_cast<double>(value), nullptr});
        break;
      }
      case 'X':
        push(text(take(number(4))));
        break;  // BINUNICODE
      case 0x8c:
        push(text(take(number(1))));
        break;  // SHORT_BINUNICODE
      case '}':
        push(wrap(PickleKind::dictionary, make()));
        break;  // EMPTY_DICT
      case ']':
      case ')':
        pushList({});
        break;  // EMPTY_LIST, EMPTY_TUPLE
      case '(':
        push({PickleKind::mark, 0, 0, nullptr});
        break;  // MARK
      case 't':
        pushList(popToMark());
        break;  // TUPLE
      case 0x85:
        pushList({pop()});
        break;  // TUPLE1
      case 0x86:
      case 0x87: {  // TUPLE2, TUPLE3
        std::vector<PickleValue> items(opcode == 0x86 ? 2 : 3);
        for (std::size_t i = items.size(); i-- > 0;) items[i] = pop();
        pushList(std::move(items));
        break;
      }
      case 'a': {  // APPEND
        const PickleValue item = pop();
        mutableTop(PickleKind::list).items.push_back(item);
        break;
      }
      case 'e': {  // APPENDS
        const auto items = popToMark();
        auto& list = mutableTop(PickleKind::list).items;
        list.insert(list.end(), items.begin(), items.end());
        break;
      }
      case 's': {  // SETITEM
        const PickleValue value = pop();
        const PickleValue key = pop();
        setItems({key, value});
        break;
      }
      case 'u':
        setItems(popToMark());
        break;  // SETITEMS
      case 'q':
        memoize(number(1));
        break;  // BINPUT
      case 'r':
        memoize(number(4));
        break;  // LONG_BINPUT
      case 0x94:
        memoize(m_memo.size());
        break;  // MEMOIZE
      case 'h':
        recall(number(1));
        break;  // BINGET
      case 'j':
        recall(number(4));
        break;     // LONG_BINGET
      case 'c': {  // GLOBAL
        const std::string module = line();
        push(global(module + "." + line()));
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleValue name = pop();
        const PickleValue module = pop();
        if (name.kind != PickleKind::text || module.kind != PickleKind::text) throw Refusal{"a name is no text"};
        push(global(module.node->text + "." + name.node->text));
        break;
      }
      case 'Q':
        push(persistent(pop()));
        break;     // BINPERSID
      case 'R': {  // REDUCE
        const PickleValue arguments = pop();
        const PickleValue callable = pop();
        push(reduce(callable, arguments));
        break;
      }
      case 'b':  // BUILD
        // An OrderedDict's attributes (PyTorch keeps the modules' versions there) say nothing about weights.
        pop();
        mutableTop(PickleKind::dictionary);
        break;
      default:
        throw Refusal{"it holds the instruction " + std::to_string(opcode) + ", which no state_dict needs"};
    }
  }
}

}  // namespace pinwheel::formats
