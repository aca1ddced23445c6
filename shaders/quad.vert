// A rectangle of the window; uv is (0, 0) at its upper left corner.
in vec2 corner;
uniform vec4 rect;  // left, top, right, bottom in normalised device coordinates
out vec2 uv;

void main() {
  uv = corner;
  gl_Position = vec4(mix(rect.x, rect.z, corner.x), mix(rect.y, rect.w, corner.y), 0.0, 1.0);
}
