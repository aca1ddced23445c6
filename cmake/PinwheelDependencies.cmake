# Everything the project borrows, found once. scripts/build installs the Debian packages that provide it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Torch 1.13 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(cblas REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(matio REQUIRED IMPORTED_TARGET matio)
# libmatio's own HDF5, which it need not name to those who link it (Debian 13's does not).
pkg_search_module(hdf5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_package(FlatBuffers REQUIRED)
pkg_check_modules(libzmq REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# LibTorch's own flags and headers, as one SYSTEM target: its headers do not pass our warnings.
add_library(pinwheel_torch INTERFACE)
target_link_libraries(pinwheel_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(pinwheel_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})

if(PINWHEEL_BUILD_DESKTOP)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets OpenGLWidgets Svg)
  find_package(VTK 9.1 REQUIRED COMPONENTS CommonCore CommonDataModel CommonTransforms FiltersSources RenderingCore
    RenderingOpenGL2 RenderingFreeType InteractionStyle)
  find_package(X11 REQUIRED)
  # pinwheel-scope: Dear ImGui with its GLFW and OpenGL 3 backends.
  pkg_check_modules(imgui REQUIRED IMPORTED_TARGET imgui)
  pkg_check_modules(glfw REQUIRED IMPORTED_TARGET glfw3)
  pkg_check_modules(epoxy REQUIRED IMPORTED_TARGET epoxy)
endif()
