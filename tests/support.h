// What the tests share.
#pragma once

#include <QtTest>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/core/error.h"

/// The Expected or Status holds a value; prints its error otherwise.
#define QVERIFY_OK(expected)                                                                                 \
  do {                                                                                                       \
    const auto& checkedValue = (expected);                                                                   \
    QVERIFY2(checkedValue.has_value(), checkedValue.has_value() ? "" : checkedValue.error().text().c_str()); \
  } while (false)
/// The Expected or Status holds an error whose text contains `part`; prints the text otherwise.
#define QVERIFY_REFUSED(expected, part)                                                                             \
  do {                                                                                                              \
    const auto& refusedValue = (expected);                                                                          \
    QVERIFY2(!refusedValue.has_value(), "accepted what must be refused");                                           \
    const std::string refusalText = refusedValue.error().text();                                                    \
    const std::string refusalPart = (part);                                                                         \
    QVERIFY2(refusalText.find(refusalPart) != std::string::npos, (refusalText + " lacks: " + refusalPart).c_str()); \
  } while (false)

namespace pinwheel::test {

inline std::filesystem::path pathOf(const QTemporaryDir& folder, const std::string& name) {
  return std::filesystem::path(folder.path().toStdString()) / name;
}

/// Writes a file without waiting for the disk: tests that write thousands need no more.
inline void put(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::remove(path);  // a file that is cut and written again, ext4 does write out at once
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace pinwheel::test
