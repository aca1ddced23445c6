// VTK's interactor inside Qt: timers are Qt's, and a request to draw goes to the widget, which draws when it is time.
#pragma once

#include <vtkRenderWindowInteractor.h>

#include <QTimer>
#include <functional>
#include <map>
#include <memory>

namespace pinwheel::views {

/// GUI thread; owned by its RenderWidget.
class VtkInteractor final : public vtkRenderWindowInteractor {
public:
  static VtkInteractor* New();
  vtkTypeMacro(VtkInteractor, vtkRenderWindowInteractor);
  VtkInteractor(const VtkInteractor&) = delete;
  VtkInteractor& operator=(const VtkInteractor&) = delete;

  void setRenderRequest(std::function<void()> request) { m_request = std::move(request); }
  void Initialize() override;
  /// Never draws at once: fifty mouse moves between two frames make one picture.
  void Render() override;
  void TerminateApp() override {}

protected:
  VtkInteractor() = default;
  ~VtkInteractor() override = default;
  int InternalCreateTimer(int timerId, int timerType, unsigned long duration) override;
  int InternalDestroyTimer(int platformTimerId) override;

private:
  std::function<void()> m_request;
  std::map<int, std::unique_ptr<QTimer>> m_timers;
};

}  // namespace pinwheel::views
