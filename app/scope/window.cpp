#include "app/scope/window.h"

#include <epoxy/gl.h>
// After epoxy, which brings OpenGL's functions.
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "app/scope/theme.h"

namespace pinwheel::scope {
namespace {

// Others wake the window while it is closed.
std::mutex wakeMutex;
bool wakeable = false;

void setWakeable(bool now) {
  const std::lock_guard lock(wakeMutex);
  wakeable = now;
}

std::string glfwErrorText() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text != nullptr ? text : "";
}

Window::OpenError noDisplay() {
  return {Window::Failure::noDisplay,
          {"There is no display", glfwErrorText(),
           "use ssh -X to see the window from elsewhere, or take a picture: xvfb-run -a pinwheel-scope ... "
           "--screenshot FILE.png"}};
}

Window::OpenError noGraphics(std::string why) {
  return {
      Window::Failure::noGraphics,
      {"This display has no OpenGL 3.0", std::move(why), "LIBGL_ALWAYS_SOFTWARE=1 draws without the graphics card"}};
}

}  // namespace

struct Window::Events {
  bool touched = true;
  std::vector<Key> keys;

  static Events& of(GLFWwindow* window) { return *static_cast<Events*>(glfwGetWindowUserPointer(window)); }
  // ImGui's own callbacks, which are set later, call these.
  static void install(GLFWwindow* window) {
    glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { of(w).touched = true; });
    glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { of(w).touched = true; });
    glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { of(w).touched = true; });
    glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { of(w).touched = true; });
    glfwSetCharCallback(window, [](GLFWwindow* w, unsigned) { of(w).touched = true; });
    glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { of(w).touched = true; });
    glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { of(w).touched = true; });
    glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { of(w).touched = true; });
    glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int modifiers) {
      Events& events = of(w);
      events.touched = true;
      if (action == GLFW_RELEASE || modifiers != 0) return;
      if (key == GLFW_KEY_SPACE && action == GLFW_PRESS) events.keys.push_back(Key::pause);
      if (key == GLFW_KEY_F && action == GLFW_PRESS) events.keys.push_back(Key::follow);
      if (key == GLFW_KEY_LEFT) events.keys.push_back(Key::back);
      if (key == GLFW_KEY_RIGHT) events.keys.push_back(Key::forward);
    });
  }
};

Window::Window(const WindowOptions& options) : m_options(options), m_events(std::make_unique<Events>()) {}

tl::expected<std::unique_ptr<Window>, Window::OpenError> Window::open(const WindowOptions& options) {
  if (glfwInit() == GLFW_FALSE) return tl::unexpected(noDisplay());
  setWakeable(true);
  std::unique_ptr<Window> window(new Window(options));  // from here on it ends GLFW
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 0);
  glfwWindowHint(GLFW_DEPTH_BITS, 0);
  glfwWindowHint(GLFW_STENCIL_BITS, 0);
  glfwWindowHint(GLFW_VISIBLE, options.hidden ? GLFW_FALSE : GLFW_TRUE);
  // As the text grows with the screen's density, so must its room.
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, options.hidden ? GLFW_FALSE : GLFW_TRUE);
  window->m_window = glfwCreateWindow(options.width, options.height, "Pinwheel scope", nullptr, nullptr);
  if (window->m_window == nullptr) return tl::unexpected(noGraphics(glfwErrorText()));
  if (!options.hidden) window->fitScreen();
  glfwMakeContextCurrent(window->m_window);
  if (epoxy_gl_version() < 30) return tl::unexpected(noGraphics("it offers an older version"));
  glfwSwapInterval(options.hidden ? 0 : 1);
  glfwSetWindowUserPointer(window->m_window, window->m_events.get());
  Events::install(window->m_window);

  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;
  float scale = 1;
  if (!options.hidden) glfwGetWindowContentScale(window->m_window, &scale, nullptr);
  applyTheme(std::clamp(scale, 1.0F, 4.0F));
  ImGui_ImplGlfw_InitForOpenGL(window->m_window, true);
  window->m_imgui = true;
  if (!ImGui_ImplOpenGL3_Init("#version 130")) return tl::unexpected(noGraphics("its functions cannot be loaded"));
  if (options.hidden)
    if (Status made = window->makePicture(); !made) return tl::unexpected(noGraphics(made.error().what));
  return window;
}

