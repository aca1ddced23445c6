#include "views/vtk/vtk_interactor.h"

#include <vtkCommand.h>
#include <vtkObjectFactory.h>

namespace pinwheel::views {

vtkStandardNewMacro(VtkInteractor);

void VtkInteractor::Initialize() {
  Initialized = 1;
  Enable();
}

void VtkInteractor::Render() {
  if (m_request) m_request();
}

int VtkInteractor::InternalCreateTimer(int timerId, int timerType, unsigned long duration) {
  auto timer = std::make_unique<QTimer>();
  timer->setSingleShot(timerType == OneShotTimer);
  QObject::connect(timer.get(), &QTimer::timeout, timer.get(), [this, timerId] {
    int id = timerId;
    InvokeEvent(vtkCommand::TimerEvent, &id);
  });
  timer->start(static_cast<int>(duration));
  m_timers[timerId] = std::move(timer);
  return timerId;
}

int VtkInteractor::InternalDestroyTimer(int platformTimerId) {
  const auto found = m_timers.find(platformTimerId);
  if (found == m_timers.end()) return 0;
  // A timer is destroyed from its own timeout at times.
  found->second->stop();
  found->second.release()->deleteLater();
  m_timers.erase(found);
  return 1;
}

}  // namespace pinwheel::views
