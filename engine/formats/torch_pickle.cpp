#include "engine/formats/torch_pickle.h"

#include <algorithm>
#include <cstring>

#include "engine/core/files.h"
#include "engine/formats/unpickler.h"
#include "engine/formats/zip_archive.h"

namespace pinwheel::formats {
namespace {

constexpr std::uint64_t kMaximumFile = 64ULL << 30;
constexpr std::uint64_t kMaximumPickle = 64ULL << 20;
// Views may repeat elements of one storage; a file may not grow without limit that way.
constexpr std::uint64_t kGrowth = 4;
constexpr std::uint64_t kGrowthFloor = 1 << 20;

using Entries = std::map<std::string, std::string_view>;

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& why) {
  return failure("The weights cannot be read", why, "save them with torch.save(model.state_dict(), file)",
                 path.string());
}

// "archive/" of "archive/data.pkl"; nothing when there is none.
std::string folderOf(const Entries& entries) {
  const std::string wanted = "/data.pkl";
  for (const auto& [name, bytes] : entries)
    if (name.size() > wanted.size() && name.compare(name.size() - wanted.size(), wanted.size(), wanted) == 0 &&
        std::count(name.begin(), name.end(), '/') == 1)
      return name.substr(0, name.size() - wanted.size() + 1);
  return "";
}

const PickleNode* dictionaryUnder(const PickleNode& node, const std::string& key) {
  for (const auto& [name, value] : node.pairs)
    if (name.kind == PickleKind::text && name.node->text == key && value.kind == PickleKind::dictionary)
      return value.node;
  return nullptr;
}

// The state_dict itself, or the dictionary that holds it.
const PickleNode* findStateDict(const PickleValue& root) {
  if (root.kind != PickleKind::dictionary) return nullptr;
  for (const char* key : {"state_dict", "model_state_dict", "model"})
    if (const PickleNode* inner = dictionaryUnder(*root.node, key)) return inner;
  return root.node;
}

class Materialiser {
public:
  Materialiser(const Entries& entries, std::string folder, std::uint64_t budget)
      : m_entries(entries), m_folder(std::move(folder)), m_budget(budget) {}

  // The reason why not, empty on success.
  std::string operator()(const PickleNode& tensor, HostTensor& out) {
    const PickleNode& storage = *tensor.storage;
    const std::size_t size = byteSize(storage.dtype);
    const auto found = m_entries.find(m_folder + "data/" + storage.text);
    if (found == m_entries.end()) return "its storage is missing";
    std::uint64_t stored = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(storage.count), size, &stored) ||
        stored != found->second.size())
      return "its storage is truncated";
    std::uint64_t elements = 1;
    std::uint64_t last = static_cast<std::uint64_t>(tensor.offset);
    for (std::size_t a = 0; a < tensor.shape.size(); ++a) {
      const auto extent = static_cast<std::uint64_t>(tensor.shape[a]);
      if (__builtin_mul_overflow(elements, extent, &elements)) return "its shape is too large";
      std::uint64_t reach = 0;
      if (extent > 0 && (__builtin_mul_overflow(extent - 1, static_cast<std::uint64_t>(tensor.strides[a]), &reach) ||
                         __builtin_add_overflow(last, reach, &last)))
        return "its strides are too large";
    }
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(elements, size, &bytes) || bytes > m_budget)
      return "it is far larger than the file that holds it";
    if (elements > 0 && last >= static_cast<std::uint64_t>(storage.count)) return "it reaches past its storage";
    m_budget -= bytes;
    out.dtype = storage.dtype;
    out.shape = tensor.shape;
    out.bytes.resize(bytes);
    if (elements > 0) copy(tensor, found->second, size, out);
    return "";
  }

private:
  static void copy(const PickleNode& tensor, std::string_view storage, std::size_t size, HostTensor& out) {
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    auto source = static_cast<std::uint64_t>(tensor.offset);
    for (std::size_t done = 0; done < out.bytes.size(); done += size) {
      std::memcpy(out.bytes.data() + done, storage.data() + source * size, size);
      for (std::size_t a = index.size(); a-- > 0;) {
        source += static_cast<std::uint64_t>(tensor.strides[a]);
        if (++index[a] < tensor.shape[a]) break;
        source -= static_cast<std::uint64_t>(tensor.strides[a]) * static_cast<std::uint64_t>(tensor.shape[a]);
        index[a] = 0;
      }
    }
  }

  const Entries& m_entries;
  std::string m_folder;
  std::uint64_t m_budget;
};

// nn.DataParallel puts "module." before every name.
TensorMap withoutModule(TensorMap tensors) {
  const std::string prefix = "module.";
  const bool all =
      std::all_of(tensors.begin(), tensors.end(), [&](const auto& item) { return item.first.rfind(prefix, 0) == 0; });
  if (!all) return tensors;
  TensorMap out;
  for (auto& [name, tensor] : tensors) out.emplace(name.substr(prefix.size()), std::move(tensor));
  return out;
}

}  // namespace

Expected<TensorMap> loadTorchStateDict(const std::filesystem::path& path) {
  const auto bytes = readFile(path, kMaximumFile);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!bytes->empty() && static_cast<unsigned char>(bytes->front()) == 0x80)
    return failure("The weights cannot be read", "the file was written by PyTorch before 1.6, or is a bare pickle",
                   "load it in PyTorch and save it again: torch.save(torch.load(file), file)", path.string());
  const auto entries = readZip(*bytes, path.string());
  if (!entries) return tl::unexpected(entries.error());
  const std::string folder = folderOf(*entries);
  if (folder.empty()) return refuse(path, "it holds no data.pkl");
  if (entries->count(folder + "constants.pkl") > 0)
    return failure("The weights cannot be read", "the file is a TorchScript program",
                   "save the state_dict of the model instead", path.string());
  for (const auto& [name, data] : *entries)
    if (data.data() == nullptr)
      return refuse(path, "entry \"" + name + "\" is compressed, which torch.save never does");
  if (const auto order = entries->find(folder + "byteorder"); order != entries->end() && order->second != "little")
    return refuse(path, "its numbers are not little endian");
  const std::string_view pickle = entries->at(folder + "data.pkl");
  if (pickle.size() > kMaximumPickle) return refuse(path, "its table of names is larger than 64 MiB");
  Unpickler unpickler(pickle, path.string());
  const auto root = unpickler.load();
  if (!root) return tl::unexpected(root.error());
  const PickleNode* dictionary = findStateDict(*root);
  if (dictionary == nullptr) return refuse(path, "it holds no dictionary");
  Materialiser materialise(*entries, folder, kGrowth * bytes->size() + kGrowthFloor);
  TensorMap tensors;
  for (const auto& [key, value] : dictionary->pairs) {
    if (value.kind != PickleKind::tensor) continue;
    if (key.kind != PickleKind::text) return refuse(path, "a tensor has no name");
    HostTensor tensor;
    if (const std::string why = materialise(*value.node, tensor); !why.empty())
      return refuse(path, "tensor \"" + key.node->text + "\": " + why);
    if (!tensors.emplace(key.node->text, std::move(tensor)).second)
      return refuse(path, "tensor \"" + key.node->text + "\" occurs twice");
  }
  if (tensors.empty())
    return refuse(path, "it holds no tensors at its top, nor under state_dict, model or model_state_dict");
  return withoutModule(std::move(tensors));
}

}  // namespace pinwheel::formats
