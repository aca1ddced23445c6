// Runs pinwheel-cli as a user runs it.
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

namespace pinwheel::test {

struct Outcome {
  int code = -1;
  QString out;
  QString error;
};

/// The recipes of this source tree, wherever the program was built.
inline void prepare(QProcess& process) {
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert("PINWHEEL_RESOURCES", PINWHEEL_SOURCE_DIR "/resources");
  process.setProcessEnvironment(environment);
}

/// Any program, to its end; code -1 when it crashed or took more than five minutes.
inline Outcome runProgram(const QString& program, const QStringList& arguments) {
  QProcess process;
  prepare(process);
  process.start(program, arguments);
  if (!process.waitForFinished(300000)) return {};
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
          process.readAllStandardError()};
}

inline Outcome run(const QStringList& arguments) {
  return runProgram(PINWHEEL_CLI_PATH, arguments);
}

}  // namespace pinwheel::test
