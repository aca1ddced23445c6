#include "engine/data/world.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "engine/core/random.h"
#include "engine/data/canvas.h"

namespace pinwheel::data {
namespace {

constexpr double kPi = std::numbers::pi;
const std::vector<std::string> kCategories{"adult",  "child", "body",     "limb", "word",
                                           "number", "house", "corridor", "car",  "instrument"};

// The tones of one image: an object of one hue on a ground of another, light on dark or dark on light, so that no mean
// brightness or colour gives the category away.
class Palette {
public:
  explicit Palette(Random& random) {
    const bool lightObject = random.below(2) == 1;
    m_ground = lightObject ? random.uniform(0.12, 0.45) : random.uniform(0.55, 0.88);
    const double contrast = random.uniform(0.26, 0.42);
    m_object = lightObject ? m_ground + contrast : m_ground - contrast;
    m_sign = lightObject ? 1 : -1;
    for (auto* tint : {&m_objectTint, &m_groundTint})
      for (double& t : *tint) t = 0.09 * random.normal();
  }
  /// 0 is the object's own tone; negative tones go towards the ground's side and beyond, positive away from it.
  [[nodiscard]] Colour object(double tone = 0) const { return tinted(m_object + m_sign * tone, m_objectTint); }
  [[nodiscard]] Colour ground(double tone = 0) const { return tinted(m_ground + tone, m_groundTint); }

private:
  static Colour tinted(double value, const std::array<double, 3>& tint) {
    return {static_cast<float>(value + tint[0]), static_cast<float>(value + tint[1]),
            static_cast<float>(value + tint[2])};
  }
  double m_ground = 0;
  double m_object = 0;
  int m_sign = 1;
  std::array<double, 3> m_objectTint{};
  std::array<double, 3> m_groundTint{};
};

// --- grounds: a mixture of waves (roughly 1/f), sometimes stripes, and clutter of the object's own tones.
void paintGround(Canvas& canvas, Random& random, const Palette& palette) {
  const int side = canvas.side();
  struct Wave {
    double kx, ky, phase, height;
  };
  std::array<Wave, 10> waves{};
  for (Wave& wave : waves) {
    const double cycles = 0.5 * std::pow(16.0, random.uniform());
    const double angle = random.uniform(0, 2 * kPi);
    wave = {2 * kPi * cycles * std::cos(angle) / side, 2 * kPi * cycles * std::sin(angle) / side,
            random.uniform(0, 2 * kPi), random.uniform(0.02, 0.09) / std::sqrt(cycles)};
  }
  if (random.uniform() < 0.3) waves[0].height = random.uniform(0.08, 0.14);  // stripes
  const Colour base = palette.ground();
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      double value = 0;
      for (const Wave& wave : waves) value += wave.height * std::cos(wave.kx * x + wave.ky * y + wave.phase);
      for (int c = 0; c < 3; ++c)
        canvas.channel(c)[static_cast<std::size_t>(y) * static_cast<std::size_t>(side) + static_cast<std::size_t>(x)] =
            base[static_cast<std::size_t>(c)] + static_cast<float>(value);
    }
  canvas.place({});
  const auto clutter = random.below(7);
  for (std::uint64_t i = 0; i < clutter; ++i) {
    const Colour colour =
        random.below(2) == 0 ? palette.object(random.uniform(-0.25, 0.05)) : palette.ground(random.uniform(-0.2, 0.2));
    const Point at{random.uniform(-1.1, 1.1), random.uniform(-1.1, 1.1)};
    if (random.below(2) == 0)
      canvas.ellipse(at, random.uniform(0.04, 0.22), random.uniform(0.04, 0.22), colour);
    else
      canvas.stroke(at, {at.x + random.uniform(-0.6, 0.6), at.y + random.uniform(-0.6, 0.6)},
                    random.uniform(0.02, 0.06), colour);
  }
}

// --- faces
void paintFace(Canvas& canvas, Random& random, const Palette& palette, bool child) {
  const double width = child ? random.uniform(0.74, 0.82) : random.uniform(0.58, 0.68);
  const double height = child ? random.uniform(0.74, 0.82) : random.uniform(0.86, 0.96);
  const double look = random.uniform(-0.14, 0.14);  // the head turned to a side
  const Colour skin = palette.object();
  const Colour hair = palette.object(random.uniform(-0.34, -0.22));
  const Colour dark = palette.object(-0.36);
  if (!child || random.below(3) > 0) canvas.ellipse({0, -0.16}, width + 0.12, height * (child ? 0.88 : 0.98), hair);
  if (!child && random.below(2) == 0) canvas.rectangle({-width - 0.1, -0.1}, {width + 0.1, 0.75}, hair);  // long hair
  canvas.ellipse({0, 0.06}, width, height * 0.94, skin);
  canvas.ellipse({0.3 * look, -height * 0.72}, width * 0.85, height * 0.26, hair);  // fringe
  const double eyeY = child ? 0.1 : -0.1;
  const double eyeX = child ? 0.34 : 0.27;
  const double eye = child ? 0.15 : 0.095;
  for (const double side : {-1.0, 1.0}) {
    canvas.ellipse({side * eyeX + look, eyeY}, eye * 1.35, eye, palette.object(0.24));
    canvas.ellipse({side * eyeX + 1.2 * look, eyeY}, eye * 0.72, eye * 0.85, dark);
    if (!child)
      canvas.stroke({side * (eyeX + 0.13) + look, eyeY - 0.2}, {side * (eyeX - 0.11) + look, eyeY - 0.22}, 0.04, dark);
  }
  if (child)
    canvas.ellipse({1.3 * look, 0.34}, 0.07, 0.05, palette.object(-0.16));
  else
    canvas.stroke({1.3 * look, -0.02}, {1.5 * look + 0.05, 0.26}, 0.045, palette.object(-0.18));
  const double mouthY = child ? 0.53 : 0.52;
  const double smile = random.uniform(-0.04, 0.1);
  const double mouth = child ? 0.15 : 0.24;
  const Point lips[] = {{-mouth + look, mouthY}, {look, mouthY + smile}, {mouth + look, mouthY}};
  canvas.polyline(lips, child ? 0.05 : 0.055, dark);
}

// --- bodies
Point along(Point from, double angle, double length) {
  return {from.x + length * std::sin(angle), from.y + length * std::cos(angle)};
}

void paintBody(Canvas& canvas, Random& random, const Palette& palette) {
  const Colour skin = palette.object();
  const Colour cloth = palette.object(random.uniform(-0.2, -0.08));
  const double shoulder = random.uniform(0.26, 0.36);
  const double hip = random.uniform(0.18, 0.28);
  const double lean = random.uniform(-0.08, 0.08);
  for (const double side : {-1.0, 1.0}) {
    const Point knee = along({side * hip * 0.6, 0.12}, side * random.uniform(-0.05, 0.5), 0.44);
    canvas.stroke({side * hip * 0.6, 0.12}, knee, 0.115, cloth);
    canvas.stroke(knee, along(knee, side * random.uniform(-0.4, 0.3), 0.4), 0.085, skin);
    const Point elbow = along({side * shoulder + lean, -0.62}, side * random.uniform(0.15, 1.9), 0.38);
    canvas.stroke({side * shoulder + lean, -0.62}, elbow, 0.08, cloth);
    canvas.stroke(elbow, along(elbow, side * random.uniform(-0.6, 2.4), 0.36), 0.062, skin);
  }
  const Point torso[] = {{-shoulder + lean, -0.7}, {shoulder + lean, -0.7}, {hip, 0.2}, {-hip, 0.2}};
  canvas.polygon(torso, cloth);
  canvas.stroke({lean, -0.76}, {lean, -0.66}, 0.1, skin);                                       // a neck, no head
  if (random.below(2) == 0) canvas.rectangle({-hip, 0.08}, {hip, 0.18}, palette.object(-0.3));  // belt
}

void paintLimb(Canvas& canvas, Random& random, const Palette& palette) {
  const Colour skin = palette.object();
  const Colour shade = palette.object(-0.14);
  if (random.below(2) == 0) {  // an arm and a spread hand
    const Point wrist{0.1, random.uniform(-0.12, 0.12)};
    canvas.stroke({-1.05, random.uniform(-0.25, 0.25)}, wrist, random.uniform(0.15, 0.2), skin);
    const Point palm{0.3, wrist.y};
    canvas.ellipse(palm, 0.27, 0.23, skin);
    const double spread = random.uniform(0.16, 0.32);
    for (int f = 0; f < 4; ++f) {
      const double angle = (f - 1.5) * spread;
      const double length = 0.46 + (f == 1 || f == 2 ? 0.12 : 0) + random.uniform(-0.05, 0.05);
      canvas.stroke({palm.x + 0.2 * std::cos(angle), palm.y + 0.22 * std::sin(angle) * 1.6 + 0.03 * (f - 1.5)},
                    {palm.x + (0.2 + length) * std::cos(angle), palm.y + (0.22 + length) * std::sin(angle)}, 0.06,
                    skin);
    }
    canvas.stroke({palm.x - 0.08, palm.y + 0.14}, {palm.x + 0.16, palm.y + random.uniform(0.42, 0.56)}, 0.07, skin);
    canvas.stroke({palm.x - 0.1, palm.y - 0.08}, {palm.x + 0.12, palm.y + 0.08}, 0.025, shade);
    return;
  }
  const double bend = random.uniform(-0.1, 0.5);  // a leg and its foot
  const Point knee{-0.05 + 0.5 * bend, -0.15};
  canvas.stroke({-0.25, -1.05}, knee, random.uniform(0.2, 0.26), skin);
  const Point ankle{-0.05, 0.7};
  canvas.stroke(knee, ankle, 0.15, skin);
  canvas.stroke({ankle.x + 0.02, ankle.y + 0.1}, {ankle.x + 0.5, ankle.y + 0.16}, 0.12, skin);
  canvas.ellipse({ankle.x, ankle.y + 0.1}, 0.17, 0.15, skin);
  for (int t = 0; t < 4; ++t)
    canvas.stroke({ankle.x + 0.56 - 0.03 * t, ankle.y + 0.1 + 0.04 * t},
                  {ankle.x + 0.64 - 0.03 * t, ankle.y + 0.12 + 0.04 * t}, 0.025, shade);
  canvas.ellipse({knee.x + 0.04, knee.y}, 0.09, 0.09, shade);
}

// --- characters, in strokes on a box of width 0..2 and height 0..4, given as digit pairs "xy", strokes apart by
// blanks.
constexpr std::array<const char*, 18> kLetters{"042024 1232",
                                               "0004 0020 0222 0424",
                                               "0004 0020 0222",
                                               "0004 2024 0222",
                                               "0004 2002 0224",
                                               "0004 0424",
                                               "0400122024",
                                               "04002420",
                                               "0020 1014",
                                               "001420",
                                               "0004122420",
                                               "0024 2004",
                                               "00122 2012 1214",
                                               "00200424",
                                               "0004 002021220222 1224",
                                               "20000222240 2404",
                                               "00042420",
                                               "0004 0010211202 12231404"};
constexpr std::array<const char*, 10> kDigits{"0020240400",      "01101014 0424",  "01002021040424", "00202202 222404",
                                              "200222 2024",     "20000222240404", "20000424220202", "00201214",
                                              "0020240400 0222", "22020020242404"};

void paintGlyph(Canvas& canvas, const char* strokes, Point corner, double width, double height, double halfWidth,
                const Colour& colour) {
  std::vector<Point> line;
  for (const char* at = strokes;; ++at) {
    if (*at == ' ' || *at == '\0') {
      canvas.polyline(line, halfWidth, colour);
      line.clear();
      if (*at == '\0') return;
      continue;
    }
    if (at[1] == '\0' || at[1] == ' ') continue;
    line.push_back({corner.x + width * (at[0] - '0') / 2.0, corner.y + height * (at[1] - '0') / 4.0});
    ++at;
  }
}

void paintCharacters(Canvas& canvas, Random& random, const Palette& palette, bool number) {
  const int count = number ? 2 + static_cast<int>(random.below(2)) : 3 + static_cast<int>(random.below(3));
  const double pitch = 2.0 / count;
  const double width = pitch * random.uniform(0.58, 0.7);
  const double height = std::min(random.uniform(1.0, 1.5), width * random.uniform(1.6, 2.6));
  const double stroke = std::max(0.055, width * random.uniform(0.08, 0.13));
  const double slant = random.uniform(-0.06, 0.06);
  for (int i = 0; i < count; ++i) {
    const char* glyph = number ? kDigits[random.below(kDigits.size())] : kLetters[random.below(kLetters.size())];
    const Point corner{-1 + pitch * i + (pitch - width) / 2, -height / 2 + slant * (i - count / 2.0)};
    paintGlyph(canvas, glyph, corner, width, height, stroke, palette.object(random.uniform(-0.03, 0.08)));
  }
}

// --- places
void paintHouse(Canvas& canvas, Random& random, const Palette& palette) {
  const double width = random.uniform(0.66, 0.9);
  const double top = random.uniform(-0.3, -0.1);
  const double bottom = 0.8;
  const Colour wall = palette.object();
  const Colour roof = palette.object(random.uniform(-0.26, -0.14));
  const Colour dark = palette.object(-0.34);
  if (random.below(2) == 0) canvas.rectangle({width * 0.4, -0.95}, {width * 0.62, top}, roof);  // chimney
  canvas.rectangle({-width, top}, {width, bottom}, wall);
  const double ridge = random.uniform(-0.95, -0.72);
  const double flat = random.below(2) == 0 ? 0.0 : width * 0.5;
  const Point gable[] = {{-width - 0.1, top + 0.04}, {-flat, ridge}, {flat, ridge}, {width + 0.1, top + 0.04}};
  canvas.polygon(gable, roof);
  const double doorX = random.uniform(-0.5, 0.5) * width;
  const int columns = 2 + static_cast<int>(random.below(2));
  const int rows = 1 + static_cast<int>(random.below(2));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const double x = width * (-1 + (2 * c + 1.0) / columns);
      const double y = top + 0.2 + 0.42 * r;
      if (r == rows - 1 && rows == 1 && std::abs(x - doorX) < 0.2) continue;
      canvas.rectangle({x - 0.12, y - 0.1}, {x + 0.12, y + 0.14}, dark);
      canvas.stroke({x, y - 0.1}, {x, y + 0.14}, 0.018, wall);
    }
  canvas.rectangle({doorX - 0.12, bottom - 0.42}, {doorX + 0.12, bottom}, roof);
}

