// A restricted unpickler: it builds plain values and inert stand-ins for torch's tensors, and runs nothing. What it
// does not know, it refuses by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

enum class PickleKind { none, boolean, integer, real, text, list, dictionary, global, storage, tensor, mark };

struct PickleNode;

/// A value: scalars by value, everything else a node owned by the unpickler.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t integer = 0;
  double real = 0;
  const PickleNode* node = nullptr;
};

/// What a value points to. Nodes never own each other: no nesting, however deep, is ever walked by a destructor.
struct PickleNode {
  std::string text;                                        ///< text, global ("module.name"), storage (its key)
  std::vector<PickleValue> items;                          ///< list and tuple
  std::vector<std::pair<PickleValue, PickleValue>> pairs;  ///< dictionary, in order
  DType dtype = DType::float32;                            ///< storage
  std::int64_t count = 0;                                  ///< storage: elements
  const PickleNode* storage = nullptr;                     ///< tensor
  std::int64_t offset = 0;                                 ///< tensor, in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

class Unpickler {
public:
  /// `path` is for messages.
  Unpickler(std::string_view bytes, std::string path) : m_bytes(bytes), m_path(std::move(path)) {}
  /// The one value that the pickle holds. Its nodes live as long as this object.
  Expected<PickleValue> load();

private:
  struct Refusal {
    std::string why;
  };
  PickleValue run();
  std::uint64_t number(int bytes);
  std::string_view take(std::uint64_t count);
  std::string line();
  PickleNode& make();
  PickleValue wrap(PickleKind kind, PickleNode& node);
  PickleValue text(std::string_view bytes);
  PickleValue pop();
  PickleNode& mutableTop(PickleKind kind);
  std::vector<PickleValue> popToMark();
  void memoize(std::uint64_t index);
  void recall(std::uint64_t index);
  PickleValue global(const std::string& name);
  PickleValue persistent(const PickleValue& id);
  PickleValue reduce(const PickleValue& callable, const PickleValue& arguments);
  PickleValue rebuildTensor(const std::vector<PickleValue>& arguments);
  void setItems(const std::vector<PickleValue>& items);

  std::string_view m_bytes;
  std::string m_path;
  std::uint64_t m_at = 0;
  std::vector<PickleValue> m_stack;
  std::map<std::uint64_t, PickleValue> m_memo;
  std::vector<std::unique_ptr<PickleNode>> m_nodes;
};

}  // namespace pinwheel::formats
