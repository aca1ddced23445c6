// A sheet: which unit stands where, one value a unit, and the colours of a map.
uniform isampler2D units;    // unit of a cell, -1: none
uniform sampler2D values;    // (value, saturation) of unit u at (u % 512, u / 512)
uniform sampler2D colours;   // one map a row
uniform int side;            // cells
uniform int map;
uniform int mapSamples;
uniform bool cyclic;
uniform vec2 range;          // values at both ends of the colour bar
uniform vec3 ground;         // where there is no unit
uniform vec3 silent;         // of a unit without a value
in vec2 uv;
out vec4 colour;

const float kNone = -1.0e30;

void main() {
  ivec2 cell = clamp(ivec2(uv * float(side)), ivec2(0), ivec2(side - 1));
  int unit = texelFetch(units, cell, 0).r;
  if (unit < 0) {
    colour = vec4(ground, 1.0);
    return;
  }
  vec2 value = texelFetch(values, ivec2(unit & 511, unit >> 9), 0).rg;
  if (value.r <= kNone) {
    colour = vec4(silent, 1.0);
    return;
  }
  float position = (value.r - range.x) / (range.y - range.x);
  int at = cyclic ? int(fract(position) * float(mapSamples)) % mapSamples
                  : int(clamp(position, 0.0, 1.0) * float(mapSamples - 1) + 0.5);
  colour = vec4(mix(silent, texelFetch(colours, ivec2(at, map), 0).rgb, value.g), 1.0);
}