void paintCorridor(Canvas& canvas, Random& random, const Palette& palette) {
  // One-point perspective: a far wall, and planes that run to the frame.
  const Point vanish{random.uniform(-0.3, 0.3), random.uniform(-0.25, 0.2)};
  const double far = random.uniform(0.14, 0.26);
  const double aspect = random.uniform(0.8, 1.25);
  const auto corner = [&](double sx, double sy, double depth) {  // depth 0: the far wall, 1: the frame
    const double reach = far + (1.0 - far) * depth;
    return Point{vanish.x * (1 - depth) + sx * reach,
                 vanish.y * (1 - depth) + sy * reach * (1 - depth + depth / aspect) * aspect};
  };
  const auto plane = [&](double sx0, double sy0, double sx1, double sy1, const Colour& colour) {
    const Point quad[] = {corner(sx0, sy0, 0), corner(sx1, sy1, 0), corner(sx1, sy1, 1.15), corner(sx0, sy0, 1.15)};
    canvas.polygon(quad, colour);
  };
  plane(-1, -1, 1, -1, palette.object(random.uniform(0.02, 0.14)));   // ceiling
  plane(-1, 1, 1, 1, palette.object(random.uniform(-0.26, -0.12)));   // floor
  plane(-1, -1, -1, 1, palette.object(random.uniform(-0.08, 0.06)));  // walls
  plane(1, -1, 1, 1, palette.object(random.uniform(-0.12, 0.02)));
  const Point end[] = {corner(-1, -1, 0), corner(1, -1, 0), corner(1, 1, 0), corner(-1, 1, 0)};
  canvas.polygon(end, palette.object(random.uniform(-0.34, 0.2)));
  const Colour line = palette.object(-0.34);
  for (const double sx : {-1.0, 1.0})
    for (const double sy : {-1.0, 1.0}) canvas.stroke(corner(sx, sy, 0), corner(sx, sy, 1.1), 0.018, line);
  const int doors = 1 + static_cast<int>(random.below(3));
  for (int d = 0; d < doors; ++d) {
    const double sx = random.below(2) == 0 ? -1 : 1;
    const double depth = random.uniform(0.12, 0.6);
    const double next = depth + random.uniform(0.1, 0.2);
    const Point door[] = {corner(sx, -0.35, depth), corner(sx, -0.35, next), corner(sx, 1, next), corner(sx, 1, depth)};
    canvas.polygon(door, palette.object(random.uniform(-0.36, -0.24)));
  }
  for (double depth = 0.2; depth < 1; depth += 0.28)
    canvas.stroke(corner(-1, 1, depth), corner(1, 1, depth), 0.014, line);
}