Window::~Window() {
  if (m_imgui) {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  if (m_framebuffer != 0) glDeleteFramebuffers(1, &m_framebuffer);
  if (m_renderbuffer != 0) glDeleteRenderbuffers(1, &m_renderbuffer);
  setWakeable(false);
  if (m_window != nullptr) glfwDestroyWindow(m_window);
  glfwTerminate();
}

void Window::fitScreen() {
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  if (monitor == nullptr) return;
  int x = 0, y = 0, roomX = 0, roomY = 0, width = 0, height = 0;
  glfwGetMonitorWorkarea(monitor, &x, &y, &roomX, &roomY);
  glfwGetWindowSize(m_window, &width, &height);
  if (roomX <= 0 || roomY <= 0 || (width <= roomX && height <= roomY)) return;
  glfwSetWindowSize(m_window, std::min(width, roomX), std::min(height, roomY));
}

Status Window::makePicture() {
  glGenRenderbuffers(1, &m_renderbuffer);
  glBindRenderbuffer(GL_RENDERBUFFER, m_renderbuffer);
  glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, m_options.width, m_options.height);
  glGenFramebuffers(1, &m_framebuffer);
  glBindFramebuffer(GL_FRAMEBUFFER, m_framebuffer);
  glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, m_renderbuffer);
  if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE) return {};
  return failure("it draws no pictures of this size");
}

void Window::wake() {
  const std::lock_guard lock(wakeMutex);
  if (wakeable) glfwPostEmptyEvent();
}

bool Window::isClosed() const {
  return glfwWindowShouldClose(m_window) != GLFW_FALSE;
}

double Window::refreshRate() const {
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor != nullptr ? glfwGetVideoMode(monitor) : nullptr;
  return mode != nullptr && mode->refreshRate >= 20 ? std::min(mode->refreshRate, 240) : 60;
}

void Window::wait(double seconds) {
  if (seconds > 0)
    glfwWaitEventsTimeout(seconds);
  else
    glfwPollEvents();
}

bool Window::takeTouched() {
  return std::exchange(m_events->touched, false);
}

std::vector<Key> Window::takeKeys() {
  if (ImGui::GetIO().WantTextInput) m_events->keys.clear();
  return std::exchange(m_events->keys, {});
}

void Window::beginFrame() {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  if (m_options.hidden) {
    // Whatever size a window manager gave the window.
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = {static_cast<float>(m_options.width), static_cast<float>(m_options.height)};
    io.DisplayFramebufferScale = {1, 1};
  }
  ImGui::NewFrame();
}

void Window::endFrame(bool finish) {
  ImGui::Render();
  int width = m_options.width;
  int height = m_options.height;
  if (!m_options.hidden) glfwGetFramebufferSize(m_window, &width, &height);
  glBindFramebuffer(GL_FRAMEBUFFER, m_framebuffer);
  glDisable(GL_SCISSOR_TEST);
  glViewport(0, 0, width, height);
  const auto ground = shaderColour(kWindow);
  glClearColor(ground[0], ground[1], ground[2], 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  if (finish) glFinish();
  if (!m_options.hidden) glfwSwapBuffers(m_window);
}

formats::RgbImage Window::picture() const {
  const auto width = static_cast<std::size_t>(m_options.width);
  const auto height = static_cast<std::size_t>(m_options.height);
  std::vector<std::uint8_t> rows(3 * width * height);
  glBindFramebuffer(GL_FRAMEBUFFER, m_framebuffer);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, m_options.width, m_options.height, GL_RGB, GL_UNSIGNED_BYTE, rows.data());
  formats::RgbImage image{m_options.width, m_options.height, std::vector<std::uint8_t>(rows.size())};
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        image.pixels[(c * height + y) * width + x] = rows[((height - 1 - y) * width + x) * 3 + c];
  return image;
}

}  // namespace pinwheel::scope
