// The sheets as pictures of a map, with what their colours mean.
#pragma once

#include <vector>

#include "app/scope/graphics.h"
#include "app/scope/model.h"
#include "app/scope/sheet_field.h"
#include "app/scope/sheet_texture.h"

namespace pinwheel::scope {

class SheetPanel {
public:
  explicit SheetPanel(Graphics& graphics) : m_graphics(graphics) {}
  /// At the cursor. `frozen`: newer maps are not shown.
  void draw(const Model& model, ImVec2 size, bool frozen);

private:
  void update(const Model& model, bool frozen);
  void drawChoice(const Model& model);
  void drawSheets(const Model& model, ImVec2 at, ImVec2 size);
  void drawWheel(ImVec2 at, float side) const;
  void drawBar(ImVec2 at, ImVec2 size) const;

  Graphics& m_graphics;
  FieldChoice m_choice;
  FieldChoice m_shown;
  SheetFields m_fields;
  std::uint64_t m_networkVersion = 0;
  std::uint64_t m_mapsVersion = 0;
  std::int64_t m_step = 0;                   ///< of the maps that are shown
  std::vector<session::SheetPlan> m_sheets;  ///< of m_textures
  std::vector<SheetTexture> m_textures;
};

}  // namespace pinwheel::scope
