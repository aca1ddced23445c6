// Controls in rows, as many in each as fit: a narrow dock shows all of them.
#pragma once

#include <QLayout>

namespace pinwheel::views {

/// GUI thread. Owns its items, as every layout does.
class FlowLayout final : public QLayout {
public:
  explicit FlowLayout(QWidget* parent = nullptr);
  ~FlowLayout() override;

  void addItem(QLayoutItem* item) override;
  [[nodiscard]] int count() const override;
  [[nodiscard]] QLayoutItem* itemAt(int index) const override;
  QLayoutItem* takeAt(int index) override;
  [[nodiscard]] Qt::Orientations expandingDirections() const override { return {}; }
  [[nodiscard]] bool hasHeightForWidth() const override { return true; }
  [[nodiscard]] int heightForWidth(int width) const override;
  [[nodiscard]] QSize minimumSize() const override;
  [[nodiscard]] QSize sizeHint() const override;
  void setGeometry(const QRect& rect) override;

private:
  /// Height of the rows; sets the items' places when `place`.
  int arrange(const QRect& rect, bool place) const;
  QList<QLayoutItem*> m_items;
};

}  // namespace pinwheel::views