// --- objects
void paintCar(Canvas& canvas, Random& random, const Palette& palette) {
  const Colour paint = palette.object();
  const Colour dark = palette.object(-0.36);
  const double roof = random.uniform(-0.5, -0.34);
  const double front = random.uniform(0.25, 0.5);
  const double back = random.uniform(-0.65, -0.4);
  const Point cabin[] = {{back - 0.16, -0.02}, {back, roof}, {front - 0.12, roof}, {front + 0.22, -0.02}};
  canvas.polygon(cabin, paint);
  canvas.stroke({-0.8, 0.1}, {0.8, 0.12}, 0.18, paint);
  const double post = (back + front) / 2;
  const Point rear[] = {
      {back - 0.02, -0.05}, {back + 0.06, roof + 0.1}, {post - 0.05, roof + 0.1}, {post - 0.05, -0.05}};
  const Point wind[] = {
      {post + 0.05, -0.05}, {post + 0.05, roof + 0.1}, {front - 0.14, roof + 0.1}, {front + 0.08, -0.05}};
  canvas.polygon(rear, palette.object(-0.25));
  canvas.polygon(wind, palette.object(-0.25));
  for (const double x : {-0.55, 0.53}) {
    canvas.ellipse({x, 0.3}, 0.2, 0.2, dark);
    canvas.ellipse({x, 0.3}, 0.09, 0.09, palette.object(0.1));
  }
  canvas.ellipse({0.9, 0.06}, 0.06, 0.05, palette.object(0.25));
}

