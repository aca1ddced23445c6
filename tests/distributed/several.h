// Several processes as one training has them.
#pragma once

#include <QProcess>
#include <QtTest>
#include <memory>
#include <vector>

namespace pinwheel::test {

/// Ranks of a program, each told who it is as torchrun does.
class Several {
public:
  Several() = default;
  /// Ranks 0 .. size - 1 on this machine, begun.
  Several(const QString& program, const QStringList& arguments, int size, int port) {
    for (int rank = 0; rank < size; ++rank) add(rank, size, "127.0.0.1", port).start(program, arguments);
  }
  ~Several() {
    for (auto& process : processes)
      if (process->state() != QProcess::NotRunning) {
        process->kill();
        process->waitForFinished();
      }
  }
  Several(const Several&) = delete;
  Several& operator=(const Several&) = delete;

  /// One more, the next of at(): not begun.
  QProcess& add(int rank, int size, const QString& address, int port) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("RANK", QString::number(rank));
    environment.insert("LOCAL_RANK", QString::number(rank));
    environment.insert("WORLD_SIZE", QString::number(size));
    environment.insert("LOCAL_WORLD_SIZE", QString::number(size));
    environment.insert("MASTER_ADDR", address);
    environment.insert("MASTER_PORT", QString::number(port));
    QProcess& process = *processes.emplace_back(std::make_unique<QProcess>());
    process.setProcessEnvironment(environment);
    return process;
  }
  /// Waits for the first word of a task that goes on until a rank is lost.
  bool hasJoined(int rank) {
    return at(rank).waitForReadyRead(60000) && at(rank).readAllStandardOutput() == "joined\n";
  }
  /// Waits for it; code -1 when it crashed, was killed, or is not done within a minute.
  int codeOf(int rank) {
    QProcess& process = at(rank);
    if (process.state() != QProcess::NotRunning && !process.waitForFinished(60000)) return -1;
    errors.resize(processes.size());
    errors[static_cast<std::size_t>(rank)] += process.readAllStandardError();
    return process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
  }
  QProcess& at(int rank) { return *processes[static_cast<std::size_t>(rank)]; }
  /// What it wrote to stderr until codeOf().
  QString errorOf(int rank) { return errors[static_cast<std::size_t>(rank)]; }

private:
  std::vector<std::unique_ptr<QProcess>> processes;
  std::vector<QString> errors;
};

}  // namespace pinwheel::test
