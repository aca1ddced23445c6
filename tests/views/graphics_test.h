// What the tests of widgets that draw with OpenGL share.
#pragma once

#include <QApplication>
#include <QImage>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QtTest>

#include "views/theme.h"
#include "views/vtk/graphics.h"
#include "views/vtk/render_widget.h"

namespace pinwheel::test {

/// As the program starts, then the tests of one class.
template <class Test>
int runWithGraphics(int argc, char** argv) {
  views::prepareGraphics();
  const QApplication app(argc, argv);
  QApplication::setStyle(QStringLiteral("Fusion"));
  QApplication::setPalette(views::lightPalette());
  Test test;
  return QTest::qExec(&test, argc, argv);
}

/// From then on a message of VTK's fails the test function; call it in init().
inline void failOnVtkMessages() {
  QTest::failOnWarning(QRegularExpression(QStringLiteral("(Warning|ERROR): In |vtk[A-Z]|GL error|QOpenGL")));
}

/// The newest error of the widget's context; GL_NO_ERROR when all is well.
inline GLenum glErrorOf(views::RenderWidget& widget) {
  widget.makeCurrent();
  const GLenum error = widget.context()->functions()->glGetError();
  widget.doneCurrent();
  return error;
}

inline bool near(QRgb a, QRgb b, int tolerance) {
  return std::abs(qRed(a) - qRed(b)) <= tolerance && std::abs(qGreen(a) - qGreen(b)) <= tolerance &&
         std::abs(qBlue(a) - qBlue(b)) <= tolerance;
}

/// Runs one function of this test program anew, on a screen of another density; its output on failure.
inline QString failureAtScale(const QString& function, const QString& factor) {
  QProcess process;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert(QStringLiteral("QT_SCALE_FACTOR"), factor);
  process.setProcessEnvironment(environment);
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start(QCoreApplication::applicationFilePath(), {function});
  if (!process.waitForFinished(60000)) return QStringLiteral("did not end");
  const QString output = QString::fromUtf8(process.readAll());
  const bool ran = output.contains(function + QStringLiteral("(")) && process.exitStatus() == QProcess::NormalExit;
  return ran && process.exitCode() == 0 ? QString() : output;
}

}  // namespace pinwheel::test
