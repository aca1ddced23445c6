# The layers point downward only: app -> views -> engine/session -> engine. This check stops the configuration when a
# header of a library appears in a room that must not know it.
function(pinwheel_forbid_include pattern reason)
  foreach(room IN LISTS ARGN)
    file(GLOB_RECURSE sources "${CMAKE_SOURCE_DIR}/${room}/*.h" "${CMAKE_SOURCE_DIR}/${room}/*.cpp")
    foreach(source IN LISTS sources)
      file(STRINGS "${source}" hits REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](${pattern})")
      if(hits)
        message(FATAL_ERROR "${source} breaks the layering: ${reason}\n  ${hits}")
      endif()
    endforeach()
  endforeach()
endfunction()

pinwheel_forbid_include("torch/|ATen/|c10/" "torch headers belong to engine/ alone" app views)
pinwheel_forbid_include("Q[A-Z]|Qt[A-Z]" "the engine knows no Qt" engine)
pinwheel_forbid_include("vtk" "VTK belongs to views/ alone" engine app)
