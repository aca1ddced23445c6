// A ring of raster columns. Every texture row is one time step, every texel a row of units: 0 for no spike, otherwise
// the share of them that fired.
uniform sampler2D cells;
uniform ivec2 size;        // rows, capacity
uniform int origin;        // slot of column 0
uniform vec2 span;         // columns at the left and right border, counted from the origin
uniform vec2 held;         // columns that are there: first, and the one behind the last
uniform vec2 pixels;       // of the rectangle
uniform bool maximum;      // any spike of a pixel's units and steps, or their mean
uniform vec3 ground;
uniform vec3 beyond;       // where there are no columns
uniform vec3 spikeColour;
in vec2 uv;
out vec4 colour;

const int kTaps = 6;

void main() {
  float perPixel = (span.y - span.x) / pixels.x;
  float left = mix(span.x, span.y, uv.x) - 0.5 * perPixel;
  int columns = int(clamp(ceil(perPixel), 1.0, float(kTaps)));
  float rowsPerPixel = float(size.x) / pixels.y;
  float top = uv.y * float(size.x) - 0.5 * rowsPerPixel;
  int rows = int(clamp(ceil(rowsPerPixel), 1.0, float(kTaps)));
  float sum = 0.0;
  float most = 0.0;
  int seen = 0;
  for (int i = 0; i < columns; ++i) {
    float column = floor(left + (float(i) + 0.5) * perPixel / float(columns));
    if (column < held.x || column >= held.y) continue;
    int slot = origin + int(column);
    if (slot >= size.y) slot -= size.y;
    for (int j = 0; j < rows; ++j) {
      int row = clamp(int(top + (float(j) + 0.5) * rowsPerPixel / float(rows)), 0, size.x - 1);
      float share = texelFetch(cells, ivec2(row, slot), 0).r;
      sum += share;
      most = max(most, share);
      ++seen;
    }
  }
  if (seen == 0) {
    colour = vec4(beyond, 1.0);
    return;
  }
  // The square root keeps few spikes among many units visible; 4 in 10 firing at once is as bright as it gets.
  float strength = maximum ? (most > 0.0 ? 1.0 : 0.0) : min(1.0, 1.6 * sqrt(sum / float(seen)));
  colour = vec4(mix(ground, spikeColour, strength), 1.0);
}
