#include "views/export/film.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "views/export/figure_parts.h"
#include "views/export/paper_text.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr std::size_t kMostPictures = 100'000;
// A picture of this width has this resolution; others are the same picture, larger or smaller.
constexpr int kPlainWidthPx = 1280;
constexpr int kPlainDpi = 144;

FigureData dataAt(const guests::RecordedState& state, const std::shared_ptr<const FieldScales>& scales) {
  FigureData data;
  data.network = state.network;
  data.maps = state.maps;
  data.activity = state.activity;
  data.training = state.training;
  data.lesionEffect = state.lesion;
  data.lesion = state.network->lesion;
  data.scales = scales;
  return data;
}

FilmFrame describe(const guests::RecordedState& state, std::int64_t step, int number) {
  FilmFrame frame{number, step, 0, 0, session::kUnknown, session::kUnknown};
  if (!state.training) return frame;
  const training::StepReport& report = state.training->report;
  if (report.batches > 0) {
    frame.epochs = report.epochs;
    frame.epoch = std::min(report.epoch + 1, report.epochs);
    frame.training = report.trainAccuracy;
  }
  for (const session::EpochPoint& epoch : state.training->epochs)
    if (epoch.step <= step && std::isfinite(epoch.validationAccuracy)) frame.validation = epoch.validationAccuracy;
  return frame;
}

QString percent(double share) {
  return QLocale::c().toString(100 * share, 'f', 1) + " %";
}

QString heading(const FilmFrame& frame) {
  QStringList parts{QString("Step %1").arg(countText(frame.step))};
  if (frame.epoch > 0) parts << QString("epoch %1 of %2").arg(countText(frame.epoch), countText(frame.epochs));
  if (std::isfinite(frame.training)) parts << QString("training accuracy %1").arg(percent(frame.training));
  if (std::isfinite(frame.validation)) parts << QString("validation accuracy %1").arg(percent(frame.validation));
  return parts.join(", ");
}

// Pixels of a page, and what is on it.
class Page {
public:
  explicit Page(int widthPx) : m_width(widthPx / 2 * 2) {
    m_dpi = std::max(1, static_cast<int>(std::lround(double{kPlainDpi} * m_width / kPlainWidthPx)));
    m_heading = static_cast<int>(std::lround(2.4 * kFontPt * m_dpi / 72));
  }
  [[nodiscard]] double widthMm() const { return m_width * 25.4 / m_dpi; }
  void fit(const Figure& figure) {
    const int height = m_heading + static_cast<int>(std::ceil(figure.heightMm / 25.4 * m_dpi));
    m_height = std::max(m_height, (height + 1) / 2 * 2);
  }

  [[nodiscard]] QImage draw(const Expected<Figure>& figure, const QString& text, const QString& title) const {
    QImage image(m_width, m_height, QImage::Format_RGB32);
    image.setDotsPerMeterX(static_cast<int>(std::lround(m_dpi / 25.4 * 1000)));
    image.setDotsPerMeterY(image.dotsPerMeterX());
    image.fill(Qt::white);
    QPainter painter(&image);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    const MapStyle style = paperStyle();
    QFont font = figureFont(kFontPt);
    font.setBold(true);
    painter.setFont(font);
    painter.setPen(style.text);
    const double edge = 1.5 / 25.4 * m_dpi;
    const QRectF top(edge, 0, m_width - 2 * edge, m_heading);
    painter.drawText(top, Qt::AlignLeft | Qt::AlignVCenter, text);
    const double left = painter.fontMetrics().horizontalAdvance(text) + 2 * edge;
    font.setBold(false);
    painter.setFont(font);
    painter.setPen(style.quiet);
    const QRectF rest = top.adjusted(left, 0, 0, 0);
    if (rest.width() > 0)
      painter.drawText(rest, Qt::AlignRight | Qt::AlignVCenter,
                       painter.fontMetrics().elidedText(title, Qt::ElideMiddle, static_cast<int>(rest.width())));
    const QRectF below(0, m_heading, m_width, m_height - m_heading);
    if (!figure) {
      painter.drawText(below.adjusted(edge, edge, -edge, -edge), Qt::AlignCenter | Qt::TextWordWrap,
                       QString::fromStdString(figure.error().why.empty() ? figure.error().what : figure.error().why));
      return image;
    }
    const QRectF own(0, 0, m_width, figure->heightMm / 25.4 * m_dpi);
    painter.translate(below.topLeft());
    // One that is higher than those that the page was made for.
    if (const double scale = below.height() / own.height(); scale < 1) painter.scale(scale, scale);
    figure->paint(painter, own);
    return image;
  }

