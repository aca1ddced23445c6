// How the unit that is pointed at answers, or what is selected while none is: tuning curves, domains, best stimuli.
#pragma once

#include <QTimer>
#include <QWidget>
#include <array>
#include <cstdint>
#include <vector>

class QGridLayout;
class QLabel;

namespace pinwheel::views {

class ChartView;
class Scene;
class Selection;

/// GUI thread only. Hidden, it asks for nothing.
class TuningPanel final : public QWidget {
  Q_OBJECT

public:
  TuningPanel(Scene& scene, Selection& selection, QWidget* parent = nullptr);

protected:
  void showEvent(QShowEvent* event) override;

private:
  void buildCharts(QWidget* page);
  void ask(bool again);
  void refresh();
  void showBest();

  Scene& m_scene;
  Selection& m_selection;
  QTimer m_debounce;
  std::uint64_t m_askedNetwork = 0;
  int m_askedSheet = -1;
  std::vector<std::int32_t> m_asked;
  QLabel* m_empty;
  QWidget* m_answer;  ///< all that shows a unit
  QLabel* m_summary;
  ChartView* m_orientation;
  ChartView* m_frequency;
  ChartView* m_colour;
  ChartView* m_domains;
  QWidget* m_best;
  std::array<QLabel*, 6> m_pictures{};
  std::array<QLabel*, 6> m_names{};
};

}  // namespace pinwheel::views
