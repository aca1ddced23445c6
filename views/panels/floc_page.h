// Images of a functional localiser (fLoc) on the disk: its folder, a category, and which of its images.
#pragma once

#include <QWidget>
#include <filesystem>
#include <vector>

#include "engine/data/floc.h"
#include "views/background.h"

class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace pinwheel::views {

/// GUI thread only; folders are listed on another. A folder that is no localiser is told on the page, and the one that
/// was open stays.
class FlocPage final : public QWidget {
  Q_OBJECT

public:
  explicit FlocPage(QWidget* parent = nullptr);

  /// The image that is chosen; empty while no localiser is open.
  [[nodiscard]] std::filesystem::path file() const;
  /// The localiser to open once somebody turns to this page.
  void setFolder(const QString& folder);
  /// Somebody turned to this page.
  void turnedTo();
  void open(const QString& folder);
  /// The next image of the category; behind the last the first.
  void next();

Q_SIGNALS:
  /// Another image, by a control or because a localiser was opened.
  void chosen();
  void opened(const QString& folder);

private:
  struct Listed {
    QString folder;
    Expected<data::FlocListing> listing;
  };

  void take(Listed listed);
  void turnToCategory();
  void choose();
  void askForFolder();

  QString m_folder;
  std::vector<data::FlocCategory> m_categories;  ///< those with images
  QPushButton* m_open;
  QComboBox* m_category;
  QSpinBox* m_exemplar;  ///< counts from 1
  QLabel* m_told;
  Background<Listed> m_lister;
};

}  // namespace pinwheel::views
