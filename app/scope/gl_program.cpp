#include "app/scope/gl_program.h"

#include <cmath>
#include <string>

#include "app/scope/shaders.h"

namespace pinwheel::scope {
namespace {

constexpr const char* kVersionLine = "#version 130\n";

Expected<GLuint> compile(GLenum kind, std::string_view source, const char* name) {
  const GLuint shader = glCreateShader(kind);
  const std::array<const char*, 2> parts{kVersionLine, source.data()};
  const std::array<GLint, 2> lengths{-1, static_cast<GLint>(source.size())};
  glShaderSource(shader, 2, parts.data(), lengths.data());
  glCompileShader(shader);
  GLint done = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &done);
  if (done != 0) return shader;
  std::array<char, 1024> log{};
  glGetShaderInfoLog(shader, static_cast<GLsizei>(log.size()), nullptr, log.data());
  glDeleteShader(shader);
  return failure(std::string("The graphics driver refuses the shader of ") + name, log.data(),
                 "LIBGL_ALWAYS_SOFTWARE=1 draws without the graphics card");
}

}  // namespace

Texture::Texture() {
  glGenTextures(1, &m_name);
  bind();
  for (const GLenum wrap : {GL_TEXTURE_WRAP_S, GL_TEXTURE_WRAP_T})
    glTexParameteri(GL_TEXTURE_2D, wrap, GL_CLAMP_TO_EDGE);
  for (const GLenum filter : {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER})
    glTexParameteri(GL_TEXTURE_2D, filter, GL_NEAREST);
}

Texture::~Texture() {
  if (m_name != 0) glDeleteTextures(1, &m_name);
}

void Texture::bind(int unit) const {
  glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
  glBindTexture(GL_TEXTURE_2D, m_name);
}

Expected<Program> Program::make(std::string_view fragment, const char* name) {
  const auto vertexShader = compile(GL_VERTEX_SHADER, shaders::kQuadVert, name);
  if (!vertexShader) return tl::unexpected(vertexShader.error());
  const auto fragmentShader = compile(GL_FRAGMENT_SHADER, fragment, name);
  if (!fragmentShader) {
    glDeleteShader(*vertexShader);
    return tl::unexpected(fragmentShader.error());
  }
  Program program;
  program.m_program = glCreateProgram();
  for (const GLuint shader : {*vertexShader, *fragmentShader}) {
    glAttachShader(program.m_program, shader);
    glDeleteShader(shader);  // with the program
  }
  glBindAttribLocation(program.m_program, 0, "corner");
  glLinkProgram(program.m_program);
  GLint done = 0;
  glGetProgramiv(program.m_program, GL_LINK_STATUS, &done);
  if (done == 0)
    return failure(std::string("The graphics driver cannot link the shader of ") + name, "",
                   "LIBGL_ALWAYS_SOFTWARE=1 draws without the graphics card");
  constexpr std::array<float, 8> kCorners{0, 0, 1, 0, 0, 1, 1, 1};
  glGenVertexArrays(1, &program.m_array);
  glBindVertexArray(program.m_array);
  glGenBuffers(1, &program.m_corners);
  glBindBuffer(GL_ARRAY_BUFFER, program.m_corners);
  glBufferData(GL_ARRAY_BUFFER, sizeof(kCorners), kCorners.data(), GL_STATIC_DRAW);
  glEnableVertexAttribArray(0);
  glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
  glBindVertexArray(0);
  return program;
}

Program::Program(Program&& other) noexcept
    : m_program(std::exchange(other.m_program, 0)),
      m_corners(std::exchange(other.m_corners, 0)),
      m_array(std::exchange(other.m_array, 0)) {}

Program& Program::operator=(Program&& other) noexcept {
  std::swap(m_program, other.m_program);
  std::swap(m_corners, other.m_corners);
  std::swap(m_array, other.m_array);
  return *this;
}

Program::~Program() {
  if (m_array != 0) glDeleteVertexArrays(1, &m_array);
  if (m_corners != 0) glDeleteBuffers(1, &m_corners);
  if (m_program != 0) glDeleteProgram(m_program);
}

void Program::use() const {
  glUseProgram(m_program);
}
void Program::set(const char* uniform, int value) const {
  glUniform1i(at(uniform), value);
}
void Program::set(const char* uniform, int a, int b) const {
  glUniform2i(at(uniform), a, b);
}
void Program::set(const char* uniform, float a, float b) const {
  glUniform2f(at(uniform), a, b);
}
void Program::set(const char* uniform, const std::array<float, 3>& value) const {
  glUniform3fv(at(uniform), 1, value.data());
}

void Program::fill(const Area& area, const Target& target) const {
  const auto width = static_cast<float>(target.width);
  const auto height = static_cast<float>(target.height);
  glEnable(GL_SCISSOR_TEST);
  const auto left = static_cast<GLint>(std::lround(target.clip.left));
  const auto bottom = static_cast<GLint>(std::lround(height - target.clip.bottom));
  glScissor(left, bottom, static_cast<GLsizei>(std::lround(target.clip.width())),
            static_cast<GLsizei>(std::lround(target.clip.height())));
  glDisable(GL_BLEND);
  glUniform4f(at("rect"), 2 * area.left / width - 1, 1 - 2 * area.top / height, 2 * area.right / width - 1,
              1 - 2 * area.bottom / height);
  glBindVertexArray(m_array);
  glDrawArrays(GL_TRIANGLE_STRIP, 0, 4);
}

}  // namespace pinwheel::scope
