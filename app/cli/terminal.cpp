#include "app/cli/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/runtime.h"

namespace pinwheel::cli {
namespace {

constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kNarrow = 60;  // columns below which the bar would leave too little room for the text

StopFlag stopFlag;

// Whoever asks to end whole groups of processes (launch, a batch system) sends SIGTERM more than once.
extern "C" void onSignal(int signal) {
  if (stopFlag.requested()) {
    if (signal == SIGINT) ::_exit(130);
    return;
  }
  stopFlag.request();
  const char text[] = "\nStopping after this batch; press Ctrl-C again to quit without saving.\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof text - 1);
}

// Columns of the terminal; 80 where it does not tell.
std::size_t terminalColumns(std::FILE* stream) {
  struct winsize size {};
  return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// The first `columns` characters of a UTF-8 text.
std::string firstColumns(const std::string& text, std::size_t columns) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80;
    if (begins && columns-- == 0) break;
  }
  return text.substr(0, at);
}

std::string bar(double share, std::size_t width) {
  const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width) + 0.5);
  std::string text = "[";
  text.append(filled, '#').append(width - filled, '.').append("] ");
  return text;
}

}  // namespace

int fail(const Error& error, int exitCode) {
  std::fflush(stdout);
  std::fprintf(stderr, "pinwheel-cli: %s\n", error.text().c_str());
  return exitCode;
}

void warnAboutSlowBlas() {
  if (referenceBlasLoaded())
    std::fprintf(stderr,
                 "warning: the slow reference BLAS is loaded; install libopenblas0-pthread for 30 times its speed\n");
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

std::string shellQuoted(const std::string& text) {
  const std::string harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%";
  if (!text.empty() && text.find_first_not_of(harmless) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

MovingLine::MovingLine(std::FILE* stream) : m_stream(stream), m_terminal(::isatty(::fileno(stream)) == 1) {}

void MovingLine::show(double share, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  const auto pause = m_terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(30000);
  if (m_last.time_since_epoch().count() == 0 && !m_terminal)
    m_last = now;  // the first line comes after the first pause
  if (now - m_last < pause) return;
  m_last = now;
  if (m_terminal) {
    // A line of the full width would wrap on some terminals, and could not be taken back then.
    const std::size_t columns = terminalColumns(m_stream);
    const std::string line = bar(share, columns < kNarrow ? kBarWidth / 3 : kBarWidth) + text;
    std::fprintf(m_stream, "\r\033[K%s", firstColumns(line, columns - 1).c_str());
  } else {
    std::fprintf(m_stream, "%s%s\n", bar(share, kBarWidth).c_str(), text.c_str());
  }
  std::fflush(m_stream);
  m_open = m_terminal;
}

void MovingLine::show(const Progress& progress) {
  const double share =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0;
  std::string text = progress.detail.empty() ? progress.label : progress.detail + ", " + progress.label;
  if (const double left = m_timeLeft.at(share); std::isfinite(left)) text = clockText(left) + " left  " + text;
  show(share, text);
}

void MovingLine::print(const std::string& text) {
  if (m_open) std::fprintf(m_stream, "\r\033[K");
  m_open = false;
  if (!text.empty()) std::fprintf(m_stream, "%s\n", text.c_str());
  std::fflush(m_stream);
}

}  // namespace pinwheel::cli
