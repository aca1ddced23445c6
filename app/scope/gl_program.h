// A shader program that fills a rectangle of the window, and the objects of OpenGL that it takes.
#pragma once

#include <epoxy/gl.h>

#include <array>
#include <string_view>
#include <utility>

#include "engine/core/error.h"

namespace pinwheel::scope {

/// In pixels of the framebuffer, y pointing down.
struct Area {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
  [[nodiscard]] float width() const noexcept { return right - left; }
  [[nodiscard]] float height() const noexcept { return bottom - top; }
};
/// Where is drawn: the framebuffer's size, and the part of it that may be touched.
struct Target {
  int width = 0;
  int height = 0;
  Area clip;
};

/// A texture that is deleted with it. Needs the context, as all here.
class Texture {
public:
  Texture();
  ~Texture();
  Texture(Texture&& other) noexcept : m_name(std::exchange(other.m_name, 0)) {}
  Texture& operator=(Texture&& other) noexcept {
    std::swap(m_name, other.m_name);
    return *this;
  }
  /// Nearest texel, no border.
  void bind(int unit = 0) const;

private:
  GLuint m_name = 0;
};

class Program {
public:
  /// Error: the driver does not take the shader; `why` is what it says.
  static Expected<Program> make(std::string_view fragment, const char* name);
  ~Program();
  Program(Program&& other) noexcept;
  Program& operator=(Program&& other) noexcept;

  void use() const;
  // Of the program in use.
  void set(const char* uniform, int value) const;
  void set(const char* uniform, int a, int b) const;
  void set(const char* uniform, float a, float b) const;
  void set(const char* uniform, const std::array<float, 3>& value) const;
  /// Fills `area`; leaves scissor test and blending changed.
  void fill(const Area& area, const Target& target) const;

private:
  Program() = default;
  [[nodiscard]] GLint at(const char* uniform) const { return glGetUniformLocation(m_program, uniform); }
  GLuint m_program = 0;
  GLuint m_corners = 0;
  GLuint m_array = 0;
};

}  // namespace pinwheel::scope