void paintInstrument(Canvas& canvas, Random& random, const Palette& palette) {
  // A string instrument, from ukulele to cello.
  const Colour wood = palette.object();
  const Colour dark = palette.object(-0.34);
  const double lower = random.uniform(0.32, 0.44);
  const double upper = lower * random.uniform(0.7, 0.86);
  const double neck = random.uniform(-0.98, -0.86);
  canvas.ellipse({0, 0.55}, lower, 0.36, wood);
  canvas.ellipse({0, 0.1}, upper, 0.28, wood);
  canvas.rectangle({-0.062, neck}, {0.062, 0.12}, palette.object(-0.16));
  canvas.rectangle({-0.12, neck - 0.1}, {0.12, neck + 0.1}, dark);
  if (random.below(2) == 0) {
    canvas.ellipse({0, 0.28}, 0.13, 0.13, dark);
  } else {
    for (const double side : {-1.0, 1.0}) canvas.stroke({side * 0.15, 0.22}, {side * 0.19, 0.48}, 0.03, dark);
  }
  canvas.rectangle({-0.16, 0.62}, {0.16, 0.69}, dark);
  canvas.stroke({0, neck}, {0, 0.66}, 0.016, palette.object(0.18));
}

void paintLight(Canvas& canvas, Random& random) {
  const double angle = random.uniform(0, 2 * kPi);
  const double strength = random.uniform(0, 0.3);
  const double noise = random.uniform(0.01, 0.05);
  const int side = canvas.side();
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const double u = (2.0 * x / side - 1) * std::cos(angle) + (2.0 * y / side - 1) * std::sin(angle);
      for (int c = 0; c < 3; ++c) {
        float& v = canvas.channel(
            c)[static_cast<std::size_t>(y) * static_cast<std::size_t>(side) + static_cast<std::size_t>(x)];
        // Four uniform numbers make a bell cheaply.
        const double bell = random.uniform() + random.uniform() - random.uniform() - random.uniform();
        v = v * static_cast<float>(1 + strength * u) + static_cast<float>(noise * 1.7 * bell);
      }
    }
}

