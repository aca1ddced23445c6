#include "engine/formats/torch_pickle.h"

#include <algorithm>
#include <cstring>

#include "engine/formats/unpickler.h"
#include "engine/formats/zip_archive.h"

namespace pinwheel::formats {
namespace {

constexpr std::uint64_t kMaximumPickle = 8ULL << 20;
// Views may repeat elements of one storage; a file may not grow without limit that way.
constexpr std::uint64_t kGrowth = 4;
constexpr std::uint64_t kGrowthFloor = 1 << 20;

using Entries = std::map<std::string, ZipEntry>;

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& why) {
  return failure("The weights cannot be read", why, "save them with torch.save(model.state_dict(), file)",
                 path.string());
}

// "archive/" of "archive/data.pkl"; nothing when there is none.
std::string folderOf(const Entries& entries) {
  const std::string wanted = "/data.pkl";
  for (const auto& [name, entry] : entries)
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

// Makes tensors of what the pickle says of them. What is read and what is made share one budget.
class Materialiser {
public:
  Materialiser(const FileSource& file, const Entries& entries, std::string folder)
      : m_file(file),
        m_entries(entries),
        m_folder(std::move(folder)),
        m_budget(std::min(kGrowth * file.size() + kGrowthFloor, physicalMemoryBytes())) {}

  // The reason why not, empty on success.
  std::string operator()(const PickleNode& tensor, HostTensor& out) {
    const PickleNode& storage = *tensor.storage;
    const std::size_t size = byteSize(storage.dtype);
    const auto found = m_entries.find(m_folder + "data/" + storage.text);
    if (found == m_entries.end()) return "its storage is missing";
    std::uint64_t stored = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(storage.count), size, &stored) ||
        stored != found->second.size)
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
    if (__builtin_mul_overflow(elements, size, &bytes)) return "its shape is too large";
    if (elements == 0) {
      out.dtype = storage.dtype;
      out.shape = tensor.shape;
      return "";
    }
    // What it makes and, where its elements lie apart, what is read between them.
    const auto first = static_cast<std::uint64_t>(tensor.offset);
    const bool inStorage = last < static_cast<std::uint64_t>(storage.count);
    const std::uint64_t cost = inStorage ? std::max(bytes, (last - first + 1) * size) : bytes;
    if (cost > m_budget) return "it is far larger than the file that holds it, or than this machine's memory";
    if (!inStorage) return "it reaches past its storage";
    m_budget -= cost;
    out.dtype = storage.dtype;
    out.shape = tensor.shape;
    out.bytes.resize(bytes);
    const std::uint64_t begin = found->second.offset + first * size;
    if (isContiguous(tensor)) return m_file.read(begin, out.bytes.data(), bytes) ? "" : kUnreadable;
    std::vector<std::byte> span((last - first + 1) * size);
    if (!m_file.read(begin, span.data(), span.size())) return kUnreadable;
    copy(tensor, span, size, out);
    return "";
  }

private:
  static constexpr const char* kUnreadable = "its bytes cannot be read";

  static bool isContiguous(const PickleNode& tensor) {
    std::int64_t wanted = 1;
    for (std::size_t a = tensor.shape.size(); a-- > 0;) {
      if (tensor.shape[a] != 1 && tensor.strides[a] != wanted) return false;
      wanted *= tensor.shape[a];  // the number of elements has been checked
    }
    return true;
  }

  // `span` begins with the tensor's first element.
  static void copy(const PickleNode& tensor, const std::vector<std::byte>& span, std::size_t size, HostTensor& out) {
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    std::uint64_t source = 0;
    for (std::size_t done = 0; done < out.bytes.size(); done += size) {
      std::memcpy(out.bytes.data() + done, span.data() + source * size, size);
      for (std::size_t a = index.size(); a-- > 0;) {
        source += static_cast<std::uint64_t>(tensor.strides[a]);
        if (++index[a] < tensor.shape[a]) break;
        source -= static_cast<std::uint64_t>(tensor.strides[a]) * static_cast<std::uint64_t>(tensor.shape[a]);
        index[a] = 0;
      }
    }
  }

  const FileSource& m_file;
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
  const auto file = FileSource::open(path);
  if (!file) return tl::unexpected(file.error());
  unsigned char first = 0;
  if (file->read(0, &first, 1) && first == 0x80)
    return failure("The weights cannot be read", "the file was written by PyTorch before 1.6, or is a bare pickle",
                   "load it in PyTorch and save it again: torch.save(torch.load(file), file)", path.string());
  const auto entries = readZip(*file, path.string());
  if (!entries) return tl::unexpected(entries.error());
  const std::string folder = folderOf(*entries);
  if (folder.empty()) return refuse(path, "it holds no data.pkl");
  if (entries->count(folder + "constants.pkl") > 0)
    return failure("The weights cannot be read", "the file is a TorchScript program",
                   "save the state_dict of the model instead", path.string());
  for (const auto& [name, entry] : *entries)
    if (entry.compressed) return refuse(path, "entry \"" + name + "\" is compressed, which torch.save never does");
  const auto contents = [&](const ZipEntry& entry) {
    std::string text(entry.size, '\0');
    if (!file->read(entry.offset, text.data(), text.size())) text.clear();
    return text;
  };
  constexpr std::string_view kLittle = "little";
  if (const auto order = entries->find(folder + "byteorder");
      order != entries->end() && (order->second.size != kLittle.size() || contents(order->second) != kLittle))
    return refuse(path, "its numbers are not little endian");
  const ZipEntry& table = entries->at(folder + "data.pkl");
  if (table.size > kMaximumPickle) return refuse(path, "its table of names is larger than 8 MiB");
  const std::string pickle = contents(table);
  Unpickler unpickler(pickle, path.string());
  const auto root = unpickler.load();
  if (!root) return tl::unexpected(root.error());
  const PickleNode* dictionary = findStateDict(*root);
  if (dictionary == nullptr) return refuse(path, "it holds no dictionary");
  Materialiser materialise(*file, *entries, folder);
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
