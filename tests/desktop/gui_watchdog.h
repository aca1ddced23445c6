// How long single events keep the GUI thread. Two clocks: the processor time of any event, which is the program's own
// work; and for events that do not draw also the time on the wall less the time in which the thread was ready and had no
// processor, which shows a wait for a lock, the engine or the disk. Drawing waits for the X server and the software
// renderer, which compete with the training for the same cores here: that is the machine, not the program.
#pragma once

#include <QApplication>
#include <QEvent>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace pinwheel::test {

/// An application that remembers its longest event since reset().
class WatchedApplication : public QApplication {
public:
  using QApplication::QApplication;

  bool notify(QObject* receiver, QEvent* event) override {
    if (m_depth > 0) return QApplication::notify(receiver, event);
    ++m_depth;
    const QByteArray name = receiver->metaObject()->className();
    const QEvent::Type type = event->type();
    const auto start = std::chrono::steady_clock::now();
    const double waited = waitedMs();
    const double worked = workedMs();
    const bool result = QApplication::notify(receiver, event);
    double ms = workedMs() - worked;
    if (!draws(type))
      ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() -
           (waitedMs() - waited);
    --m_depth;
    if (ms > m_longestMs) {
      m_longestMs = ms;
      m_longest = QString("%1, event %2: %3 ms").arg(name).arg(static_cast<int>(type)).arg(ms, 0, 'f', 1);
    }
    return result;
  }
  void reset() { m_longestMs = 0; }
  [[nodiscard]] double longestMs() const { return m_longestMs; }
  [[nodiscard]] const QString& longest() const { return m_longest; }

private:
  static bool draws(QEvent::Type type) {
    return type == QEvent::Paint || type == QEvent::UpdateRequest || type == QEvent::Expose ||
           type == QEvent::Resize || type == QEvent::Show;
  }
  static double workedMs() {
    std::timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
  }
  // From the kernel's own account of this thread.
  static double waitedMs() {
    std::FILE* file = std::fopen("/proc/thread-self/schedstat", "r");
    if (file == nullptr) return 0;
    unsigned long long run = 0;
    unsigned long long wait = 0;
    const int read = std::fscanf(file, "%llu %llu", &run, &wait);
    std::fclose(file);
    return read == 2 ? static_cast<double>(wait) * 1e-6 : 0;
  }

  int m_depth = 0;
  double m_longestMs = 0;
  QString m_longest;
};

}  // namespace pinwheel::test