void paint(Canvas& canvas, Random& random, int category) {
  const Palette palette(random);
  paintGround(canvas, random, palette);
  Placement2d placement;
  placement.scale = random.uniform(0.55, 0.95);
  const double room = 1.05 - placement.scale;
  placement.centre = {random.uniform(-room, room), random.uniform(-room, room)};
  placement.angleRad = 0.16 * random.normal();
  placement.mirror = category != 4 && category != 5 && random.below(2) == 1;
  if (category == 3) placement.angleRad = random.uniform(-0.9, 0.9);
  if (category == 9) placement.angleRad = random.uniform(-0.8, 0.8);
  if (category == 7)
    placement = {{random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1)},
                 random.uniform(0.95, 1.15),
                 0.05 * random.normal(),
                 false};
  canvas.place(placement);
  switch (category) {
    case 0:
      paintFace(canvas, random, palette, false);
      break;
    case 1:
      paintFace(canvas, random, palette, true);
      break;
    case 2:
      paintBody(canvas, random, palette);
      break;
    case 3:
      paintLimb(canvas, random, palette);
      break;
    case 4:
      paintCharacters(canvas, random, palette, false);
      break;
    case 5:
      paintCharacters(canvas, random, palette, true);
      break;
    case 6:
      paintHouse(canvas, random, palette);
      break;
    case 7:
      paintCorridor(canvas, random, palette);
      break;
    case 8:
      paintCar(canvas, random, palette);
      break;
    default:
      paintInstrument(canvas, random, palette);
      break;
  }
  paintLight(canvas, random);
}

