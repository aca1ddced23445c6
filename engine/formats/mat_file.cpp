#include "engine/formats/mat_file.h"

#include <hdf5.h>
#include <matio.h>

#include <bit>
#include <cstring>
#include <memory>
#include <optional>

#include "engine/formats/file_source.h"

namespace pinwheel::formats {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kMaximumNumbers = (std::uint64_t{1} << 30) / sizeof(double);
constexpr std::size_t kMaximumVariables = 1000;
constexpr std::size_t kMaximumElements = 10000;  // of a struct array
constexpr std::uint64_t kHeaderBytes = 128;

struct Closes {
  void operator()(mat_t* file) const { Mat_Close(file); }
};
struct Frees {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using File = std::unique_ptr<mat_t, Closes>;
using Variable = std::unique_ptr<matvar_t, Frees>;

// HDF5 prints what it meets on the way to every error of its own; the error that is returned says what is needed.
class SilentHdf5 {
public:
  SilentHdf5() {
    H5Eget_auto2(H5E_DEFAULT, &m_print, &m_data);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~SilentHdf5() { H5Eset_auto2(H5E_DEFAULT, m_print, m_data); }
  SilentHdf5(const SilentHdf5&) = delete;
  SilentHdf5& operator=(const SilentHdf5&) = delete;

private:
  H5E_auto2_t m_print = nullptr;
  void* m_data = nullptr;
};

// Every variable of a version 5 file lies within it: what libmatio cannot read for lack of bytes, it leaves at zero.
bool wholeVersion5(const FileSource& source) {
  char mark[2];
  if (!source.read(kHeaderBytes - 2, mark, 2)) return false;
  const bool swapped = mark[0] == 'M';  // "IM" as a little-endian machine wrote it
  std::uint64_t at = kHeaderBytes;
  while (at < source.size()) {
    std::uint32_t tag[2];
    if (!source.read(at, tag, sizeof tag)) return false;
    const std::uint32_t bytes = swapped ? __builtin_bswap32(tag[1]) : tag[1];
    at += sizeof tag;
    if (bytes > source.size() - at) return false;
    at += bytes;
  }
  return true;
}

bool numeric(const matvar_t& variable) {
  return variable.class_type >= MAT_C_DOUBLE && variable.class_type <= MAT_C_UINT64 && variable.isComplex == 0;
}

// Nothing on overflow, or where there are no axes.
std::optional<std::uint64_t> elementCount(const matvar_t& variable) {
  if (variable.dims == nullptr || variable.rank < 1) return std::nullopt;
  std::uint64_t count = 1;
  for (int axis = 0; axis < variable.rank; ++axis)
    if (__builtin_mul_overflow(count, std::uint64_t{variable.dims[axis]}, &count)) return std::nullopt;
  return count;
}

const char* kindOf(const matvar_t& variable) {
  switch (variable.class_type) {
    case MAT_C_CELL:
      return "a cell array";
    case MAT_C_STRUCT:
      return "a struct";
    case MAT_C_CHAR:
      return "text";
    case MAT_C_SPARSE:
      return "a sparse matrix";
    case MAT_C_EMPTY:
      return "empty";
    default:
      return numeric(variable) ? "numbers" : variable.isComplex != 0 ? "complex" : "of a class that is not read";
  }
}

std::string describe(const matvar_t& variable) {
  std::string text = variable.name == nullptr ? "?" : variable.name;
  text += " (";
  for (int axis = 0; axis < variable.rank; ++axis) text += (axis == 0 ? "" : "x") + std::to_string(variable.dims[axis]);
  return text + (numeric(variable) ? ")" : std::string(", ") + kindOf(variable) + ")");
}

// What may hold an array: a struct, or more than a single number.
bool worthReading(const matvar_t& variable) {
  if (variable.class_type == MAT_C_STRUCT) return true;
  return numeric(variable) && elementCount(variable).value_or(0) > 1;
}

std::string listOf(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// MATLAB's first axis is the fastest, ours the last.
template <class Stored>
std::vector<double> toRowMajor(const void* data, const std::vector<std::int64_t>& shape, std::size_t count) {
  std::vector<std::size_t> extent(3, 1);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) extent[axis] = static_cast<std::size_t>(shape[axis]);
  std::vector<double> out;
  out.reserve(count);
  for (std::size_t i = 0; i < extent[0]; ++i)
    for (std::size_t j = 0; j < extent[1]; ++j)
      for (std::size_t k = 0; k < extent[2]; ++k) {
        Stored value;
        const std::size_t at = i + extent[0] * (j + extent[1] * k);
        std::memcpy(&value, static_cast<const char*>(data) + at * sizeof value, sizeof value);
        out.push_back(static_cast<double>(value));
      }
  return out;
}

std::vector<double> toDoubles(const matvar_t& variable, const std::vector<std::int64_t>& shape, std::size_t count) {
  switch (variable.class_type) {
    case MAT_C_DOUBLE:
      return toRowMajor<double>(variable.data, shape, count);
    case MAT_C_SINGLE:
      return toRowMajor<float>(variable.data, shape, count);
    case MAT_C_INT8:
      return toRowMajor<std::int8_t>(variable.data, shape, count);
    case MAT_C_UINT8:
      return toRowMajor<std::uint8_t>(variable.data, shape, count);
    case MAT_C_INT16:
      return toRowMajor<std::int16_t>(variable.data, shape, count);
    case MAT_C_UINT16:
      return toRowMajor<std::uint16_t>(variable.data, shape, count);
    case MAT_C_INT32:
      return toRowMajor<std::int32_t>(variable.data, shape, count);
    case MAT_C_UINT32:
      return toRowMajor<std::uint32_t>(variable.data, shape, count);
    case MAT_C_INT64:
      return toRowMajor<std::int64_t>(variable.data, shape, count);
    case MAT_C_UINT64:
      return toRowMajor<std::uint64_t>(variable.data, shape, count);
    default:
      return {};
  }
}

// One reading of a file, with its name for the errors.
class Reader {
public:
  explicit Reader(const std::filesystem::path& path) : m_path(path.string()) {}

