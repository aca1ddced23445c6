// What is shown to the network: an image of the built-in world, a grating, an image of a localiser, or a file.
#pragma once

#include <QWidget>

#include "engine/session/commands.h"

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;
class QStackedWidget;

namespace pinwheel::views {

class FlocPage;

/// The classes of the built-in world, in the order of `Stimulus::category`.
[[nodiscard]] const QStringList& worldCategories();

/// GUI thread only. Knows no scene: it says what was chosen.
class StimulusChooser final : public QWidget {
  Q_OBJECT

public:
  explicit StimulusChooser(QWidget* parent = nullptr);

  [[nodiscard]] session::Stimulus stimulus() const;
  /// False where the kind is a file and none was chosen yet.
  [[nodiscard]] bool hasStimulus() const;
  /// Of images of a category and of gratings; a file has none behind it.
  [[nodiscard]] bool hasNext() const;
  /// Chooses the next image of the category, behind the last the first; a grating turned by a twelfth of half a circle.
  void next();
  /// Of a grating: half the image's side is the highest frequency that can be drawn.
  void setImageSide(int pixels);
  /// Chooses a file: one that was opened or dropped.
  void setFile(const QString& path);
  /// The folder of the localiser (fLoc) to open once images of it are asked for.
  void setFlocFolder(const QString& folder);

Q_SIGNALS:
  void chosen();
  /// A localiser was opened; to be remembered.
  void flocOpened(const QString& folder);

private:
  QWidget* buildCategory();
  QWidget* buildGrating();
  QWidget* buildFile();
  QSlider* addSlider(QGridLayout* grid, int row, const char* name, const QString& label, int maximum, int value);
  void turnTo(int page);
  [[nodiscard]] bool showsFloc() const;
  void changed();
  void describeSliders();
  void openFile();

  bool m_quiet = false;
  QComboBox* m_kind;
  QStackedWidget* m_pages;
  QComboBox* m_category;
  QSpinBox* m_exemplar;
  QSlider* m_angle;
  QSlider* m_frequency;  ///< halves of a cycle per image
  QSlider* m_phase;
  QLabel* m_values[3] = {};
  QCheckBox* m_chromatic = nullptr;
  QPushButton* m_open;
  QLabel* m_name;
  QString m_file;
  FlocPage* m_floc;
};

}  // namespace pinwheel::views
