#include "views/window/workspace.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>
#include <cmath>

namespace pinwheel::views {
namespace {

constexpr int kFormat = 1;
constexpr int kWindows = 16;
constexpr qint64 kLargest = 64 << 20;
constexpr double kMostUnits = 10'000'000;

QJsonArray array(const std::vector<std::int32_t>& units) {
  QJsonArray out;
  for (const std::int32_t unit : units) out.append(unit);
  return out;
}

// Reads numbers that a hand or a crash may have changed; the first that cannot be ends it.
class Reader {
public:
  int integer(const QJsonObject& object, const char* key, int low, int high, int fallback) {
    const QJsonValue value = object.value(QLatin1String(key));
    if (value.isUndefined()) return fallback;
    const double number = value.toDouble(NAN);
    if (!(number >= low && number <= high) || number != std::floor(number)) {
      bad(key);
      return fallback;
    }
    return static_cast<int>(number);
  }
  double real(const QJsonObject& object, const char* key, double low, double high) {
    const double number = object.value(QLatin1String(key)).toDouble(NAN);
    if (!(number >= low && number <= high)) bad(key);
    return number;
  }
  bool flag(const QJsonObject& object, const char* key) {
    const QJsonValue value = object.value(QLatin1String(key));
    if (!value.isBool() && !value.isUndefined()) bad(key);
    return value.toBool();
  }
  // All 64 bits, which a JSON number does not have: a text.
  std::uint64_t seed(const QJsonObject& object, const char* key, std::uint64_t fallback) {
    const QJsonValue value = object.value(QLatin1String(key));
    if (value.isUndefined()) return fallback;
    bool right = false;
    const std::uint64_t seed = value.toString().toULongLong(&right);
    if (!right) bad(key);
    return seed;
  }
  std::vector<std::int32_t> units(const QJsonObject& object, const char* key, double largest) {
    std::vector<std::int32_t> out;
    for (const QJsonValue& value : object.value(QLatin1String(key)).toArray()) {
      const double unit = value.toDouble(-1);
      if (!(unit >= 0 && unit < largest) || unit != std::floor(unit)) {
        bad(key);
        return {};
      }
      out.push_back(static_cast<std::int32_t>(unit));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  void bad(const char* key) {
    if (m_bad.isEmpty()) m_bad = QLatin1String(key);
  }
  [[nodiscard]] const QString& whatIsBad() const { return m_bad; }

private:
  QString m_bad;
};

}  // namespace

QByteArray toJson(const Workspace& workspace) {
  QJsonArray parts;
  for (const session::LesionPart& part : workspace.lesion.parts) {
    QJsonArray steps;
    for (const int step : part.timeSteps) steps.append(step);
    parts.append(QJsonObject{{"sheet", static_cast<int>(part.sheet)},
                             {"kind", static_cast<int>(part.kind)},
                             {"strength", part.strength},
                             {"time_steps", steps},
                             {"units", array(part.units)}});
  }
  const QJsonObject field{{"quantity", static_cast<int>(workspace.field.quantity)},
                          {"domain", workspace.field.domain},
                          {"time_step", workspace.field.timeStep},
                          {"smoothed", workspace.field.smoothed},
                          {"before_lesion", workspace.field.before}};
  const QJsonObject root{{"pinwheel_session", kFormat},
                         {"checkpoint", workspace.checkpoint},
                         {"lesion", parts},
                         {"sham_seed", QString::number(workspace.shamSeed)},
                         {"selected_sheet", workspace.selectedSheet},
                         {"units", array(workspace.units)},
                         {"sheet", workspace.sheet},
                         {"field", field},
                         {"layout", QString::fromLatin1(workspace.layout.toBase64())},
                         {"geometry", QString::fromLatin1(workspace.geometry.toBase64())},
                         {"camera", workspace.camera}};
  return QJsonDocument(root).toJson(QJsonDocument::Compact);
}

Expected<Workspace> workspaceFromJson(const QByteArray& json) {
  QJsonParseError error;
  const QJsonObject root = QJsonDocument::fromJson(json, &error).object();
  if (error.error != QJsonParseError::NoError)
    return failure("This session file cannot be read", error.errorString().toStdString(),
                   "it is damaged or something else: open the checkpoint itself");
  if (!root.contains("pinwheel_session"))
    return failure("This is no session file", "it does not say pinwheel_session", "open a checkpoint instead");
  if (root.value("pinwheel_session").toInt() > kFormat)
    return failure("This session file is newer than this program", "it has a later format", "update Pinwheel");
  Reader read;
  Workspace workspace;
  workspace.checkpoint = root.value("checkpoint").toString();
  for (const QJsonValue& value : root.value("lesion").toArray()) {
    const QJsonObject object = value.toObject();
    session::LesionPart part;
    part.sheet = static_cast<std::size_t>(read.integer(object, "sheet", 0, 1000, 0));
    part.kind = static_cast<session::PerturbationKind>(
        read.integer(object, "kind", 0, static_cast<int>(session::PerturbationKind::freeze), 0));
    part.strength = read.real(object, "strength", 0, 1);
    for (const QJsonValue& step : object.value("time_steps").toArray()) {
      if (step.toInt(-1) < 0 || step.toInt() > 10000) read.bad("time_steps");
      part.timeSteps.push_back(step.toInt());
    }
    part.units = read.units(object, "units", kMostUnits);
    if (part.units.empty()) read.bad("units");
    workspace.lesion.parts.push_back(std::move(part));
  }
  workspace.shamSeed = read.seed(root, "sham_seed", workspace.shamSeed);
  workspace.selectedSheet = read.integer(root, "selected_sheet", -1, 1000, -1);
  workspace.units = read.units(root, "units", kMostUnits);
  workspace.sheet = read.integer(root, "sheet", 0, 1000, 0);
  const QJsonObject field = root.value("field").toObject();
  workspace.field.quantity =
      static_cast<Quantity>(read.integer(field, "quantity", 0, static_cast<int>(Quantity::lossShare), 0));
  workspace.field.domain = read.integer(field, "domain", 0, 1000, 0);
  workspace.field.timeStep = read.integer(field, "time_step", 0, 10000, 0);
  workspace.field.smoothed = read.flag(field, "smoothed");
  workspace.field.before = read.flag(field, "before_lesion");  // files of before it was kept lack it
  workspace.layout = QByteArray::fromBase64(root.value("layout").toString().toLatin1());
  workspace.geometry = QByteArray::fromBase64(root.value("geometry").toString().toLatin1());
  workspace.camera = root.value("camera").toString();
  if (!read.whatIsBad().isEmpty())
    return failure("This session file cannot be read",
                   "\"" + read.whatIsBad().toStdString() + "\" holds a value that cannot be",
                   "it is damaged: open the checkpoint itself");
  return workspace;
}

Status saveWorkspace(const QString& path, const Workspace& workspace) {
  QSaveFile file(path);
  const QByteArray json = toJson(workspace);
  if (!file.open(QIODevice::WriteOnly) || file.write(json) != json.size() || !file.commit())
    return failure("The session was not saved", file.errorString().toStdString(), "choose another place",
                   path.toStdString());
  return {};
}

Expected<Workspace> loadWorkspace(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly))
    return failure("This session file cannot be opened", file.errorString().toStdString(), "check its name",
                   path.toStdString());
  if (file.size() > kLargest)
    return failure("This is no session file", "it is larger than 64 MB", "open a checkpoint instead",
                   path.toStdString());
  auto workspace = workspaceFromJson(file.readAll());
  if (!workspace) workspace.error().path = path.toStdString();
  return workspace;
}

Autosave::Autosave(const QString& folder) {
  m_pool.setMaxThreadCount(1);
  if (!QDir().mkpath(folder)) return;
  for (int window = 1; window <= kWindows && !m_lock; ++window) {
    const QString path = QDir(folder).filePath(QString("autosave-%1.json").arg(window));
    auto lock = std::make_unique<QLockFile>(path + ".lock");
    lock->setStaleLockTime(0);  // a lock is stale when its process is gone, however old it is
    if (!lock->tryLock(0)) continue;
    m_lock = std::move(lock);
    m_path = path;
  }
  // A file that cannot be read is not worth an error at every start: it is overwritten.
  if (m_lock && QFile::exists(m_path))
    if (auto left = loadWorkspace(m_path)) m_left = std::move(*left);
}

Autosave::~Autosave() {
  m_pool.waitForDone();
}

void Autosave::save(const Workspace& workspace) {
  if (!m_lock) return;
  m_pool.clear();
  m_pool.start([workspace, path = m_path] { (void)saveWorkspace(path, workspace); });
}

void Autosave::finish() {
  m_pool.clear();
  m_pool.waitForDone();
  if (m_lock) QFile::remove(m_path);
}

}  // namespace pinwheel::views