  Expected<std::vector<HostTensor>> read(const std::string& wanted) {
    const auto source = FileSource::open(m_path);
    if (!source) return tl::unexpected(source.error());
    m_file.reset(Mat_Open(m_path.c_str(), MAT_ACC_RDONLY));
    if (!m_file) return refuse("it is not a MATLAB file, or it is truncated");
    const mat_ft version = Mat_GetVersion(m_file.get());
    if (version != MAT_FT_MAT5 && version != MAT_FT_MAT73) return refuse("its version is not 5 or 7.3");
    if (version == MAT_FT_MAT5 && !wholeVersion5(*source)) return refuse("it is truncated");
    const auto dot = wanted.find('.');
    const auto name = chooseVariable(wanted.substr(0, dot));
    if (!name) return tl::unexpected(name.error());
    const Variable variable(Mat_VarRead(m_file.get(), name->c_str()));
    if (!variable) return refuse("the variable " + *name + " cannot be read");
    if (variable->class_type == MAT_C_STRUCT)
      return readStruct(*variable, dot == std::string::npos ? "" : wanted.substr(dot + 1));
    if (dot != std::string::npos) return refuse(describe(*variable) + " is not a struct, and has no fields");
    auto tensor = toTensor(*variable);
    if (!tensor) return tl::unexpected(tensor.error());
    std::vector<HostTensor> tensors;
    tensors.push_back(std::move(*tensor));
    return tensors;
  }

private:
  [[nodiscard]] tl::unexpected<Error> refuse(const std::string& why) const {
    return failure("The MATLAB file cannot be read", why, "save the numbers with MATLAB's save, option -v7, or as .npy",
                   m_path);
  }
  [[nodiscard]] tl::unexpected<Error> unclear(const std::string& what, const std::string& there) const {
    return failure(what, "there are: " + there, "name one behind the file: FILE.mat:NAME, or FILE.mat:NAME.FIELD",
                   m_path);
  }

  // Looks at headers alone; sizes are checked before anything of them is read.
  Expected<std::string> chooseVariable(const std::string& wanted) {
    std::vector<std::string> all;
    std::vector<std::string> usable;
    std::string name;
    while (const Variable info{Mat_VarReadNextInfo(m_file.get())}) {
      if (all.size() == kMaximumVariables) return refuse("it holds more than 1000 variables");
      if (info->name == nullptr) continue;
      all.push_back(describe(*info));
      const bool chosen = wanted.empty() ? worthReading(*info) : wanted == info->name;
      if (!chosen) continue;
      if (const Status status = checkSize(*info); !status) return tl::unexpected(status.error());
      usable.push_back(all.back());
      name = info->name;
    }
    Mat_Rewind(m_file.get());
    if (all.empty()) return refuse("it holds no variable, or is damaged");
    if (usable.empty())
      return unclear(wanted.empty() ? "No variable holds an array" : "There is no variable " + wanted, listOf(all));
    if (usable.size() > 1) return unclear("Several variables could be meant", listOf(usable));
    return name;
  }

