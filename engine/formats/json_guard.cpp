#include "engine/formats/json_guard.h"

#include <nlohmann/json.hpp>

namespace pinwheel::formats {
namespace {

using nlohmann::json;

// nlohmann's SAX interface; every handler returns false to stop.
class Counter final : public nlohmann::json_sax<json> {
public:
  explicit Counter(const JsonLimits& limits) : m_limits(limits) {}
  [[nodiscard]] const std::string& refusal() const noexcept { return m_refusal; }

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool key(string_t&) override { return count(); }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not valid JSON");
  }

private:
  bool refuse(std::string why) {
    m_refusal = std::move(why);
    return false;
  }
  bool count() {
    return ++m_values <= m_limits.values || refuse("of more than " + std::to_string(m_limits.values) + " values");
  }
  bool enter() {
    if (++m_depth > m_limits.depth) return refuse("nested more than " + std::to_string(m_limits.depth) + " deep");
    return count();
  }
  bool leave() {
    --m_depth;
    return true;
  }

  const JsonLimits& m_limits;
  std::string m_refusal;
  std::size_t m_depth = 0;
  std::size_t m_values = 0;
};

}  // namespace

std::string jsonRefusal(std::string_view text, const JsonLimits& limits) {
  Counter counter(limits);
  (void)json::sax_parse(text, &counter);
  return counter.refusal();
}

}  // namespace pinwheel::formats
