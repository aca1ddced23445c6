// Two machines with a wire between them: network namespaces, which only root may make.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QStringList>
#include <thread>

namespace pinwheel::test {

/// 10.231.0.1 and 10.231.0.2, each alone with the other.
class Machines {
public:
  Machines()
      : m_names{QString("pinwheel-a-%1").arg(::getpid()), QString("pinwheel-b-%1").arg(::getpid())},
        m_ip(QStandardPaths::findExecutable("ip", {"/usr/sbin", "/sbin", "/usr/bin"})) {
    if (!may()) return;
    const QStringList ends{"end-a", "end-b"};
    m_there = run({"netns", "add", m_names[0]}) && run({"netns", "add", m_names[1]}) &&
              run({"link", "add", ends[0], "netns", m_names[0], "type", "veth", "peer", "name", ends[1], "netns",
                   m_names[1]});
    for (int i = 0; i < 2 && m_there; ++i)
      m_there = run({"-n", m_names[i], "addr", "add", QString("10.231.0.%1/24").arg(i + 1), "dev", ends[i]}) &&
                run({"-n", m_names[i], "link", "set", ends[i], "up"}) &&
                run({"-n", m_names[i], "link", "set", "lo", "up"});
  }
  ~Machines() {
    if (!may()) return;
    for (const QString& name : m_names) {
      run({"netns", "delete", name});
      QDir(filesOf(name)).removeRecursively();
    }
  }
  Machines(const Machines&) = delete;
  Machines& operator=(const Machines&) = delete;

  [[nodiscard]] bool there() const { return m_there; }
  [[nodiscard]] bool setWire(bool up) const {
    return run({"-n", m_names[0], "link", "set", "end-a", up ? "up" : "down"});
  }
  /// On a thread of that machine; threads that it begins are there too.
  template <class Work>
  bool on(int machine, Work work) const {
    bool entered = false;
    std::thread([&] {
      const int descriptor = ::open(("/run/netns/" + m_names[machine].toStdString()).c_str(), O_RDONLY | O_CLOEXEC);
      entered = descriptor >= 0 && ::setns(descriptor, CLONE_NEWNET) == 0;
      if (descriptor >= 0) ::close(descriptor);
      if (entered) work();
    }).join();
    return entered;
  }
  /// The addresses of names there, lines of /etc/hosts, for programs that begin() begins.
  [[nodiscard]] bool setHosts(int machine, const QByteArray& lines) const {
    if (!QDir().mkpath(filesOf(m_names[machine]))) return false;
    QFile file(filesOf(m_names[machine]) + "/hosts");
    return file.open(QIODevice::WriteOnly) && file.write(lines) == lines.size();
  }
  /// Begins a program there.
  void begin(int machine, QProcess& process, const QString& program, const QStringList& arguments) const {
    process.start(m_ip, QStringList{"netns", "exec", m_names[machine], program} + arguments);
  }

private:
  [[nodiscard]] bool may() const { return !m_ip.isEmpty() && ::geteuid() == 0; }
  [[nodiscard]] static QString filesOf(const QString& name) { return "/etc/netns/" + name; }
  bool run(const QStringList& arguments) const {
    QProcess process;
    process.start(m_ip, arguments);
    return process.waitForFinished() && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
  }

  const QStringList m_names;
  const QString m_ip;
  bool m_there = false;
};

}  // namespace pinwheel::test