  static constexpr double kFontPt = 7;

private:
  int m_width;
  int m_height = 0;
  int m_dpi;
  int m_heading;
};

tl::unexpected<Error> givenUp() {
  return failure("The pictures were not all drawn", "it was given up before the last one", "export them again");
}

}  // namespace

Expected<std::vector<std::int64_t>> chooseSteps(const guests::Timeline& line, const FilmSteps& wanted) {
  const std::int64_t earliest = line.maps.empty() ? line.firstStep : line.maps.front();
  const std::int64_t from = std::max(wanted.from.value_or(earliest), line.firstStep);
  const std::int64_t to = std::min(wanted.to.value_or(line.lastStep), line.lastStep);
  const std::string range = "the recording has steps " + std::to_string(line.firstStep) + " to " +
                            std::to_string(line.lastStep) + ", and maps at " + std::to_string(line.maps.size()) +
                            " of them";
  if (from > to) return failure("There are no steps to draw", range, "choose others with --from and --to");
  std::vector<std::int64_t> steps;
  const auto tooMany = [&] {
    return failure("These are more than 100,000 pictures", range, "take fewer with --every or --count");
  };
  if (wanted.every > 0) {
    if (static_cast<std::uint64_t>(to - from) / static_cast<std::uint64_t>(wanted.every) >= kMostPictures)
      return tooMany();
    for (std::int64_t step = from; step <= to - wanted.every; step += wanted.every) steps.push_back(step);
    steps.push_back(steps.empty() ? from : steps.back() + wanted.every);
  } else if (wanted.count > 0) {
    if (static_cast<std::size_t>(wanted.count) > kMostPictures) return tooMany();
    const int last = std::max(1, wanted.count - 1);
    for (int i = 0; i < wanted.count; ++i) {
      const double share = wanted.count == 1 ? 1 : static_cast<double>(i) / last;
      steps.push_back(from + std::llround(share * static_cast<double>(to - from)));
    }
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  } else {
    for (const std::int64_t step : line.maps)
      if (step >= from && step <= to) steps.push_back(step);
    if (steps.empty()) return failure("There are no maps to draw in these steps", range, "choose others");
    if (steps.size() > kMostPictures) return tooMany();
  }
  return steps;
}

Status makeFilm(guests::RecordedRun& run, const FilmSpec& spec, const FilmSink& sink,
                const std::function<void(int, int)>& progress, const std::stop_token& stop) {
  const std::vector<std::int64_t> mapped = run.timeline()->maps;
  const auto total = static_cast<int>(mapped.size() + spec.steps.size());
  int done = 0;
  const auto tell = [&] {
    if (progress) progress(done, total);
  };
  auto scales = std::make_shared<FieldScales>();
  for (const std::int64_t step : mapped) {
    if (stop.stop_requested()) return givenUp();
    const guests::RecordedState& state = run.at(step);
    scales->widen(state.network, state.maps);
    ++done;
    tell();
  }

  Page page(spec.widthPx);
  FigureSpec figureSpec = spec.figure;
  figureSpec.widthMm = page.widthMm();
  figureSpec.fontPt = Page::kFontPt;
  figureSpec.stop = stop;
  figureSpec.progress = {};
  const auto figureAt = [&](std::int64_t step) { return makeFigure(figureSpec, dataAt(run.at(step), scales)); };
  const auto last = figureAt(spec.steps.back());
  const auto first = figureAt(spec.steps.front());
  if (stop.stop_requested()) return givenUp();
  if (!last && !first) return tl::unexpected(last.error());
  for (const auto* figure : {&first, &last})
    if (*figure) page.fit(**figure);

  int number = 0;
  for (const std::int64_t step : spec.steps) {
    const auto figure = figureAt(step);
    if (stop.stop_requested()) return givenUp();
    const guests::RecordedState& state = run.at(step);
    const FilmFrame frame = describe(state, step, ++number);
    const QImage picture = page.draw(figure, heading(frame), QString::fromStdString(state.network->title));
    if (Status status = sink(picture, frame); !status) return status;
    ++done;
    tell();
  }
  return {};
}

}  // namespace pinwheel::views
