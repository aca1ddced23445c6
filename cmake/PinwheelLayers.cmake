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

# And when the window's rooms look behind the engine's door: `allowed` is what may stand behind "engine/".
function(pinwheel_allow_engine allowed reason)
  foreach(room IN LISTS ARGN)
    file(GLOB_RECURSE sources "${CMAKE_SOURCE_DIR}/${room}/*.h" "${CMAKE_SOURCE_DIR}/${room}/*.cpp")
    foreach(source IN LISTS sources)
      file(STRINGS "${source}" hits REGEX "^[ \t]*#[ \t]*include[ \t]*\"engine/")
      foreach(hit IN LISTS hits)
        if(NOT hit MATCHES "\"engine/(${allowed})\"")
          message(FATAL_ERROR "${source} breaks the layering: ${reason}\n  ${hit}")
        endif()
      endforeach()
    endforeach()
  endforeach()
endfunction()

pinwheel_forbid_include("torch/|ATen/|c10/" "torch headers belong to engine/ alone" app views)
pinwheel_forbid_include("Q[A-Z]|Qt[A-Z]" "the engine knows no Qt" engine)
pinwheel_forbid_include("vtk" "VTK belongs to views/ alone" engine app)
# Frames and commands are made of value types of other rooms; analysis, data, figures and formats are libraries without
# a state; a run's folder and its settings are read to show them.
pinwheel_allow_engine(
  "guests/[a-z_]+\\.h|session\\.h|session/(commands|frames)\\.h|(analysis|core|data|figures|formats)/[a-z_]+\\.h|perturbation/lesion_record\\.h|snn/receptive_field\\.h|topography/sheet\\.h|training/(config|run_folder)\\.h"
  "views know engine/session.h and headers of the engine that hold no LibTorch (docs/architecture.md)" views)
