#include "app/cli/terminal.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace pinwheel::cli {
namespace {

constexpr int kBarWidth = 24;

StopFlag stopFlag;

extern "C" void onSignal(int) {
  if (stopFlag.requested()) ::_exit(130);
  stopFlag.request();
  const char text[] = "\nStopping after this batch; press Ctrl-C again to quit without saving.\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof text - 1);
}

}  // namespace

int fail(const Error& error, int exitCode) {
  std::fflush(stdout);
  std::fprintf(stderr, "pinwheel-cli: %s\n", error.text().c_str());
  return exitCode;
}

StopFlag& stopOnSignals() {
  struct sigaction action {};
  action.sa_handler = onSignal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return stopFlag;
}

std::string clockText(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const auto total = static_cast<long long>(std::max(0.0, seconds) + 0.5);
  char text[32];
  if (total >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  return text;
}

std::string numberText(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string percentText(double share) {
  return numberText(100 * share, 1) + " %";
}

MovingLine::MovingLine() : m_terminal(::isatty(STDOUT_FILENO) == 1) {}

void MovingLine::show(double share, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const auto pause = m_terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(30000);
  if (m_last.time_since_epoch().count() == 0 && !m_terminal)
    m_last = now;  // the first line comes after the first pause
  if (now - m_last < pause) return;
  m_last = now;
  const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth + 0.5);
  const std::string bar = "[" + std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kBarWidth - filled), '.') + "] ";
  if (m_terminal)
    std::printf("\r\033[K%s%s", bar.c_str(), text.c_str());
  else
    std::printf("%s%s\n", bar.c_str(), text.c_str());
  std::fflush(stdout);
  m_open = m_terminal;
}

void MovingLine::print(const std::string& text) {
  if (m_open) std::printf("\r\033[K");
  m_open = false;
  if (!text.empty()) std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

}  // namespace pinwheel::cli
