#include "views/window/notice_bar.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QTimer>
#include <QToolButton>

namespace pinwheel::views {
namespace {

constexpr int kInformationMs = 6000;

}  // namespace

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent), m_icon(new QLabel(this)), m_text(new QLabel(this)), m_copy(new QToolButton(this)) {
  setObjectName("noticeBar");
  setAccessibleName(tr("Messages"));
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  m_text->setObjectName("noticeBar.text");
  m_text->setWordWrap(true);
  m_text->setTextFormat(Qt::PlainText);
  m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  m_copy->setObjectName("noticeBar.copy");
  m_copy->setText(tr("Copy details"));
  m_copy->setAccessibleName(tr("Copy the details of this message"));
  auto* close = new QToolButton(this);
  close->setObjectName("noticeBar.dismiss");
  close->setText(tr("Dismiss"));
  close->setAccessibleName(tr("Dismiss this message"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 4, 8, 4);
  layout->addWidget(m_icon, 0, Qt::AlignTop);
  layout->addWidget(m_text, 1);
  layout->addWidget(m_copy, 0, Qt::AlignTop);
  layout->addWidget(close, 0, Qt::AlignTop);
  connect(m_copy, &QToolButton::clicked, this, &NoticeBar::copyDetails);
  connect(close, &QToolButton::clicked, this, &NoticeBar::dismiss);
  hide();
}

void NoticeBar::show(const session::Notice& notice) {
  using Kind = session::Notice::Kind;
  if (isVisible() && m_kind == Kind::error && notice.kind == Kind::information) return;
  const Error& error = notice.error;
  m_kind = notice.kind;
  m_details = QString::fromStdString(error.text());
  QString text = QString::fromStdString(error.what);
  if (!error.why.empty()) text += tr(": %1").arg(QString::fromStdString(error.why));
  if (!error.hint.empty()) text += tr("\nWhat to do: %1").arg(QString::fromStdString(error.hint));
  m_text->setText(text);
  m_text->setToolTip(QString::fromStdString(error.path));
  const auto icon = notice.kind == Kind::error     ? QStyle::SP_MessageBoxCritical
                    : notice.kind == Kind::warning ? QStyle::SP_MessageBoxWarning
                                                   : QStyle::SP_MessageBoxInformation;
  m_icon->setPixmap(style()->standardIcon(icon).pixmap(18, 18));
  m_copy->setVisible(notice.kind != Kind::information);
  QFrame::show();
  const int shown = ++m_shown;
  if (notice.kind != Kind::information) return;
  QTimer::singleShot(kInformationMs, this, [this, shown] {
    if (shown == m_shown) dismiss();
  });
}

void NoticeBar::dismiss() {
  ++m_shown;
  hide();
}

void NoticeBar::copyDetails() {
  QGuiApplication::clipboard()->setText(m_details);
}

}  // namespace pinwheel::views
