// The page of a whole evaluation (`pinwheel-cli evaluate --protocol`) inside the window.
#pragma once

#include <QImage>
#include <QTextBrowser>
#include <QWidget>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "views/background.h"

class QLabel;
class QPushButton;

namespace pinwheel::views {

/// A page that is ready to be shown: its pictures are decoded, and its text names them "picture:0", "picture:1", ...
struct ResultsPage {
  QString file;  ///< absolute
  QString html;
  std::vector<QImage> pictures;  ///< null: cannot be shown
  int missing = 0;               ///< how many are null
};

/// A page that stands alone: its pictures come with it; nothing is fetched, neither from files nor from the network.
class PageBrowser final : public QTextBrowser {
  Q_OBJECT

public:
  using QTextBrowser::QTextBrowser;
  void showPage(const QString& html, std::vector<QImage> pictures);

protected:
  /// Never a null variant, for the document looks for what is null among the files.
  QVariant loadResource(int type, const QUrl& name) override;

private:
  std::vector<QImage> m_pictures;
};

/// GUI thread; pages are read, checked and their pictures decoded on a thread of its own. The destructor waits for the
/// one picture that is decoded then.
class ResultsPanel final : public QWidget {
  Q_OBJECT

public:
  explicit ResultsPanel(QWidget* parent = nullptr);
  ~ResultsPanel() override;
  /// `path`: a report.html, or the folder that holds one. Returns at once; the page is shown, or `failed` tells why
  /// not, when it is read. A newer call overtakes an older one, of which nothing comes any more.
  void open(const QString& path);
  /// Of the page that is shown; empty: none.
  [[nodiscard]] const QString& file() const { return m_file; }

Q_SIGNALS:
  void openRequested();
  /// No page there, unreadable, larger than 256 MB, more than 4 MB of text, no page of Pinwheel; what was shown stays.
  /// A receiver must not destroy the panel.
  void failed(const pinwheel::Error& error);

private:
  void buildBar();
  void takeOver(Expected<ResultsPage> page);
  void tellState();

  PageBrowser* m_browser;
  QLabel* m_empty;
  QLabel* m_name;
  QPushButton* m_outside;
  QString m_file;
  int m_missing = 0;        ///< pictures of the page that cannot be shown
  std::stop_source m_stop;  ///< of the newest reading
  Background<Expected<ResultsPage>> m_reading;
};

}  // namespace pinwheel::views
