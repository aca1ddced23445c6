#include "views/vtk/vtk_messages.h"

#include <vtkObjectFactory.h>
#include <vtkOutputWindow.h>
#include <vtkSmartPointer.h>

#include <QLoggingCategory>
#include <QString>

namespace pinwheel::views {
namespace {

Q_LOGGING_CATEGORY(vtkLog, "pinwheel.vtk")

class QtOutputWindow final : public vtkOutputWindow {
public:
  static QtOutputWindow* New();
  vtkTypeMacro(QtOutputWindow, vtkOutputWindow);

  void DisplayText(const char* text) override { qCInfo(vtkLog).noquote() << trimmed(text); }
  void DisplayDebugText(const char* text) override { qCDebug(vtkLog).noquote() << trimmed(text); }
  void DisplayWarningText(const char* text) override { qCWarning(vtkLog).noquote() << trimmed(text); }
  void DisplayGenericWarningText(const char* text) override { qCWarning(vtkLog).noquote() << trimmed(text); }
  void DisplayErrorText(const char* text) override { qCWarning(vtkLog).noquote() << trimmed(text); }

private:
  static QString trimmed(const char* text) { return QString::fromUtf8(text).trimmed(); }
};
vtkStandardNewMacro(QtOutputWindow);

}  // namespace

void routeVtkMessages() {
  if (QtOutputWindow::SafeDownCast(vtkOutputWindow::GetInstance())) return;
  vtkOutputWindow::SetInstance(vtkSmartPointer<QtOutputWindow>::New());
}

}  // namespace pinwheel::views