class World final : public Dataset {
public:
  World(int side, std::int64_t count, std::uint64_t seed, std::string name)
      : m_side(side), m_count(count), m_seed(seed), m_name(std::move(name)) {}
  std::string name() const override { return m_name; }
  std::int64_t size() const override { return m_count; }
  int label(std::int64_t index) const override {
    return static_cast<int>(index % static_cast<std::int64_t>(kCategories.size()));
  }
  const std::vector<std::string>& classNames() const override { return kCategories; }
  Normalisation normalisation() const override { return {{0.49F, 0.49F, 0.49F}, {0.24F, 0.24F, 0.24F}}; }
  Expected<formats::RgbImage> image(std::int64_t index, int) const override {
    Canvas canvas(m_side);
    Random random(m_seed, 0x3071D, static_cast<std::uint64_t>(index));
    paint(canvas, random, label(index));
    return formats::RgbImage{m_side, m_side, canvas.bytes()};
  }

private:
  int m_side;
  std::int64_t m_count;
  std::uint64_t m_seed;
  std::string m_name;
};

}  // namespace

const std::vector<std::string>& domainNames() {
  static const std::vector<std::string> names{"faces", "bodies", "characters", "places", "objects"};
  return names;
}

std::shared_ptr<const Dataset> makeWorld(int side, std::int64_t count, std::uint64_t seed, std::string name) {
  return std::make_shared<World>(side, count, seed, std::move(name));
}

int domainOfCategory(const std::string& category) {
  const auto found = std::find(kCategories.begin(), kCategories.end(), category);
  return found == kCategories.end() ? -1 : static_cast<int>(found - kCategories.begin()) / 2;
}

}  // namespace pinwheel::data