  [[nodiscard]] Status checkSize(matvar_t& info) const {
    const auto count = elementCount(info);
    if (!count || *count > kMaximumNumbers) return refuse(describe(info) + " is too large");
    if (info.class_type != MAT_C_STRUCT) return {};
    if (*count > kMaximumElements) return refuse(describe(info) + " has too many elements");
    std::uint64_t numbers = 0;
    const std::size_t fields = Mat_VarGetNumberOfFields(&info);
    for (std::size_t i = 0; i < *count; ++i)
      for (std::size_t f = 0; f < fields; ++f) {
        const matvar_t* field = Mat_VarGetStructFieldByIndex(&info, f, i);
        if (field == nullptr || field->dims == nullptr) continue;
        const auto inner = elementCount(*field);
        if (!inner || *inner > kMaximumNumbers - numbers) return refuse(describe(info) + " is too large");
        numbers += *inner;
      }
    return {};
  }

  Expected<std::vector<HostTensor>> readStruct(matvar_t& variable, const std::string& wanted) const {
    const std::size_t count = elementCount(variable).value_or(0);
    const std::size_t fields = Mat_VarGetNumberOfFields(&variable);
    char* const* names = Mat_VarGetStructFieldnames(&variable);
    if (count == 0 || fields == 0 || names == nullptr) return refuse(describe(variable) + " is empty");
    std::vector<std::string> all;
    std::vector<std::string> usable;
    std::size_t index = 0;
    for (std::size_t f = 0; f < fields; ++f) {
      all.emplace_back(names[f]);
      const matvar_t* first = Mat_VarGetStructFieldByIndex(&variable, f, 0);
      const bool chosen =
          wanted.empty() ? first != nullptr && numeric(*first) && worthReading(*first) : wanted == names[f];
      if (!chosen) continue;
      usable.emplace_back(names[f]);
      index = f;
    }
    const std::string where = describe(variable);
    if (usable.empty())
      return unclear(
          wanted.empty() ? "No field of " + where + " holds an array" : "There is no field " + wanted + " in " + where,
          listOf(all));
    if (usable.size() > 1) return unclear("Several fields of " + where + " could be meant", listOf(usable));
    std::vector<HostTensor> tensors;
    for (std::size_t i = 0; i < count; ++i) {
      const matvar_t* element = Mat_VarGetStructFieldByIndex(&variable, index, i);
      if (element == nullptr) return refuse("an element of " + where + " lacks the field " + usable[0]);
      auto tensor = toTensor(*element);
      if (!tensor) return tl::unexpected(tensor.error());
      tensors.push_back(std::move(*tensor));
    }
    return tensors;
  }

  [[nodiscard]] Expected<HostTensor> toTensor(const matvar_t& variable) const {
    if (!numeric(variable)) return refuse(describe(variable) + " is " + kindOf(variable) + ", not an array of numbers");
    if (variable.rank > 3) return refuse(describe(variable) + " has more than 3 axes");
    const auto count = elementCount(variable);
    if (!count || *count > kMaximumNumbers) return refuse(describe(variable) + " is too large");
    const std::uint64_t bytes = *count * Mat_SizeOfClass(variable.class_type);
    if (variable.data == nullptr || variable.nbytes < bytes)
      return refuse("the numbers of " + describe(variable) + " are missing or damaged");
    HostTensor tensor{DType::float64, {}, {}};
    for (int axis = 0; axis < variable.rank; ++axis)
      tensor.shape.push_back(static_cast<std::int64_t>(variable.dims[axis]));
    const std::vector<double> values = toDoubles(variable, tensor.shape, *count);
    tensor.bytes.resize(values.size() * sizeof(double));
    if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
    return tensor;
  }

  std::string m_path;
  SilentHdf5 m_silent;  // outlives the file
  File m_file;
};

}  // namespace

Expected<std::vector<HostTensor>> loadMat(const std::filesystem::path& path, const std::string& variable) {
  return Reader(path).read(variable);
}

}  // namespace pinwheel::formats
